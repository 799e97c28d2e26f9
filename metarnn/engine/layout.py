"""Where the signals, derivatives and weights of a program are in memory."""

from typing import Any

import numpy as np

from .affine import Positions
from .dataflow import Dataflow, Reader
from .jit import LANES, Variant
from .program import ANSWERS, INPUTS, PADDING, SCRATCH, SIGNAL
from .signals import Signal, Steps

#: Offset and stride of a buffer that is not there.
NOWHERE = -1, 0


class ScratchAllocator:
    """Assigns offsets in the scratch memory, in rows of 32 numbers."""

    def __init__(self, n_numbers: int = 0) -> None:
        self.n_numbers = n_numbers

    def take(self, n_rows: int) -> int:
        """Return the offset of new rows."""
        offset = self.n_numbers
        self.n_numbers += int(n_rows) * LANES
        return offset

    def take_steps(self, n_steps: int, n_rows: int) -> tuple[int, int]:
        """Return the offset of new rows at each step, and the stride from step to step."""
        stride = n_rows * LANES + (PADDING if n_steps > 1 and n_rows else 0)
        return self.take(n_steps * stride // LANES), stride


class LayoutBuilder:
    """Memory that nodes take as they are lowered, one after the other.

    A node sets `recomputes` if a backward pass leaves other states than it found.
    """

    def __init__(self, flow: Dataflow, kind: Variant, steps: Steps, derivatives: bool) -> None:
        self.kind, self.steps, self.derivatives = kind, steps, derivatives
        self.scratch = ScratchAllocator()
        self.recomputes, self.traced = False, flow.traced
        self._flow, self._read = flow, flow.read
        self._orders: list[Positions] = []
        self._records: list[Any] = []
        # A buffer has one more step at each end, for the states before the first step.
        self._places = [
            self.scratch.take_steps(steps.of(clock) + 2, n_rows) if i in self._read else NOWHERE
            for i, (n_rows, clock) in enumerate(flow.buffers)
        ]
        self._d_places = [
            self.scratch.take_steps(steps.of(clock), n_rows)
            if derivatives and i in self._read
            else NOWHERE
            for i, (n_rows, clock) in enumerate(flow.buffers)
        ]

    def is_read(self, signal: Signal) -> bool:
        """Whether the buffer of a signal is read."""
        return signal.buffer in self._read

    def is_whole(self, signal: Signal) -> bool:
        """Whether a signal has all rows of its buffer."""
        return signal.n_rows == self._flow.buffers[signal.buffer][0]

    def move(self, signal: Signal, offset: int, d_offset: int) -> None:
        """Move a buffer of a single step, and the derivative by it, to other places."""
        self._places[signal.buffer] = offset, 0
        if self.derivatives:
            self._d_places[signal.buffer] = d_offset, 0

    def ordered(self, order: Positions) -> int:
        """Return the offset of weights that are packed in this order."""
        self._orders.append(order)
        return sum(map(len, self._orders[:-1]))

    @property
    def order(self) -> Positions:
        """The position that each packed weight comes from, or -1 for a zero."""
        return np.concatenate([*self._orders, np.empty(0, np.int64)])

    def kept(self, records: Any) -> int:
        """Return the address of records, and keep these alive."""
        self._records.append(records)
        return int(records.ctypes.data)

    def address(self, signal: Signal, reader: Reader | None = None) -> int:
        """Return the address of the record of a signal; without a reader, for its writer."""
        return self.kept(self.signal(signal, reader))

    def signal(self, signal: Signal, reader: Reader | None = None) -> Any:
        """Return the record of a signal; without a reader, for its writer."""
        row = np.zeros(1, SIGNAL)
        row["clock"] = self._flow.clocks.index(signal.clock)
        row["n_rows"] = signal.n_rows
        if signal.buffer < 0:
            row["place"], row["d_offset"] = -signal.buffer, -1
            n_rows = {INPUTS: self._flow.n_inputs, ANSWERS: 1}[-signal.buffer]
            row["offset"], row["stride"] = signal.first * LANES, n_rows * LANES
            return row
        row["place"] = SCRATCH
        offset, stride = self._places[signal.buffer]
        row["offset"], row["stride"] = offset + stride + signal.first * LANES, stride
        offset, stride = self._d_places[signal.buffer]
        row["d_offset"], row["d_stride"] = offset + signal.first * LANES, stride
        if not self.derivatives:
            row["d_offset"] = -1
        row["added"] = reader is not None and self._flow.first_writer(signal.buffer) is not reader
        return row

    @property
    def cleared(self) -> Any:
        """The signals whose derivatives are only ever added to, so that they begin at 0."""
        whole = [
            Signal(i, 0, n_rows, clock)
            for i, (n_rows, clock) in enumerate(self._flow.buffers)
            if self._d_places[i][0] >= 0
            and i != self._flow.scores.buffer
            and self._flow.first_writer(i) is None
        ]
        return np.concatenate([np.zeros(0, SIGNAL), *map(self.signal, whole)])
