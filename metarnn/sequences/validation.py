"""Checks of what belongs to sequences: lengths, tokens, targets and sample weights.

Each function returns its argument as the array that the package computes with, or raises one
sentence that says what was expected and what was given.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.datasets.frames import as_array
from metarnn.validation import as_numbers, check_finite, check_plain, place

from .lazy import all_finite

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
#: Numbers of each sequence, which may be left out.
MaybeArray: TypeAlias = ArrayLike | None

#: The label of a step that is not scored.
UNSCORED = -1

#: The token of what no vector stands for: it is read as a vector of zeros.
UNKNOWN = -1

#: The sum of so many sequences as there are has to be finite, and the loss times it as well.
LARGEST_WEIGHT = 1e100

#: The square of a larger number overflows in float32.
LARGEST_TARGET = 1e18


def check_finite_input(
    X: NDArray[Any], axes: Sequence[str], padded: bool = False, first: int = 0
) -> None:
    """Raise a ValueError that says where the first NaN or infinity of X is.

    `axes` are the names of its axes, in the plural; those of sequences have steps second.
    `padded` sequences have lengths, and `first` is the number of the first of them.
    """
    if all_finite(X):
        return
    index = tuple(np.argwhere(~np.isfinite(X))[0])
    found = f"Input X contains {'NaN' if np.isnan(X[index]) else 'infinity'}"
    found = f"{found}, first at {place((index[0] + first, *index[1:]), axes)}"
    if not np.isnan(X[index]):
        raise ValueError(f"{found}.")
    if axes[1] != "steps":
        raise ValueError(f"{found}: fill in what is missing, as SimpleImputer of sklearn does.")
    if np.isnan(X[index[0], index[1] :]).all():
        raise ValueError(f"{found}: if it pads a sequence that has ended, give lengths='nan'.")
    X_name = "unpadded(X, lengths)" if padded else "X"
    raise ValueError(
        f"{found}: give fill_missing({X_name}, missing='interpolate') of metarnn.sequences, say, "
        "or 'drop' or 'mask'."
    )


def check_lengths(lengths: MaybeArray, X: NDArray[Any]) -> Integers | None:
    """Return the number of steps of each sequence, or None where all have T.

    Parameters
    ----------
    lengths : (B,) array_like of int, "nan" or None
        From 1 to T; with "nan" a sequence ends where all that follows is NaN.
    X : (B, T, ...) array
        The sequences.

    Returns
    -------
    (B,) int array or None
        None where all sequences have T steps.

    Raises
    ------
    TypeError, ValueError
        Another shape, other numbers, or no integers.
    """
    if lengths is None:
        return None
    if isinstance(lengths, str):
        lengths = _steps_before_nan(X, lengths)
    steps = as_numbers("lengths", as_array(lengths, "lengths"))
    B, T = X.shape[:2]
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


def _steps_before_nan(X: NDArray[Any], lengths: str) -> Integers:
    """Return the number of steps of each sequence after which there is NaN only."""
    if lengths != "nan":
        raise ValueError(
            "lengths must be one integer for each sequence, or 'nan' where NaN follows the ends, "
            f"got {lengths!r}."
        )
    B, T = X.shape[:2]
    if X.dtype.kind not in "fO":
        return np.full(B, T)
    numbers = X.reshape(B, T, -1).astype(np.float64, copy=False)
    given: NDArray[np.bool_] = np.any(~np.isnan(numbers), axis=2)
    for b in np.flatnonzero(~np.any(given, axis=1)):
        raise ValueError(f"Sequence {b} is NaN at all steps: leave it out.")
    return np.asarray(T - given[:, ::-1].argmax(axis=1))


def check_tokens(tokens: NDArray[Any], n_tokens: int) -> None:
    """Raise a ValueError unless tokens are integers from 0 to V - 1, or UNKNOWN, of any type."""
    if tokens.dtype.kind not in "iuf" or not np.array_equal(tokens, np.rint(tokens)):
        raise ValueError(
            f"embedding looks up tokens: X must hold them as integers, got an array of "
            f"{tokens.dtype}."
        )
    if tokens.min() < UNKNOWN or tokens.max() >= n_tokens:
        raise ValueError(
            f"X must hold tokens from 0 to {n_tokens - 1}, or {UNKNOWN} for unknown ones, got "
            f"{tokens.min()} to {tokens.max()}."
        )


def check_classes(labels: NDArray[Any], n_classes: int, reason: str = "") -> None:
    """Raise a ValueError unless all labels are integers from 0 to K - 1."""
    wrong = labels
    if labels.dtype.kind in "iub":
        wrong = labels[(labels < 0) | (labels >= n_classes)]
    if wrong.size:
        raise ValueError(
            f"y must hold the classes as integers from 0 to {n_classes - 1}{reason}, got "
            f"{wrong.flat[0]!r} in an array of {labels.dtype}; encode them first, as "
            "RNNClassifier does by itself."
        )


def _labels_of(y: ArrayLike) -> NDArray[Any]:
    """Return classes as an array of whatever they are."""
    check_plain("y", y)
    try:
        return np.asarray(as_array(y, "y"))
    except ValueError:
        raise ValueError("y must be one array of classes, got parts of unequal length.") from None


def check_labels(y: ArrayLike, n_classes: int, n_sequences: int) -> Integers:
    """Return the class of each sequence (B,), from 0 to K - 1."""
    labels = _labels_of(y)
    if labels.shape != (n_sequences,):
        raise ValueError(
            f"y must hold one class for each of the {n_sequences} sequences, "
            f"shape ({n_sequences},), got {labels.shape}."
        )
    check_classes(labels, n_classes)
    return labels.astype(np.int64)


def check_step_labels(y: ArrayLike, n_classes: int, steps: Integers, n_steps: int) -> Integers:
    """Return the class of each step (B, U), from 0 to K - 1; UNSCORED where it is not scored.

    `steps` (B,) are those of each sequence, of at most U. What follows its end is not read.
    """
    labels = _labels_of(y)
    shape = len(steps), n_steps
    if labels.shape != shape:
        raise ValueError(
            f"y must hold one class for each step, shape {shape}, got {labels.shape}; "
            f"{UNSCORED} stands for steps that are not scored."
        )
    labels = np.where(np.arange(n_steps) < steps[:, None], labels, UNSCORED)
    check_classes(labels[labels != UNSCORED], n_classes)
    if not (labels != UNSCORED).any(axis=1).all():
        raise ValueError("y must hold a class for at least one step of each sequence.")
    return labels.astype(np.int64)


def check_numbers(y: ArrayLike, n_numbers: int, n_sequences: int) -> Floats:
    """Return the numbers (B, K) of each sequence, or (B,) where K is 1, as (B, 1, K)."""
    shape = n_sequences, n_numbers
    targets = _numbers_of_shape(y, shape, f"each of the {n_sequences} sequences")
    check_finite("y", targets, ("sequences", "outputs"))
    _check_size(targets)
    return targets[:, None]


def check_step_numbers(y: ArrayLike, n_numbers: int, steps: Integers, n_steps: int) -> Floats:
    """Return the numbers (B, U, K) of each step, or (B, U) where K is 1, as (B, U, K).

    All K are NaN where a step is not scored. `steps` (B,) are those of each sequence, of at most
    U. What follows its end is not read.
    """
    targets = _numbers_of_shape(y, (len(steps), n_steps, n_numbers), "each step")
    unscored = np.isnan(targets).all(axis=2) | (np.arange(n_steps) >= steps[:, None])
    targets[unscored] = np.nan
    if not np.isfinite(targets[~unscored]).all():
        raise ValueError(
            "y must be finite, or NaN in all numbers of a step that is not scored, got NaN in "
            "some or infinity."
        )
    if unscored.all(axis=1).any():
        raise ValueError("y must hold numbers for at least one step of each sequence.")
    _check_size(targets[~unscored])
    return targets


def _numbers_of_shape(y: ArrayLike, shape: tuple[int, ...], owner: str) -> Floats:
    """Return a copy of numbers of a shape, whose last axis may be missing where it is 1."""
    n_numbers = shape[-1]
    expected = f"y must hold {n_numbers} number{'s' * (n_numbers > 1)} for {owner}, shape {shape}"
    axes = ("sequences", "outputs") if len(shape) == 2 else ("sequences", "steps", "outputs")
    given = as_numbers("y", as_array(y, "y"), axes)
    fits = given.shape == shape or (n_numbers == 1 and given.shape == shape[:-1])
    if not fits or given.dtype.kind not in "biuf":
        raise ValueError(f"{expected}, got an array of {given.dtype}, shape {given.shape}.")
    return np.array(given, dtype=float).reshape(shape)


def _check_size(targets: Floats) -> None:
    """Refuse numbers for which no candidate has a finite loss."""
    largest = np.abs(targets).max()
    if not largest < LARGEST_TARGET:
        raise ValueError(
            f"y must be below {LARGEST_TARGET:g}, so that squares are finite, got {largest:g}: "
            "scale it first, as RNNRegressor does by itself."
        )


def check_sample_weight(sample_weight: MaybeArray, n_sequences: int) -> Floats:
    """Return the weight of each sequence (B,), ones if none are given."""
    if sample_weight is None:
        return np.ones(n_sequences)
    weights = as_numbers("sample_weight", as_array(sample_weight, "sample_weight")).astype(float)
    if weights.shape != (n_sequences,):
        raise ValueError(
            f"sample_weight must have shape ({n_sequences},), one for each sequence, "
            f"got {weights.shape}."
        )
    check_finite("sample_weight", weights)
    if weights.min() < 0 or not 1 / LARGEST_WEIGHT < weights.max() < LARGEST_WEIGHT:
        raise ValueError(
            f"sample_weight must be finite, not negative and not all zero, up to "
            f"{LARGEST_WEIGHT:g}, got numbers from "
            f"{weights.min():g} to {weights.max():g}."
        )
    return weights
