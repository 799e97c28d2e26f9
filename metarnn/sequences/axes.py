"""Sequences as (B, T, I): from rows, from either layout, and from lists of unequal length."""

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.datasets.frames import as_array, numbers, with_nan
from metarnn.memory import check_memory
from metarnn.validation import (
    as_numbers,
    check_choice,
    check_integer,
    check_plain,
    is_integer,
    shown,
)

from .lazy import LazySequences
from .validation import MaybeArray, check_lengths

#: Orders of the axes: n sequences, t steps, c channels.
LAYOUTS = ("ntc", "nct")

#: The `timesteps` that make each feature of a row a step of one input.
FEATURES = "features"


def check_layout(layout: str) -> None:
    """Raise a ValueError unless the layout is one of LAYOUTS."""
    check_choice("layout", layout, LAYOUTS)


def check_timesteps(timesteps: Any) -> None:
    """Raise an error unless timesteps is a positive integer or FEATURES."""
    if isinstance(timesteps, str) and timesteps == FEATURES:
        return
    if not is_integer(timesteps):
        raise TypeError(
            f"timesteps must be an integer or {FEATURES!r} (each feature of a row a step of one "
            f"input), got {shown(timesteps)}."
        )
    check_integer("timesteps", timesteps)


def as_sequences(X: Any, timesteps: int | str = 1, *, layout: str = "ntc") -> Any:
    """Return sequences as an array (B, T, I), batch first, or as the LazySequences that they are.

    Parameters
    ----------
    X : (B, T, I), (B, I, T) or (B, F) array_like
        A row of F features has no time: by default it is one step of F inputs.
    timesteps : int or "features"
        T for rows, each step of F / T inputs; "features" makes each feature a step of one
        input. In the one step of the default a network has no use for its recurrent weights.
    layout : {"ntc", "nct"}
        Whether X is (B, T, I), or (B, I, T) as in aeon.

    Returns
    -------
    (B, T, I) array or LazySequences
        Without a copy where X has this form.

    Raises
    ------
    TypeError, ValueError
        Another number of axes, an empty axis, sequences of unequal length (which
        :func:`padded` takes), or `timesteps` that does not divide F.
    """
    check_timesteps(timesteps)
    check_layout(layout)
    if not isinstance(X, LazySequences):  # which is checked
        X = one_array(X)
    if X.ndim not in (2, 3):
        raise ValueError(
            f"X must have axes (sequences, steps, inputs) or (sequences, features), "
            f"got {X.ndim} axes, shape {X.shape}."
        )
    if 0 in X.shape:
        raise ValueError(f"X must hold at least one number, got an empty axis in shape {X.shape}.")
    if X.ndim == 2:
        steps = X.shape[1] if isinstance(timesteps, str) else timesteps
        if X.shape[1] % steps:
            raise ValueError(
                f"timesteps must divide the {X.shape[1]} features of a row into equal steps, "
                f"got {timesteps}."
            )
        return X.reshape(len(X), steps, -1)
    if layout == "nct":
        X = X.transpose(0, 2, 1)
    if timesteps not in (1, X.shape[1]):
        raise ValueError(
            f"timesteps={timesteps!r} is for rows (sequences, features); X already has "
            f"{X.shape[1]} steps, shape {X.shape}."
        )
    return X


def one_array(X: Any) -> NDArray[Any]:
    """Return sequences that come as one array, as numbers."""
    check_plain("X", X)
    given = as_array(X, "X")
    try:
        given = np.asanyarray(given)
    except ValueError:
        raise ValueError(
            "X must be one array, got sequences of unequal length or other parts that do not fit: "
            "X, lengths = metarnn.sequences.padded(X) makes one of such a list."
        ) from None
    return as_numbers("X", with_nan(given))


def padded(
    sequences: Iterable[ArrayLike], *, layout: str = "ntc"
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return sequences of unequal length as one array and their lengths.

    Parameters
    ----------
    sequences : iterable of (T_i, I), (I, T_i) or (T_i,) array_like
        B sequences. Each has its own number of steps, at least 1; all have the same inputs.
    layout : {"ntc", "nct"}
        Whether a sequence is (T_i, I), or (I, T_i) as in aeon.

    Returns
    -------
    X : (B, T, I) or (B, T) array
        The sequences, with zeros after their ends. T is the number of steps of the longest one.
        The dtype is the common one of all sequences, so that tokens stay integers.
    lengths : (B,) array of int64
        Number of steps of each sequence.

    Raises
    ------
    TypeError, ValueError
        No sequences, an empty one, or one with other axes or inputs than the first.
    """
    parts = checked_parts(sequences, layout)
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    dtype, b = np.result_type(*parts), int(lengths.argmax())
    check_memory(
        f"X of {len(parts):,} sequences, padded to the {lengths[b]:,} steps of sequence {b},",
        len(parts) * int(lengths[b]) * prod(parts[0].shape[1:]) * dtype.itemsize,
        "give a list, which needs no padding, or cut the longest sequences",
    )
    X = np.zeros((len(parts), lengths[b], *parts[0].shape[1:]), dtype)
    for row, part in zip(X, parts, strict=True):
        row[: len(part)] = part
    return X, lengths


def checked_parts(sequences: Iterable[ArrayLike], layout: str) -> list[NDArray[Any]]:
    """Return sequences as arrays (T_i, I) or (T_i,), which fit together; see :func:`padded`."""
    check_layout(layout)
    parts: list[NDArray[Any]] = []
    for b, sequence in enumerate(sequences):
        try:
            part = numbers(np.asarray(as_array(sequence)))
        except ValueError:
            raise ValueError(
                f"Sequence {b} must be one array, got parts of unequal length."
            ) from None
        if part.dtype.kind not in "biuf":
            raise TypeError(f"Sequence {b} must hold numbers, got an array of {part.dtype}.")
        part = part.T if layout == "nct" else part
        first = parts[0] if parts else part
        if part.ndim not in (1, 2) or part.size == 0 or part.shape[1:] != first.shape[1:]:
            expected = ("steps", "inputs") if layout == "ntc" else ("inputs", "steps")
            raise ValueError(
                f"Sequence {b} must have axes ({', '.join(expected)}) or (steps,), the same inputs "
                f"as sequence 0 and at least one step, got shape {np.shape(sequence)}."
            )
        parts.append(part)
    if not parts:
        raise ValueError("X must hold at least one sequence, got none.")
    return parts


def unpadded(
    X: NDArray[Any], lengths: MaybeArray = None, *, layout: str = "ntc"
) -> list[NDArray[Any]]:
    """Return the sequences of an array as a list, which any cross-validation can split.

    Parameters
    ----------
    X : (B, T, I) or (B, T) array
        Sequences; what follows their ends is dropped.
    lengths : (B,) array_like of int or "nan", optional
        Number of steps of each sequence; T by default. With "nan" a sequence ends where all that
        follows is NaN.
    layout : {"ntc", "nct"}
        Whether the returned sequences are (T_i, I) or (I, T_i).

    Returns
    -------
    list of B arrays
        Copies.

    Raises
    ------
    TypeError, ValueError
        An unknown layout, or lengths that do not fit.
    """
    check_layout(layout)
    X = np.asarray(X)
    steps = check_lengths(lengths, X)
    ends = np.full(len(X), X.shape[1]) if steps is None else steps
    parts = [x[:n].copy() for x, n in zip(X, ends, strict=True)]
    return [part.T for part in parts] if layout == "nct" else parts
