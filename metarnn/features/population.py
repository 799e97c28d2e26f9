"""Random networks of one kind: a population whose pooled states are features."""

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import BatchScorer
from metarnn.engine.graph import Builder, Node, Program
from metarnn.engine.signals import ONCE, inputs
from metarnn.layers import READOUTS, Recurrent, Stream
from metarnn.nodes.pool import WITH_THRESHOLDS, Pool
from metarnn.sequences.validation import Floats, Integers
from metarnn.validation import check_choice, check_integer, several, shown

from .distribution import CELLS

#: The pools that a population may have, names of readouts.
POOLS = "max", "min", "mean", "last", "std", *WITH_THRESHOLDS

#: Thresholds are quantiles of about so many states of each unit.
THRESHOLD_STATES = 512
#: The states and features of a block of networks take about so many bytes.
BLOCK_BYTES = 2**23


def check_pools(pools: Any) -> tuple[str, ...]:
    """Return names of POOLS; raise a ValueError for others, for none, or for a name twice.

    Those with thresholds may be there several times, each with thresholds of its own.
    """
    names = tuple(pools.split("+")) if isinstance(pools, str) else several("pools", pools)
    for name in names:
        check_choice("pools", name, POOLS)
    once = [name for name in names if name not in WITH_THRESHOLDS]
    if not names or len({*once}) < len(once):
        thresholded = " and ".join(map(repr, WITH_THRESHOLDS))
        raise ValueError(f"pools must have names, each but {thresholded} once, got {shown(pools)}.")
    return names


@lru_cache(maxsize=64)
def _programs(
    cell: str, n_inputs: int, hidden: int, bidirectional: bool, pools: tuple[str, ...]
) -> tuple[Program, Program]:
    """Return the programs to the pooled states, and to the states of each step.

    The weights of the second one are the first of those of the first one: pools come last.
    """
    builder = Builder(n_inputs, hidden)
    layer = Recurrent(cell, hidden, bidirectional=bidirectional)
    stream = layer.connect(builder, Stream(inputs(n_inputs)))
    to_states, n = builder.program(stream.steps), stream.steps.n_rows
    joined = builder.buffer(n * len(pools), ONCE)
    for place, pool in enumerate(pools):
        READOUTS[pool].read(builder, stream, joined.rows(place * n, n))
    return builder.program(joined), to_states


