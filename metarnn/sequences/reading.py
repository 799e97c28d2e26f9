"""From what users hold in their hands to what a network reads: numbers, tokens or images."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import as_lengths, as_sequences
from .labeled import Sequences


def read_numbers(X: ArrayLike, n_inputs: int, lengths: ArrayLike | None) -> Sequences:
    """Return sequences (B, T, I) of numbers; (B, T) is taken for I = 1."""
    sequences = as_sequences(X)
    if sequences.shape[2] != n_inputs:
        raise ValueError(
            f"X has {sequences.shape[2]} inputs at each step, shape {np.shape(X)} as "
            f"(sequences, steps, inputs), but the network takes {n_inputs}."
        )
    return Sequences(sequences, as_lengths(lengths, sequences))


def read_tokens(X: ArrayLike, n_tokens: int, lengths: ArrayLike | None) -> Sequences:
    """Return tokens (B, T), integers from 0 to V-1, as sequences of one input."""
    tokens = np.asarray(X)
    if tokens.ndim != 2 or 0 in tokens.shape:
        raise ValueError(f"X must have axes (sequences, tokens), got shape {tokens.shape}.")
    steps = as_lengths(lengths, tokens[..., None])
    if steps is not None:  # what follows the end is not read
        tokens = np.where(np.arange(tokens.shape[1]) < steps[:, None], tokens, 0)
    if tokens.dtype.kind not in "iuf" or not np.array_equal(tokens, np.rint(tokens)):
        raise ValueError(f"X must hold tokens as integers, got {tokens.dtype}.")
    if tokens.min() < 0 or tokens.max() >= n_tokens:
        raise ValueError(
            f"X must hold tokens from 0 to {n_tokens - 1}, got {tokens.min()} to {tokens.max()}."
        )
    return Sequences(tokens[..., None], steps)


def read_images(X: ArrayLike, n_inputs: int, lengths: ArrayLike | None) -> Sequences:
    """Return images (B, R, C, I) as sequences of their cells, row after row."""
    images: NDArray[Any] = np.asarray(X)
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"X must be images, with axes (images, rows, columns, inputs), got {images.shape}."
        )
    if lengths is not None:
        raise ValueError("lengths are for sequences; images are read as a whole.")
    cells = images.reshape(len(images), -1, images.shape[3])
    return read_numbers(cells, n_inputs, None)._replace(columns=images.shape[2])


#: What the first layer of a network reads.
READERS = {"numbers": read_numbers, "tokens": read_tokens, "images": read_images}
