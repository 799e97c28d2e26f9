"""From nodes to the tables of ``program.py``: where everything is, worked out once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Positions
from .jit import LANES, Kind, Routine
from .program import ANSWERS, INPUTS, NODE, PADDING, SCRATCH, SIGNAL

Floats = NDArray[np.float64]


class Clock(NamedTuple):
    """What counts the steps of a signal.

    Attributes
    ----------
    of : {"inputs", "answers", "once"}
        The data whose steps these are, or one step for all.
    window : int
        So many of their steps make one.
    """

    of: str
    window: int = 1

    def steps(self, lengths: Any) -> Any:
        """Return the steps of sequences of such lengths."""
        return -(-lengths // self.window)


BY_INPUTS, BY_ANSWERS, ONCE = Clock("inputs"), Clock("answers"), Clock("once")


class Signal(NamedTuple):
    """Rows of a buffer, step by step.

    Attributes
    ----------
    buffer : int
        Number of a buffer of the program; -1: the inputs, -2: the answers before.
    first, n_rows : int
        Which of its rows.
    clock : Clock
        What counts its steps.
    """

    buffer: int
    first: int
    n_rows: int
    clock: Clock

    def rows(self, first: int, n_rows: int) -> "Signal":
        """Return some of its rows."""
        return self._replace(first=self.first + first, n_rows=n_rows)


class Work(NamedTuple):
    """What is done for one sequence in a forward pass.

    Attributes
    ----------
    multiply_adds : int
        Of weights, or energies of attention, and numbers.
    functions : int
        How often an activation or another function of one number is computed.
    """

    multiply_adds: int
    functions: int = 0


def inputs(n_rows: int) -> Signal:
    """Return the signal of the data."""
    return Signal(-INPUTS, 0, n_rows, BY_INPUTS)


def answers() -> Signal:
    """Return the signal of the answers before."""
    return Signal(-ANSWERS, 0, 1, BY_ANSWERS)


@dataclass(frozen=True)
class Node:
    """What is done with signals: a file in ``metarnn/layers`` for each kind.

    Parameters
    ----------
    target : Signal
        What it writes.
    first : int
        Where its weights begin among those that compiled code reads.
    suffix : str
        What distinguishes the names of its weights.
    """

    target: Signal
    first: int
    suffix: str

    @property
    def sources(self) -> tuple[Signal, ...]:
        """What it reads."""
        raise NotImplementedError

    @property
    def adds(self) -> bool:
        """Whether derivatives by what it reads are added, or for a part of its steps only."""
        return False

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weights that compiled code reads, by name, in their order."""
        return {}

    @property
    def n_weights(self) -> int:
        """How many these are."""
        return sum(map(prod, self.shapes.values()))

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """What a candidate has for them: the same, unless the node expands."""
        return self.shapes

    @property
    def scales(self) -> dict[str, float]:
        """Natural step of each block: standard deviation of its initial parameters."""
        return {}

    @property
    def spreads(self) -> dict[str, float]:
        """Standard deviation of initial parameters, where it is another one."""
        return {}

    @property
    def means(self) -> dict[str, Any]:
        """Mean of those that do not begin around 0."""
        return {}

    @property
    def expands(self) -> bool:
        """Whether its weights are computed from the parameters, once for each candidate."""
        return False

    def expand(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        """Return weights (P, ...) by name, of parameters (P, ...) by name."""
        return blocks

    def pull_back(self, blocks: dict[str, Floats], slopes: dict[str, Floats]) -> dict[str, Floats]:
        """Return derivatives (P, n, ...) by the parameters, of those by the weights."""
        return slopes

    def work(self, steps: "Steps") -> Work:
        """Return what it does for a sequence: each matrix multiplies once a step."""
        n_steps = max(steps.of(source.clock) for source in self.sources)
        return Work(n_steps * matrices(self.shapes))

    @property
    def positions(self) -> dict[str, Positions]:
        """Where each of them stands."""
        return positions_of(self.shapes, self.first)

    def lay(self, desk: "Desk") -> tuple[Routine, Routine, Any]:
        """Return its two functions, and the record of what these have to know."""
        raise NotImplementedError


def matrices(shapes: dict[str, tuple[int, ...]]) -> int:
    """Return how many weights are those of matrices."""
    return sum(prod(shape) for shape in shapes.values() if len(shape) > 1)


def positions_of(shapes: dict[str, tuple[int, ...]], first: int) -> dict[str, Positions]:
    """Return where weights of such shapes stand, from the first one on."""
    positions = {}
    for name, shape in shapes.items():
        positions[name] = first + np.arange(prod(shape)).reshape(shape)
        first += prod(shape)
    return positions


def cut(flat: Floats, shapes: dict[str, tuple[int, ...]]) -> dict[str, Floats]:
    """Cut flat vectors (..., D) into blocks of such shapes: views where possible."""
    blocks, start = {}, 0
    for name, shape in shapes.items():
        end = start + prod(shape)
        blocks[name] = flat[..., start:end].reshape(*flat.shape[:-1], *shape)
        start = end
    return blocks


@dataclass(frozen=True)
class Program:
    """A network as nodes.

    Parameters
    ----------
    n_inputs : int
        Rows of the data at each step.
    nodes : tuple of Node
        In the order in which they run.
    buffers : tuple of (int, Clock)
        Rows and clock of each buffer.
    scores : Signal
        What the loss is of: rows are classes.
    shown : Signal, optional
        What is handed out in the place of the scores.
    traced : bool
        Whether scans leave the whole derivative by their state at each step, rather than the
        part that others than their own later steps contribute.
    """

    n_inputs: int
    nodes: tuple[Node, ...]
    buffers: tuple[tuple[int, Clock], ...]
    scores: Signal
    shown: Signal | None = None
    traced: bool = False

    @property
    def n_weights(self) -> int:
        """Weights that compiled code reads."""
        return sum(node.n_weights for node in self.nodes)

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """What a candidate consists of, by name, in the order of its flat vector."""
        return {
            name + node.suffix: shape
            for node in self.nodes
            for name, shape in node.parameters.items()
        }

    @property
    def n_parameters(self) -> int:
        """D: how many these are."""
        return sum(map(prod, self.parameters.values()))

    @property
    def expands(self) -> bool:
        """Whether what a candidate consists of is not what compiled code reads."""
        return any(node.expands for node in self.nodes)

    def expanded(self, flat: Floats) -> Floats:
        """Return weights for compiled code of parameters (P, D)."""
        parts, ahead = [], flat.shape[:-1]
        for node, some in self.by_node(flat):
            blocks = node.expand(cut(some, node.parameters))
            parts += [blocks[name].reshape(*ahead, -1) for name in node.shapes]
        return np.concatenate(parts, axis=-1)

    def pulled_back(self, flat: Floats, slopes: Floats) -> Floats:
        """Return derivatives (P, n, D) by parameters (P, D), of those by the weights."""
        parts, ahead = [], slopes.shape[:-1]
        for node, some in self.by_node(flat):
            own = cut(slopes[..., node.first : node.first + node.n_weights], node.shapes)
            blocks = node.pull_back(cut(some, node.parameters), own)
            parts += [blocks[name].reshape(*ahead, -1) for name in node.parameters]
        return np.concatenate(parts, axis=-1)

    def by_node(self, flat: Floats) -> Iterator[tuple[Node, Floats]]:
        """Yield each node with its parameters."""
        first = 0
        for node in self.nodes:
            end = first + sum(map(prod, node.parameters.values()))
            yield node, flat[..., first:end]
            first = end

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """What counts steps anywhere, each once."""
        return tuple(dict.fromkeys((BY_INPUTS, *(clock for _, clock in self.buffers))))


class Steps(NamedTuple):
    """The longest sequences of the data, in steps; and the columns of images."""

    inputs: int
    answers: int = 0
    columns: int = 0

    def of(self, clock: Clock) -> int:
        """Return how many steps a clock counts at most."""
        longest = {"inputs": self.inputs, "answers": self.answers, "once": 1}[clock.of]
        return int(clock.steps(longest))


class Room:
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


class Desk:
    """Where nodes are laid out.

    Attributes
    ----------
    kind : Kind
        Of numbers.
    steps : Steps
        Of the data.
    derivatives : bool
        Whether they are wanted.
    room : Room
        Scratch memory.
    """

    def __init__(self, program: Program, kind: Kind, steps: Steps, derivatives: bool) -> None:
        self.kind, self.steps, self.derivatives = kind, steps, derivatives
        self.room = Room()
        self.recomputes, self.traced = False, program.traced
        self._program = program
        self._orders: list[Positions] = []
        self._records: list[Any] = []
        read = {signal.buffer for node in program.nodes for signal in node.sources}
        shown = program.shown or program.scores
        self._read = read | {program.scores.buffer, shown.buffer}
        # A buffer has a step more before the first and after the last one: states are there.
        self._places = [
            self.room.take_steps(steps.of(clock) + 2, n_rows) if i in self._read else (-1, 0)
            for i, (n_rows, clock) in enumerate(program.buffers)
        ]
        self._d_places = [
            self.room.take_steps(steps.of(clock), n_rows)
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
    desk : Desk
        Holds what the records point to.
    """

    nodes: Any
    cleared: Any
    scores: Any
    shown: Any
    order: Positions
    n_numbers: int
    recomputes: bool
    desk: Desk


@lru_cache(maxsize=256)
def tables(program: Program, kind: Kind, steps: Steps, derivatives: bool) -> Tables:
    """Lay out a network for data of up to so many steps."""
    desk = Desk(program, kind, steps, derivatives)
    nodes = np.zeros(len(program.nodes), NODE)
    for row, node in zip(nodes, program.nodes, strict=True):
        forward, back, known = node.lay(desk)
        row["forward"], row["record"] = forward.address(kind), desk.kept(known)
        if derivatives:
            row["back"] = back.address(kind)
    shown = desk.signal(program.shown or program.scores)
    if program.traced:
        shown["offset"], shown["stride"] = shown["d_offset"], shown["d_stride"]
    return Tables(
        nodes,
        desk.cleared,
        desk.signal(program.scores),
        shown,
        desk.order,
        desk.room.n_numbers,
        desk.recomputes,
        desk,
    )


class Builder:
    """A program being put together: nodes are added in the order in which they run.

    Parameters
    ----------
    n_inputs : int
        Rows of the data at each step.
    n_classes : int
        K.
    """

    def __init__(self, n_inputs: int, n_classes: int) -> None:
        self.n_classes = n_classes
        self.nodes: list[Node] = []
        self._n_inputs = n_inputs
        self._buffers: list[tuple[int, Clock]] = []
        self._counts: Counter[str] = Counter()

    def buffer(self, n_rows: int, clock: Clock) -> Signal:
        """Return a new signal."""
        self._buffers.append((n_rows, clock))
        return Signal(len(self._buffers) - 1, 0, n_rows, clock)

    def add(self, node: Node) -> None:
        """Add a node, whose weights begin where those of all others end."""
        self.nodes.append(node)

    def count(self, name: str) -> int:
        """Return how often it has been asked this before."""
        self._counts[name] += 1
        return self._counts[name] - 1

    @property
    def n_weights(self) -> int:
        """Weights so far."""
        return sum(node.n_weights for node in self.nodes)

    def program(self, scores: Signal) -> Program:
        """Return what has been put together, without what nobody reads."""
        read, nodes = {scores.buffer}, []
        for node in reversed(self.nodes):
            if node.n_weights or node.target.buffer in read:
                nodes.append(node)
                read |= {signal.buffer for signal in node.sources}
        return Program(self._n_inputs, tuple(reversed(nodes)), tuple(self._buffers), scores)