@dataclass(eq=False)
class RandomNetworks:
    """P networks of one cell, which differ in their weights.

    The features of a network are the pooled states of its units: all of the first pool, then all
    of the next. Their sums are those of a pass of the engine, so they are the same for any number
    of threads, and for a sequence alone as among others.
    """

    cell: str
    n_inputs: int  # I
    hidden: int  # H
    bidirectional: bool
    pools: tuple[str, ...]
    dtype: str
    weights: Floats  # (P, D)

    def __post_init__(self) -> None:
        # Compiled code checks nothing, and a file may hold anything.
        check_choice("dtype", self.dtype, ("float32", "float64"))
        check_choice("cell", self.cell, CELLS)
        self.pools = check_pools(self.pools)
        self.weights = np.ascontiguousarray(self.weights, dtype=np.float64)
        if self.weights.ndim != 2 or not np.isfinite(self.weights).all():
            raise ValueError("weights must be finite numbers (P, D).")

    @staticmethod
    def expected_axes(settings: dict[str, Any]) -> dict[str, tuple[None, int]]:
        """Return the axes of the weights, from the other fields as a file has them."""
        check_choice("cell", settings["cell"], CELLS)
        sizes = (check_integer(name, settings[name]) for name in ("n_inputs", "hidden"))
        pools = check_pools(settings["pools"])
        program, _ = _programs(settings["cell"], *sizes, bool(settings["bidirectional"]), pools)
        return {"weights": (None, program.dim)}

    @property
    def program(self) -> Program:
        """The program of a network, which ends in its features."""
        return self._both[0]

    @property
    def n_rows(self) -> int:
        """Features of a network."""
        return self.program.scores.n_rows

    @property
    def n_features(self) -> int:
        """Features of all networks."""
        return len(self.weights) * self.n_rows

    def names(self, first: int) -> list[str]:
        """Return the names of the features; the networks are counted from `first` on."""
        ways = ("", "_reverse") if self.bidirectional else ("",)
        units = [f"unit{h}{way}" for way in ways for h in range(self.hidden)]
        n_before = [self.pools[:place].count(pool) for place, pool in enumerate(self.pools)]
        pools = [f"{pool}{n or ''}" for pool, n in zip(self.pools, n_before, strict=True)]
        return [
            f"{self.cell}{first + p}_{unit}_{pool}"
            for p in range(len(self.weights))
            for pool in pools
            for unit in units
        ]

    def blocks(self, n_numbers: int) -> list[slice]:
        """Return ranges of networks; each network needs so many numbers of memory."""
        P, itemsize = len(self.weights), np.dtype(self.dtype).itemsize
        size = max(1, BLOCK_BYTES // (itemsize * n_numbers))
        return [slice(p, min(p + size, P)) for p in range(0, P, size)]

    def features(
        self,
        some: slice,
        X: Floats,
        lengths: Integers | None,
        n_threads: int | None,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return features (B, p R) of sequences (B, T, I) by some of the networks, in `out`."""
        scores = self._pooled(self.weights[some], X, lengths=lengths, n_threads=n_threads)
        B, p = len(X), len(scores)
        found = np.empty((B, p * self.n_rows), self.dtype) if out is None else out
        found.reshape(B, p, -1)[:] = scores[:, :, 0].swapaxes(0, 1)  # a view of `out`
        return found

    def memory(self, some: slice, n_sequences: int, n_steps: int, unequal: bool) -> int:
        """Return the bytes that a call of `features` with `out` allocates at its peak."""
        n_networks = len(range(len(self.weights))[some])
        numbers = n_networks * n_sequences * self.n_rows
        of_engine = self._pooled.memory(n_networks, n_sequences, n_steps, unequal)
        return numbers * np.dtype(self.dtype).itemsize + of_engine

    def states(
        self,
        X: Floats,
        lengths: Integers | None = None,
        some: slice = slice(None),
        n_threads: int | None = None,
    ) -> NDArray[Any]:
        """Return the states (p, B, T, n) of some of the networks; 0 after the end of a sequence."""
        cells = np.ascontiguousarray(self.weights[some, : self._both[1].dim])
        return self._stepwise(cells, X, lengths=lengths, n_threads=n_threads)

    def learn_thresholds(
        self,
        X: Floats,
        lengths: Integers | None,
        rng: np.random.Generator,
        n_threads: int | None = None,
    ) -> None:
        """Put thresholds at random quantiles of the states that sequences lead to."""
        nodes = [n for n in self.program.nodes if _has_threshold(n)]
        if not nodes:
            return
        (B, T, _), n = X.shape, nodes[0].source.n_rows
        own = np.arange(T) < (np.full(B, T) if lengths is None else lengths)[:, None]
        every = -(-np.count_nonzero(own) // THRESHOLD_STATES)
        levels = rng.random((len(nodes), len(self.weights), 1, n))
        for some in self.blocks(B * T * n):
            states = self.states(X, lengths, some, n_threads)
            ordered = np.sort(states[:, own][:, ::every], axis=1)  # (p, N, n)
            parts = iter(levels[:, some])
            for node, thresholds in self.program.by_node(self.weights[some]):
                if _has_threshold(node):
                    places = (next(parts) * (ordered.shape[1] - 1)).astype(int)
                    low = np.take_along_axis(ordered, places, axis=1)
                    # Half way to the next larger state, so that rounding moves none across.
                    high = np.where(ordered > low, ordered, np.inf).min(axis=1)
                    low = low[:, 0].astype(float)
                    thresholds[:] = np.where(np.isfinite(high), (low + high) / 2, low)

    @cached_property
    def _both(self) -> tuple[Program, Program]:
        return _programs(self.cell, self.n_inputs, self.hidden, self.bidirectional, self.pools)

    @cached_property
    def _pooled(self) -> BatchScorer:
        return BatchScorer(self._both[0], self.dtype, _as_it_is)

    @cached_property
    def _stepwise(self) -> BatchScorer:
        return BatchScorer(self._both[1], self.dtype, _as_it_is)

    def __getstate__(self) -> dict[str, Any]:
        # Cached properties hold addresses of this process.
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _has_threshold(node: Node) -> TypeGuard[Pool]:
    return isinstance(node, Pool) and node.kind in WITH_THRESHOLDS


def _as_it_is(X: Any) -> Any:
    return X
