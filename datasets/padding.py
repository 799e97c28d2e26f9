"""Sequences of unequal length as one array."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .frames import are_series, as_array
from .validation import Integers


def padded(
    sequences: Sequence[npt.ArrayLike], padding: int = 0
) -> tuple[npt.NDArray[Any], Integers]:
    """Return sequences (T_i, ...) as one array (B, T, ...) with padding after the ends, and T_i."""
    arrays = [np.asarray(sequence) for sequence in sequences]
    lengths = np.array([len(array) for array in arrays])
    shape = (len(arrays), lengths.max(), *arrays[0].shape[1:])
    X = np.full(shape, padding, dtype=np.result_type(*arrays))
    for x, array in zip(X, arrays, strict=True):
        x[: len(array)] = array
    return X, lengths


def joined(X: Any, *, tokens: bool = False) -> tuple[Any, Integers | None]:
    """Return a list of series as one array (B, T, I), and the lengths of unequal ones or None.

    X may also be a 1-D array of series. A series is a vector (T_i,), an array (T_i, I), or, where
    they are unequal, a list of numbers.
    Lists of numbers of one length are rows: these, and whatever else X is, are returned as it is.
    Of `tokens`, (B, T), a vector gets no axis of inputs.
    """
    if isinstance(X, np.ndarray) and X.dtype.hasobject and X.ndim == 1 and len(X) and np.ndim(X[0]):
        X = [*X]  # an array of vectors, as others keep unequal ones
    if not isinstance(X, list | tuple):
        return X, None
    try:
        parts = [np.asarray(as_array(part)) for part in X]
    except ValueError:  # parts of unequal length in a part
        return X, None
    unequal = len({part.shape[:1] for part in parts}) > 1
    axes = {part.ndim for part in parts}
    if axes == {1} and not tokens and (unequal or are_series(X)):
        parts = [part[:, None] for part in parts]
    elif not unequal or axes not in ({1}, {2}):
        return X, None
    if len({part.shape[1:] for part in parts}) > 1 or not all(map(len, parts)):
        return X, None
    return padded(parts) if unequal else (np.stack(parts), None)
