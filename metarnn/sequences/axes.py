"""The order of the axes: rows and sequences of either layout as (B, T, I)."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Orders of the axes: n sequences, t steps, c channels.
LAYOUTS = ("ntc", "nct")


def check_layout(layout: str) -> None:
    """Raise a ValueError unless the layout is one of LAYOUTS."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, got {layout!r}.")


def as_sequences(
    X: ArrayLike, timesteps: int | None = None, *, layout: str = "ntc"
) -> NDArray[Any]:
    """Return sequences as an array (B, T, I), batch first.

    Parameters
    ----------
    X : (B, T, I), (B, I, T) or (B, F) array_like
        A row of F features becomes F steps of one input, or `timesteps` steps of F / timesteps
        inputs.
    timesteps : int, optional
        T for rows. ``timesteps=1`` makes one step of all features: a network then has no
        use for its recurrent weights.
    layout : {"ntc", "nct"}
        Whether X is (B, T, I), or (B, I, T) as in aeon.

    Raises
    ------
    TypeError, ValueError
        Another number of axes, an empty axis, sequences of unequal length (which
        :func:`padded` takes), or `timesteps` that does not divide F.
    """
    if timesteps is not None and not isinstance(timesteps, int | np.integer):
        raise TypeError(f"timesteps must be an integer, got {timesteps!r}.")
    check_layout(layout)
    try:
        X = np.asarray(X)
    except ValueError:
        raise ValueError(
            "X must be one array, got sequences of unequal length or other parts that do not fit "
            "(metarnn.sequences.padded makes an array of such a list)."
        ) from None
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
        return X.reshape(len(X), steps, -1)
    if layout == "nct":
        X = X.transpose(0, 2, 1)
    if timesteps is not None and timesteps != X.shape[1]:
        raise ValueError(
            f"timesteps={timesteps} is for rows (sequences, features); X already has "
            f"{X.shape[1]} steps, shape {X.shape}."
        )
    return X
