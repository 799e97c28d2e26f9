"""Embedding: a row of numbers for each token, trained with the network or given.

CountedObjective up is what a matrix would do to a vector that is 1 in one place; only the rows that
are read cost anything, forwards and backwards. What is read is gathered lane by lane, and its
derivative is added to the sums of the same places.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray
from numpy.typing import NDArray

from metarnn.engine.graph import Builder, Node, Signal, Steps, Work, inputs
from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records, scalar_pointer
from metarnn.engine.program import (
    backward_routine,
    clock_at,
    forward_routine,
    record,
    signal_at,
    tile_at,
    values,
)

from .layer import Layer, Stream, check_size
from .vectors import Vectors

LOOKUP = record(
    "source",  # addresses of signals
    "target",
    "weights",  # offset of the table among the packed weights,
    "own_weights",  # and whether each lane has one of its own
    "sums",  # likewise, of the sums
    "own_sums",
)
lookup_at = records(LOOKUP)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Read the row of each lane's token."""
    row, data = lookup_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    tokens, table = values(source, data, scratch), scalar_pointer(at(weights, row.weights))
    n, own = target.n_rows, row.own_weights
    stride = LANES if own else 1
    for t in range(clock_at(data.clocks, source.clock).n_steps):
        token = carray(at(tokens, t * source.stride), LANES)
        y = carray(at(scratch, target.offset + t * target.stride), n * LANES)
        for lane in range(lanes):
            there = at(table, int(token[lane]) * n * stride + own * lane)
            for i in range(n):
                y[i * LANES + lane] = there[i * stride]


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Add the derivatives of each lane to those of its token's row, up to its own end."""
    row, data = lookup_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    tokens, table = values(source, data, scratch), scalar_pointer(at(sums, row.sums))
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    n, own = target.n_rows, row.own_sums
    stride = LANES if own else 1
    for t in range(clock.n_steps):
        token = carray(at(tokens, t * source.stride), LANES)
        d_y = carray(at(scratch, target.d_offset + t * target.d_stride), n * LANES)
        for lane in range(lanes):
            if t < ends[lane]:
                first = int(token[lane]) * n * stride + own * lane
                there = carray(at(table, first), n * stride)
                for i in range(n):
                    there[i * stride] += d_y[i * LANES + lane]


@dataclass(frozen=True)
class Lookup(Node):
    """Rows of a table, by the tokens of a signal.

    Parameters
    ----------
    target, first, suffix
        See :class:`Node`.
    source : Signal
        Tokens, as numbers.
    n_tokens : int
        V, rows of the table.
    vectors : Vectors, optional
        Where the table begins; normal numbers, if not given.
    """

    source: Signal
    n_tokens: int
    vectors: Vectors | None = None

    @property
    def sources(self) -> tuple[Signal, ...]:
        """See :class:`Node`."""
        return (self.source,)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """See :class:`Node`."""
        return {"embedding": (self.n_tokens, self.target.n_rows)}

    @property
    def scales(self) -> dict[str, float]:
        """See :class:`Node`."""
        return {"embedding": 1.0 if self.vectors is None else self.vectors.scatter}

    @property
    def means(self) -> dict[str, Any]:
        """See :class:`Node`."""
        return {} if self.vectors is None else {"embedding": self.vectors.values}

    def work(self, steps: Steps) -> Work:
        """See :class:`Node`: nothing is computed."""
        return Work(0)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """See :class:`Node`."""
        row = np.zeros(1, LOOKUP)
        row["source"], row["target"] = (
            layout.address(self.source, self),
            layout.address(self.target),
        )
        row["weights"] = layout.ordered(self.positions["embedding"].ravel())
        row["sums"] = self.first
        row["own_weights"], row["own_sums"] = layout.kind.own_weights, layout.kind.own_sums
        return forward, back, row


def lookup(
    builder: Builder,
    source: Signal,
    n_tokens: int,
    size: int,
    suffix: str,
    vectors: Vectors | None = None,
) -> Signal:
    """Add a table of so many rows that a signal's tokens are looked up in; return what is read."""
    target = builder.buffer(size, source.clock)
    builder.add(Lookup(target, builder.n_weights, suffix, source, n_tokens, vectors))
    return target


@dataclass(frozen=True)
class Embedding(Layer):
    """A row of numbers for each token. It comes first.

    Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin: A neural probabilistic language model.
    Journal of Machine Learning Research 3 (2003) 1137-1155. Its V E weights are part of every
    candidate; a population method has no way to tell which of them a sequence reads, so for
    it take frozen vectors, or few tokens.

    Parameters
    ----------
    size : int, optional
        E, numbers for each token; may be left out if vectors are given.
    vectors : (V, E) array_like, optional
        Where training begins, such as word vectors trained on much more text. Without them
        it begins at normal numbers.
    frozen : bool
        Whether the vectors stay as they are. They are no weights of a candidate then, and are
        looked up once, when data are packed.
    """

    size: int | None = None
    vectors: Any = None
    frozen: bool = False

    #: See :class:`Layer`.
    input_kind = "tokens"

    def __post_init__(self) -> None:
        given, size = self.vectors, self.size
        if given is not None:
            given = given if isinstance(given, Vectors) else Vectors(given)
            n = given.values.shape[1]
            if size is not None and size != n:
                raise ValueError(f"vectors must have size={size} columns, got {n}.")
            size = n
        elif self.frozen:
            raise ValueError("frozen=True is for vectors that are given, and there are none.")
        if size is None:
            raise ValueError("Embedding must be given a size or vectors.")
        object.__setattr__(self, "vectors", given)
        object.__setattr__(self, "size", check_size("size", size))

    def __str__(self) -> str:
        """See :class:`Layer`."""
        return f"{'frozen ' * self.frozen}embedding of {self.n_rows}"

    @property
    def n_rows(self) -> int:
        """E."""
        assert self.size is not None
        return self.size

    def source(self, n_inputs: int) -> Stream:
        """See :class:`Layer`: tokens, or the vectors that they stand for."""
        if self.vectors is not None and len(self.vectors.values) != n_inputs:
            raise ValueError(
                f"vectors must have a row for each of the {n_inputs} tokens, got "
                f"{len(self.vectors.values)}."
            )
        return Stream(inputs(self.n_rows if self.frozen else 1), n_tokens=n_inputs)

    def prepared(self, X: NDArray[Any]) -> NDArray[Any]:
        """See :class:`Layer`."""
        return self.vectors.values[X[..., 0].astype(np.int64)] if self.frozen else X

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """See :class:`Layer`."""
        if stream.n_tokens is None:
            raise ValueError("Embedding reads tokens, so it must be the first layer.")
        if self.frozen:
            return Stream(stream.steps)
        read = lookup(builder, stream.steps, stream.n_tokens, self.n_rows, "", self.vectors)
        return Stream(read)
