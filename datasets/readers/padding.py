"""Sequences of unequal length as one array."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def padded(
    sequences: Sequence[npt.NDArray[np.float64]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64] | None]:
    """Return X (B, T, I) with zeros after the ends, and the lengths (B,) or None if all are T.

    Parameters
    ----------
    sequences : sequence of arrays of shape (T_i, I)
        One or more, of the same I.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    X = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]))
    for x, sequence in zip(X, sequences, strict=True):
        x[: len(sequence)] = sequence
    return X, None if (lengths == lengths[0]).all() else lengths
