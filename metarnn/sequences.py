"""From what users hold in their hands to (B, T, I)."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_sequences(X: ArrayLike, timesteps: int | None = None) -> NDArray[Any]:
    """Return sequences as an array (B, T, I), batch first.

    Parameters
    ----------
    X : (B, T, I) or (B, F) array_like
        A row of F features is read as F steps of one input, or as `timesteps` steps of
        F / timesteps inputs.
    timesteps : int, optional
        T for rows. ``timesteps=1`` makes one step of all features: a network then has no
        use for its recurrent weights.

    Raises
    ------
    ValueError
        Another number of axes, an empty axis, or `timesteps` that does not divide F.
    """
    if timesteps is not None and not isinstance(timesteps, int | np.integer):
        raise TypeError(f"timesteps must be an integer, got {timesteps!r}.")
    X = np.asarray(X)
    if X.ndim not in (2, 3):
        raise ValueError(
            f"X must have axes (sequences, steps, inputs) or (sequences, features), "
            f"got {X.ndim} axes, shape {X.shape}."
        )
    if 0 in X.shape:
        raise ValueError(f"X must hold at least one number, got an empty axis in shape {X.shape}.")
    if X.ndim == 2:
        steps = X.shape[1] if timesteps is None else timesteps
        if steps < 1 or X.shape[1] % steps:
            raise ValueError(
                f"timesteps must divide the {X.shape[1]} features of a row into equal steps, "
                f"got {timesteps}."
            )
        X = X.reshape(len(X), steps, -1)
    elif timesteps is not None and timesteps != X.shape[1]:
        raise ValueError(
            f"timesteps={timesteps} is for rows (sequences, features); X already has "
            f"{X.shape[1]} steps, shape {X.shape}."
        )
    return X


def as_lengths(lengths: ArrayLike | None, sequences: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the steps of each of the sequences (B, T, I), or None where all have T.

    Raises
    ------
    TypeError, ValueError
        Not one integer from 1 to T for each sequence.
    """
    if lengths is None:
        return None
    steps = np.asarray(lengths)
    B, T = sequences.shape[:2]
    if steps.shape != (B,):
        raise ValueError(
            f"lengths must have shape ({B},), one for each sequence, got {steps.shape}."
        )
    if steps.dtype.kind not in "iu":
        raise TypeError(f"lengths must be integers, got an array of {steps.dtype}.")
    if steps.min() < 1 or steps.max() > T:
        raise ValueError(
            f"lengths must be from 1 to the {T} steps of X, got {steps.min()} to {steps.max()}."
        )
    return None if steps.min() == T else steps.astype(np.int64)
