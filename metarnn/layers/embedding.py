"""Embedding: a vector for each token, trained with the network or given."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.graph import Builder
from metarnn.engine.signals import Signal, inputs
from metarnn.nodes import Lookup, Vectors
from metarnn.sequences.validation import UNKNOWN
from metarnn.validation import check_bools, check_integer

from .layer import Layer, Stream


def lookup(
    builder: Builder, source: Signal, n_tokens: int, size: int, suffix: str, vectors: Any = None
) -> Signal:
    """Add a table in which the tokens of a signal are looked up; return the rows that are read.

    Parameters
    ----------
    builder : Builder
        The network that grows.
    source : Signal
        The tokens.
    n_tokens, size : int
        Rows of the table, and their length.
    suffix : str
        Of the name of its weights.
    vectors : (n_tokens, size) array, optional
        Initial rows; by default they are drawn.

    Returns
    -------
    Signal
        The rows that are read, of the length `size`.
    """
    target = builder.buffer(size, source.clock)
    return builder.add(Lookup(target, builder.n_weights, suffix, source, n_tokens, vectors))


@dataclass(frozen=True)
class Embedding(Layer):
    """A vector for each token. The layer must be the first one.

    Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin: A neural probabilistic language model.
    Journal of Machine Learning Research 3 (2003) 1137-1155. Its V E weights are part of every
    candidate, and a population method cannot tell which of them a sequence reads: use frozen
    vectors or few tokens with it. The vector of the unknown token, -1, is 0 and not trained.

    Parameters
    ----------
    size : int, optional
        E, numbers for each token; not needed if `vectors` are given.
    vectors : (V, E) array_like, optional
        Initial values, such as word vectors trained on much more text; standard normal numbers
        by default.
    frozen : bool
        Whether the vectors are not trained. Then they are no weights of a candidate, and tokens
        are looked up once, when data are packed.
    """

    size: int | None = None
    vectors: Any = None
    frozen: bool = False

    input_kind = "tokens"

    def __post_init__(self) -> None:
        check_bools(self)
        given, size = self.vectors, self.size
        if given is not None:
            given = given if isinstance(given, Vectors) else Vectors(given)
            n = given.values.shape[1]
            if size is not None and size != n:
                raise ValueError(f"vectors must have size={size} columns, got {n}.")
            size = n
        elif self.frozen:
            raise ValueError("frozen=True needs vectors, got none.")
        if size is None:
            raise ValueError("Embedding needs a size or vectors, got neither.")
        object.__setattr__(self, "vectors", given)
        object.__setattr__(self, "size", check_integer("size", size))

    def __str__(self) -> str:
        return f"{'frozen ' * self.frozen}embedding of {self.n_rows}"

    @property
    def n_rows(self) -> int:
        """E."""
        assert self.size is not None
        return self.size

    def source(self, n_inputs: int) -> Stream:
        """Return the stream of tokens, or of their vectors if these are frozen."""
        if self.vectors is not None and len(self.vectors.values) != n_inputs:
            raise ValueError(
                f"vectors must have a row for each of the {n_inputs} tokens, got "
                f"{len(self.vectors.values)} rows."
            )
        return Stream(inputs(self.n_rows if self.frozen else 1), n_tokens=n_inputs)

    def prepared(self, X: NDArray[Any]) -> NDArray[Any]:
        if not self.frozen:
            return X
        tokens = X[..., 0].astype(np.int64)
        rows = self.vectors.values[tokens]
        rows[tokens == UNKNOWN] = 0
        return np.asarray(rows)

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        if stream.n_tokens is None:
            raise ValueError("Embedding reads tokens, so it must be the first layer.")
        if self.frozen:
            return Stream(stream.steps)
        read = lookup(builder, stream.steps, stream.n_tokens, self.n_rows, "", self.vectors)
        return Stream(read)
