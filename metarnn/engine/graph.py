"""A network as nodes that read and write signals: what it is, before it is laid out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Positions
from .jit import Routine
from .program import ANSWERS, INPUTS

if TYPE_CHECKING:
    from .layout import LayoutBuilder

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

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        """Return weights (P, ...) by name, of parameters (P, ...) by name."""
        return blocks

    def vjp(self, blocks: dict[str, Floats], slopes: dict[str, Floats]) -> dict[str, Floats]:
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

    def lower(self, layout: "LayoutBuilder") -> tuple[Routine, Routine, Any]:
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
            blocks = node.materialize(cut(some, node.parameters))
            parts += [blocks[name].reshape(*ahead, -1) for name in node.shapes]
        return np.concatenate(parts, axis=-1)

    def pulled_back(self, flat: Floats, slopes: Floats) -> Floats:
        """Return derivatives (P, n, D) by parameters (P, D), of those by the weights."""
        parts, ahead = [], slopes.shape[:-1]
        for node, some in self.by_node(flat):
            own = cut(slopes[..., node.first : node.first + node.n_weights], node.shapes)
            blocks = node.vjp(cut(some, node.parameters), own)
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


class Builder:
    """A program being put together: nodes are added in the order in which they run.

    Parameters
    ----------
    n_inputs : int
        Rows of the data at each step.
    n_outputs : int
        K.
    """

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        self.n_outputs = n_outputs
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
