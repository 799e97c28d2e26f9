"""Frames and columns of pandas, polars, pyarrow and their like, as narwhals sees them.

narwhals imports none of these libraries: who gives a frame has imported its library.
"""

import sys
from collections import Counter
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from metarnn.validation import check_unitless, unmasked

#: What is never a frame, so that long lists of arrays are not asked one by one.
PLAIN = (np.ndarray, list, tuple)


def as_frame(X: Any, name: str = "X and y") -> "nw.DataFrame[Any] | None":
    """Return a frame of any library as narwhals sees it, or None for anything else.

    Raises
    ------
    TypeError
        A lazy frame, whose data are not there yet.
    """
    if isinstance(X, PLAIN):
        return None
    if hasattr(X, "__arrow_c_array__") and hasattr(X, "num_columns"):  # a batch of a table
        return nw.from_arrow(X, backend="pyarrow")
    columns = getattr(X, "columns", ()) if hasattr(X, "iloc") else getattr(X, "column_names", ())
    if doubled := [column for column, n in Counter(columns).items() if n > 1]:
        raise ValueError(
            f"{name} must have different column names, got {doubled[0]!r} more than "
            "once: rename or drop it."
        )
    frame = nw.from_native(X, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(
            "X and y must hold data, got a lazy frame: give what its collect() or compute() "
            "returns."
        )
    return frame if isinstance(frame, nw.DataFrame) else None


def as_array(values: Any, name: str = "X and y") -> Any:
    """Return a frame (B, C), a column (B,) or another library's array as an array of NumPy.

    Its missing values become NaN. A list, and whatever else is no array, is returned as it is. An
    array with a unit is refused, under the `name` that sentences have for it.
    """
    check_unitless(name, values)
    if isinstance(values, PLAIN):
        return with_nan(values) if isinstance(values, np.ndarray) else values
    frame = as_frame(values, name)
    column = nw.from_native(values, pass_through=True, series_only=True) if frame is None else frame
    if isinstance(column, nw.DataFrame | nw.Series):
        return with_nan(column.to_numpy())
    return with_nan(np.asarray(values)) if hasattr(values, "__array__") else values


def are_series(X: Any) -> bool:
    """Whether X is a list of vectors: series of one input, and no rows of a table.

    Lists of numbers are rows, as scikit-learn has them.
    """
    is_list = isinstance(X, list | tuple) and len(X) > 0
    return is_list and all(getattr(as_array(part), "ndim", 0) == 1 for part in X)


def with_nan(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with NaN where it has None, the NA of pandas, or a mask."""
    if isinstance(array, np.ma.MaskedArray):
        array = unmasked(array)
    if not array.dtype.hasobject:
        return array
    pandas = sys.modules.get("pandas")  # nothing else makes a NA
    lacks = (lambda value: value is None) if pandas is None else pandas.isna
    missing = [np.ndim(value) == 0 and bool(lacks(value)) for value in array.flat]
    if not any(missing):
        return array
    return np.where(np.reshape(missing, array.shape), np.nan, array)


def missing_at(labels: NDArray[Any]) -> int | None:
    """Return the place of the first label (B,) that is None or NaN, or None."""
    return next((b for b, x in enumerate(labels.tolist()) if x is None or x != x), None)


def numbers(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of objects as numbers, None as NaN, if all are; any other as it is."""
    if not array.dtype.hasobject:
        return array
    try:
        return with_nan(array).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return array
