"""What users hold in their hands, as one array: arrays, lists, frames, unequal lengths."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from .arrays import as_lengths, check_layout, padded


class ParsedInput(NamedTuple):
    """What was given, in our order of axes.

    Attributes
    ----------
    X : array or DataFrame
        (B, T, I) sequences or, as they were given, rows (B, F) and whatever else is for others
        to judge.
    lengths : (B,) int array or None
        Steps of each sequence; None where all have T.
    names : array of str or None
        Of the inputs, where they came in frames.
    """

    X: Any
    lengths: NDArray[np.int64] | None = None
    names: NDArray[Any] | None = None


def read(
    X: Any, *, lengths: ArrayLike | None = None, layout: str = "ntc", tokens: bool = False
) -> ParsedInput:
    """Read sequences of any form.

    Parameters
    ----------
    X : array_like
        One array (B, T, I), or (B, I, T) with the layout "nct"; a list, tuple, Series or
        object array of B arrays or frames (T_i, I), or (I, T_i), or of vectors (T_i,); a frame
        whose cells are series of an input; or rows (B, F), which stay as they are.
    lengths : (B,) array_like of int, optional
        Of the sequences of an array; what follows them is not read, and becomes 0.
    layout : {"ntc", "nct"}
        Order of the axes.
    tokens : bool
        Whether X is (B, T) tokens, or a list of (T_i,) of them: these get no axis of inputs.

    Raises
    ------
    TypeError, ValueError
        No such thing, frames with other columns than the first, parts that do not fit.
    """
    check_layout(layout)
    if issparse(X):
        raise TypeError("Sparse data was passed for X, but sequences are dense: give X.toarray().")
    names = None
    if hasattr(X, "columns"):
        if not _is_nested(X):
            if lengths is not None:
                raise ValueError("lengths are for one array of sequences, got rows of a frame.")
            _check_kinds({dtype.kind for dtype in X.dtypes})
            return ParsedInput(X)
        X, names = _cells(X, layout)
    many = is_list(X)
    if many:
        X, found, names = _joined(X, layout, names)
        if found is not None and lengths is not None:
            raise ValueError("lengths are for one array of sequences, got a list of unequal ones.")
        lengths = lengths if found is None else found
    array = np.asarray(X)
    _check_kinds({array.dtype.kind})
    if array.ndim == 2 and lengths is not None and not tokens:
        if not many:
            raise ValueError(
                "lengths are for sequences (sequences, steps, inputs), got rows of shape "
                f"{array.shape}; if each number is a step, give X[..., None]."
            )
        array = array[..., None]
        return ParsedInput(array, as_lengths(lengths, array), names)
    if array.ndim != 3:
        known = None if lengths is None else as_lengths(lengths, array[..., None])
        return ParsedInput(array, known, names)
    if layout == "nct":
        array = array.transpose(0, 2, 1)
    steps = as_lengths(lengths, array)
    if steps is not None and not many:
        after = np.arange(array.shape[1]) >= steps[:, None]
        array = np.where(after[..., None], np.zeros((), array.dtype), array)
    return ParsedInput(array, steps, names)


def check_finite(X: NDArray[Any], lengths: NDArray[np.int64] | None = None) -> None:
    """Raise a ValueError that names the place, unless all of (B, T, I) are finite."""
    if np.isfinite(X).all():
        return
    b, t, i = np.argwhere(~np.isfinite(X))[0]
    what = "NaN" if np.isnan(X[b, t, i]) else "infinity"
    hint = ""
    if np.isnan(X[b, t:]).all():
        hint = "; if it pads a sequence that has ended, give lengths or a list of sequences"
    raise ValueError(f"Input X contains {what}, first at sequence {b}, step {t}, input {i}{hint}.")


def _check_kinds(kinds: set[str]) -> None:
    """Raise a sentence about numbers that are none, but would become some."""
    if "c" in kinds:
        raise ValueError("Complex data not supported: X must hold real numbers.")
    if kinds & set("mM"):
        raise TypeError("X must hold numbers, got dates or times: make them seconds, say.")


def is_list(X: Any) -> bool:
    """Whether sequences come one by one: as a list, a Series, or an object array of arrays."""
    if not hasattr(X, "ndim") or hasattr(X, "iloc"):
        return not hasattr(X, "columns")
    objects = isinstance(X, np.ndarray) and X.dtype.hasobject and X.ndim == 1
    return objects and bool(len(X)) and np.ndim(X[0]) > 0


def _is_nested(frame: Any) -> bool:
    """Whether the cells of a frame are series."""
    if getattr(frame.index, "nlevels", 1) > 1:
        raise ValueError(
            "X must not be a frame with an index of several levels: read it by "
            "metarnn.datasets.load_long, or give a list of one frame (steps, inputs) a sequence."
        )
    if not len(frame) or not frame.shape[1]:
        return False
    cell = frame.iloc[0, 0]
    return np.ndim(cell) == 1 and not isinstance(cell, str)


def _cells(frame: Any, layout: str) -> tuple[list[NDArray[Any]], NDArray[Any] | None]:
    """Return one array for each row of a frame whose cells are series, and the columns."""
    parts = []
    for b, row in enumerate(frame.itertuples(index=False)):
        cells = [np.asarray(cell) for cell in row]
        if len({cell.shape for cell in cells}) > 1:
            shapes = ", ".join(str(cell.shape) for cell in cells)
            raise ValueError(
                f"The cells of row {b} of X must be series of one length, got shapes {shapes}."
            )
        parts.append(np.stack(cells, axis=1 if layout == "ntc" else 0))
    return parts, _names(frame)


def _names(frame: Any) -> NDArray[Any] | None:
    """Return the columns of a frame, if all are words."""
    columns = list(frame.columns)
    return np.array(columns, object) if all(isinstance(c, str) for c in columns) else None


def _joined(
    X: Any, layout: str, names: NDArray[Any] | None
) -> tuple[Any, NDArray[np.int64] | None, NDArray[Any] | None]:
    """Return parts as one array, their lengths if these differ, and the names of the inputs."""
    try:
        parts = list(X)
    except TypeError:  # one number, say, or a library's own array
        return X, None, names
    if any(hasattr(part, "columns") for part in parts):
        names = _names(parts[0]) if hasattr(parts[0], "columns") else None
        for b, part in enumerate(parts):
            if not hasattr(part, "columns") or list(part.columns) != list(parts[0].columns):
                raise ValueError(
                    f"Sequence {b} must be a frame with the columns of sequence 0, "
                    f"{', '.join(map(str, getattr(parts[0], 'columns', ['none'])))}, got "
                    f"{', '.join(map(str, getattr(part, 'columns', ['none'])))}."
                )
        parts = [part.to_numpy() for part in parts]
    try:
        array = np.asarray(parts)
        if array.dtype != object or array.ndim != 1:
            return array, None, names
    except ValueError:
        pass
    if not any(isinstance(part, list | tuple) or getattr(part, "ndim", 0) for part in parts):
        return X, None, names  # a vector
    array, lengths = padded(parts, layout=layout)
    if array.ndim == 3 and layout == "nct":
        array = array.transpose(0, 2, 1)
    return array, lengths, names
