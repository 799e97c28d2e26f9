"""From nodes to the tables of ``program.py``: where everything is, worked out once."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .blocks import Positions
from .graph import Node, Program, Signal, Steps
from .jit import LANES, Variant
from .program import ANSWERS, INPUTS, NODE, PADDING, SCRATCH, SIGNAL


class ScratchAllocator:
    """Scratch memory that is being shared out, in rows of 32 numbers."""

    def __init__(self, n_numbers: int = 0) -> None:
        self.n_numbers = n_numbers

    def take(self, n_rows: int) -> int:
        """Return the offset of so many rows."""
        offset = self.n_numbers
        self.n_numbers += int(n_rows) * LANES
        return offset

    def take_steps(self, n_steps: int, n_rows: int) -> tuple[int, int]:
        """Return the offset of so many rows at each step, and the stride of the steps."""
        stride = n_rows * LANES + (PADDING if n_steps > 1 and n_rows else 0)
        return self.take(n_steps * stride // LANES), stride


class LayoutBuilder:
    """Where nodes are laid out.

    Attributes
    ----------
    kind : Variant
        Of numbers.
    steps : Steps
        Of the data.
    derivatives : bool
        Whether they are wanted.
    scratch : ScratchAllocator
        Scratch memory.
    """

    def __init__(self, program: Program, kind: Variant, steps: Steps, derivatives: bool) -> None:
        self.kind, self.steps, self.derivatives = kind, steps, derivatives
        self.scratch = ScratchAllocator()
        self.recomputes, self.traced = False, program.traced
        self._program = program
        self._orders: list[Positions] = []
        self._records: list[Any] = []
        read = {signal.buffer for node in program.nodes for signal in node.sources}
        shown = program.shown or program.scores
        self._read = read | {program.scores.buffer, shown.buffer}
        # A buffer has a step more before the first and after the last one: states are there.
        self._places = [
            self.scratch.take_steps(steps.of(clock) + 2, n_rows) if i in self._read else (-1, 0)
            for i, (n_rows, clock) in enumerate(program.buffers)
        ]
        self._d_places = [
            self.scratch.take_steps(steps.of(clock), n_rows)
            if derivatives and i in self._read
            else (-1, 0)
            for i, (n_rows, clock) in enumerate(program.buffers)
        ]

    def is_read(self, signal: Signal) -> bool:
        """Whether any node reads a buffer."""
        return signal.buffer in self._read

    def is_whole(self, signal: Signal) -> bool:
        """Whether a signal has all rows of its buffer."""
        return signal.n_rows == self._program.buffers[signal.buffer][0]

    def move(self, signal: Signal, offset: int, d_offset: int) -> None:
        """Let what has one step be read elsewhere, and its derivative be put elsewhere."""
        self._places[signal.buffer] = offset, 0
        if self.derivatives:
            self._d_places[signal.buffer] = d_offset, 0

    def ordered(self, order: Positions) -> int:
        """Return the offset of weights that are packed in such an order."""
        self._orders.append(order)
        return sum(map(len, self._orders[:-1]))

    @property
    def order(self) -> Positions:
        """Where each packed weight comes from, or -1 for a zero."""
        return np.concatenate([*self._orders, np.empty(0, np.int64)])

    def kept(self, records: Any) -> int:
        """Return the address of records, which live as long as this."""
        self._records.append(records)
        return int(records.ctypes.data)

    def address(self, signal: Signal, reader: Node | None = None) -> int:
        """Return the address of the record of a signal, as a node reads it or as it is written."""
        return self.kept(self.signal(signal, reader))

    def signal(self, signal: Signal, reader: Node | None = None) -> Any:
        """Return the record of a signal."""
        row = np.zeros(1, SIGNAL)
        row["clock"] = self._program.clocks.index(signal.clock)
        row["n_rows"] = signal.n_rows
        if signal.buffer < 0:
            row["place"], row["d_offset"] = -signal.buffer, -1
            n_rows = {INPUTS: self._program.n_inputs, ANSWERS: 1}[-signal.buffer]
            row["offset"], row["stride"] = signal.first * LANES, n_rows * LANES
            return row
        row["place"] = SCRATCH
        offset, stride = self._places[signal.buffer]
        row["offset"], row["stride"] = offset + stride + signal.first * LANES, stride
        offset, stride = self._d_places[signal.buffer]
        row["d_offset"], row["d_stride"] = offset + signal.first * LANES, stride
        if not self.derivatives:
            row["d_offset"] = -1
        row["added"] = reader is not None and self._writer_of_d(signal.buffer) is not reader
        return row

    def _writer_of_d(self, buffer: int) -> Node | None:
        """Return the node that is the first, backwards, to put derivatives in all of a buffer."""
        for node in reversed(self._program.nodes):
            read = [signal for signal in node.sources if signal.buffer == buffer]
            if read:
                n_rows, _ = self._program.buffers[buffer]
                whole = len(read) == 1 and read[0].n_rows == n_rows and not node.adds
                return node if whole else None
        return None

    @property
    def cleared(self) -> Any:
        """The signals whose derivatives are all added, so that they have to begin at 0."""
        whole = [
            Signal(i, 0, n_rows, clock)
            for i, (n_rows, clock) in enumerate(self._program.buffers)
            if self._d_places[i][0] >= 0
            and i != self._program.scores.buffer
            and self._writer_of_d(i) is None
        ]
        return np.concatenate([np.zeros(0, SIGNAL), *map(self.signal, whole)])


class Tables(NamedTuple):
    """A network as data.

    Attributes
    ----------
    nodes, cleared : record arrays
        See ``program.py``.
    scores, shown : record array
        The SIGNAL that the loss is of, and what is handed out: if traced, derivatives by it.
    order : int array
        Where each packed weight comes from, or -1 for a zero.
    n_numbers : int
        Size of the scratch memory.
    recomputes : bool
        Whether a way back leaves other states than it found.
    layout : LayoutBuilder
        Holds what the records point to.
    """

    nodes: Any
    cleared: Any
    scores: Any
    shown: Any
    order: Positions
    n_numbers: int
    recomputes: bool
    layout: LayoutBuilder


@lru_cache(maxsize=256)
def tables(program: Program, kind: Variant, steps: Steps, derivatives: bool) -> Tables:
    """Lay out a network for data of up to so many steps."""
    layout = LayoutBuilder(program, kind, steps, derivatives)
    nodes = np.zeros(len(program.nodes), NODE)
    for row, node in zip(nodes, program.nodes, strict=True):
        forward, back, known = node.lower(layout)
        row["forward"], row["record"] = forward.address(kind), layout.kept(known)
        if derivatives:
            row["back"] = back.address(kind)
    shown = layout.signal(program.shown or program.scores)
    if program.traced:
        shown["offset"], shown["stride"] = shown["d_offset"], shown["d_stride"]
    return Tables(
        nodes,
        layout.cleared,
        layout.signal(program.scores),
        shown,
        layout.order,
        layout.scratch.n_numbers,
        layout.recomputes,
        layout,
    )
