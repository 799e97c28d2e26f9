"""From what users hold in their hands to (B, T, I)."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Orders of the axes of sequences: cases, time, channels.
LAYOUTS = ("ntc", "nct")


def as_sequences(
    X: ArrayLike, timesteps: int | None = None, *, layout: str = "ntc"
) -> NDArray[Any]:
    """Return sequences as an array (B, T, I), batch first.

    Parameters
    ----------
    X : (B, T, I), (B, I, T) or (B, F) array_like
        A row of F features is read as F steps of one input, or as `timesteps` steps of
        F / timesteps inputs.
    timesteps : int, optional
        T for rows. ``timesteps=1`` makes one step of all features: a network then has no
        use for its recurrent weights.
    layout : {"ntc", "nct"}
        Whether X is (B, T, I), or (B, I, T) as aeon has it.

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


def padded(
    sequences: Iterable[ArrayLike], *, layout: str = "ntc"
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return sequences of unequal length as one array and their lengths.

    Parameters
    ----------
    sequences : iterable of (T_i, I), (I, T_i) or (T_i,) array_like
        B sequences, each with its own number of steps, 1 or more, and all with the same
        inputs.
    layout : {"ntc", "nct"}
        Whether a sequence is (T_i, I), or (I, T_i) as aeon has it.

    Returns
    -------
    X : (B, T, I) or (B, T) array
        The sequences with zeros after their ends, T being the most steps; of the type that
        holds them all, so that tokens stay integers.
    lengths : (B,) array of int64
        Their steps.

    Raises
    ------
    TypeError, ValueError
        No sequences, an empty one, or one that does not fit with the first.
    """
    check_layout(layout)
    parts: list[NDArray[Any]] = []
    for b, sequence in enumerate(sequences):
        try:
            part = np.asarray(sequence)
        except ValueError:
            raise ValueError(f"Sequence {b} must be one array, got parts that differ.") from None
        if part.dtype.kind not in "biuf":
            raise TypeError(f"Sequence {b} must be of numbers, got an array of {part.dtype}.")
        part = part.T if layout == "nct" else part
        first = parts[0] if parts else part
        if part.ndim not in (1, 2) or part.size == 0 or part.shape[1:] != first.shape[1:]:
            expected = ("steps", "inputs") if layout == "ntc" else ("inputs", "steps")
            raise ValueError(
                f"Sequence {b} must have axes ({', '.join(expected)}) or (steps,), the same inputs "
                f"as sequence 0 and a step or more, got shape {np.shape(sequence)}."
            )
        parts.append(part)
    if not parts:
        raise ValueError("There must be a sequence or more, got none.")
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    X = np.zeros((len(parts), lengths.max(), *parts[0].shape[1:]), np.result_type(*parts))
    for row, part in zip(X, parts, strict=True):
        row[: len(part)] = part
    return X, lengths


def unpadded(
    X: NDArray[Any], lengths: ArrayLike | None = None, *, layout: str = "ntc"
) -> list[NDArray[Any]]:
    """Return the sequences of an array one by one: a list goes through any cross-validation.

    Parameters
    ----------
    X : (B, T, I) or (B, T) array
        Sequences, with anything after their ends.
    lengths : (B,) array_like of int, optional
        Their steps; all T, if not given.
    layout : {"ntc", "nct"}
        Whether each one is to be (T_i, I) or (I, T_i).

    Returns
    -------
    sequences : list of B arrays
        Copies.
    """
    check_layout(layout)
    X = np.asarray(X)
    steps = as_lengths(lengths, X)
    ends = np.full(len(X), X.shape[1]) if steps is None else steps
    parts = [x[:n].copy() for x, n in zip(X, ends, strict=True)]
    return [part.T for part in parts] if layout == "nct" else parts


def check_layout(layout: str) -> None:
    """Raise a ValueError unless it is one of LAYOUTS."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, got {layout!r}.")


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
