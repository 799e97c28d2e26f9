"""The y that is given, as an array of labels or of numbers, and scores of predictions for it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_consistent_length, column_or_1d

from metarnn.datasets.frames import as_array, missing_at
from metarnn.sequences.validation import Floats, MaybeArray, check_sample_weight
from metarnn.validation import as_numbers, check_plain, check_size, place, shown

#: The axes of numbers.
AXES = "sequences", "outputs"


def labels_of(y: Any, name: str = "y") -> NDArray[Any]:
    """Return labels (B,) of any type that can be compared; none may be missing.

    Raises
    ------
    TypeError, ValueError
        Another shape, or no labels: dates, records, quantities with a unit.
    """
    check_plain(name, y)
    given = as_array(y, name)
    try:
        given = given if isinstance(given, np.ndarray) else np.asanyarray(given)
        labels = np.asarray(given if given.ndim == 1 else column_or_1d(given, warn=True))
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        if "inhomogeneous" in reason:  # NumPy's word for it
            reason = "its rows are of unequal length"
        reason = reason.rstrip(".")
        raise ValueError(f"{name} must be a vector of classes, got {shown(y)}: {reason}.") from None
    if labels.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} must hold classes.")
    if labels.dtype.kind in "mMV":
        raise TypeError(
            f"{name} must hold classes, got an array of {labels.dtype}: name them by text, say."
        )
    if (b := missing_at(labels)) is not None:
        raise ValueError(
            f"Input {name} contains NaN, first at sequence {b}: every sequence needs a class."
        )
    return labels


def columns_of(y: Any) -> tuple[Floats, bool]:
    """Return finite numbers (B, K), and whether they came as one number for each sequence."""
    columns = as_numbers("y", as_array(y, "y"), AXES).astype(np.float64)
    if columns.ndim not in (1, 2) or not columns.size:
        raise ValueError(
            "y must have axes (sequences,) or (sequences, outputs), none of them empty, got shape "
            f"{columns.shape}."
        )
    if not (finite := np.isfinite(columns)).all():
        index = tuple(np.argwhere(~finite)[0])
        infinite = "infinity or a value too large for dtype('float64')"
        what = "NaN" if np.isnan(columns[index]) else infinite
        raise ValueError(f"Input y contains {what}, first at {place(index, AXES)}.")
    single, columns = columns.ndim == 1, columns.reshape(len(columns), -1)
    check_size("y", np.abs(columns).max(axis=0), "output")
    return columns, single


def accuracy(y: ArrayLike, predictions: NDArray[Any], sample_weight: MaybeArray) -> float:
    """Return the fraction of predictions that are the labels, weighted by (B,)."""
    labels = labels_of(y)
    check_consistent_length(labels, predictions)
    weights = check_sample_weight(sample_weight, len(labels))
    try:
        return float(accuracy_score(labels, predictions, sample_weight=weights))
    except (TypeError, ValueError) as error:
        raise ValueError(f"y must hold classes like those of fit: {error}") from None


def determination(y: ArrayLike, predictions: Floats, sample_weight: MaybeArray) -> float:
    """Return R^2 of predictions (B,) or (B, K), weighted by (B,)."""
    columns, single = columns_of(y)
    check_consistent_length(columns, predictions)
    weights = check_sample_weight(sample_weight, len(columns))
    return float(r2_score(columns[:, 0] if single else columns, predictions, sample_weight=weights))
