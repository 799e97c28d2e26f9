"""Sequences of unequal length as one array."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .validation import Integers


def padded(
    sequences: Sequence[npt.ArrayLike], padding: int = 0
) -> tuple[npt.NDArray[Any], Integers]:
    """Return sequences (T_i, ...) as one array (B, T, ...) with padding after the ends, and T_i."""
    arrays = [np.asarray(sequence) for sequence in sequences]
    lengths = np.array([len(array) for array in arrays])
    shape = (len(arrays), lengths.max(), *arrays[0].shape[1:])
    X = np.full(shape, padding, dtype=arrays[0].dtype)
    for x, array in zip(X, arrays, strict=True):
        x[: len(array)] = array
    return X, lengths
