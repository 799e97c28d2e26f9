"""What a network reads: numbers, tokens or images, checked to fit its first layer."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axes import FEATURES, as_sequences, one_array
from .lazy import LazySequences, part_of
from .validation import Integers, MaybeArray, check_lengths, check_tokens


class Sequences(NamedTuple):
    """What a network reads; with a decoder also the class before each that it scores (answers)."""

    #: (B, T, I), numbers, tokens (I = 1), or images of T pixels, row after row
    #: An array, or LazySequences.
    X: Any
    lengths: Integers | None = None  # (B,), number of steps; None where all have T
    columns: int = 0  # of images; 0 for sequences
    answers: Integers | None = None  # (B, U), for teacher forcing
    answer_lengths: Integers | None = None  # (B,), number of classes scored; None where all have U

    def part(self, rows: NDArray[Any]) -> "Sequences":
        """Return the sequences of some rows."""
        return Sequences._make(
            a if a is None or isinstance(a, int) else part_of(a, rows) for a in self
        )

    @property
    def steps(self) -> Integers:
        """Number of steps of each sequence (B,)."""
        B, T = self.X.shape[:2]
        return np.full(B, T) if self.lengths is None else self.lengths


def read_numbers(X: ArrayLike, n_inputs: int, lengths: MaybeArray) -> Sequences:
    """Return sequences (B, T, I) of numbers; (B, T) is read with I = 1.

    Rows (B, I) of a network with more inputs are one step each.
    """
    given: Any = X if hasattr(X, "ndim") else one_array(X)
    sequences = as_sequences(given, FEATURES if n_inputs == 1 and given.ndim == 2 else 1)
    if sequences.shape[2] != n_inputs:
        raise ValueError(
            f"X has {sequences.shape[2]} inputs at each step, shape {np.shape(X)} as "
            f"(sequences, steps, inputs), but the network takes {n_inputs}."
        )
    return Sequences(sequences, check_lengths(lengths, sequences))


def read_tokens(X: ArrayLike, n_tokens: int, lengths: MaybeArray) -> Sequences:
    """Return tokens (B, T), integers from 0 to V - 1, as sequences of one input."""
    tokens = np.asarray(X)
    if tokens.ndim != 2 or 0 in tokens.shape:
        raise ValueError(f"X must have axes (sequences, tokens), got shape {tokens.shape}.")
    steps = check_lengths(lengths, tokens)
    if steps is not None:  # what follows the end of a sequence may be anything
        tokens = np.where(np.arange(tokens.shape[1]) < steps[:, None], tokens, 0)
    check_tokens(tokens, n_tokens)
    return Sequences(tokens[..., None], steps)


def read_images(X: ArrayLike, n_inputs: int, lengths: MaybeArray) -> Sequences:
    """Return images (B, R, C, I) as sequences of their pixels, row after row."""
    images: Any = X if isinstance(X, LazySequences) else np.asarray(X)
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"X must be images, with axes (images, rows, columns, inputs), got {images.shape}."
        )
    if lengths is not None:
        raise ValueError("lengths are for sequences; images are read as a whole.")
    pixels = images.reshape(len(images), -1, images.shape[3])
    return read_numbers(pixels, n_inputs, None)._replace(columns=images.shape[2])


#: The kinds of input of a network's first layer.
READERS = {"numbers": read_numbers, "tokens": read_tokens, "images": read_images}
