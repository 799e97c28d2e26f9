"""Arrays, lists and frames of sequences as one array, with their lengths and names."""

from typing import Any, NamedTuple

import numpy as np
import scipy  # whose parts load when they are used
from numpy.typing import NDArray

from metarnn.datasets.frames import are_series, as_array, as_frame, with_nan
from metarnn.validation import as_numbers, check_kind, check_plain

from .axes import check_layout, checked_parts, padded
from .ragged import RaggedSequences
from .validation import MaybeArray, check_lengths


class ParsedInput(NamedTuple):
    """An X as one array, batch first.

    X holds sequences (B, T, I); rows (B, F), tokens (B, T) and everything else are as given, for
    the caller to check.
    """

    X: Any  # an array; RaggedSequences of unequal length, LazySequences once these are checked
    lengths: NDArray[np.int64] | None = None  # (B,), number of steps; None where all have T
    names: NDArray[Any] | None = None  # of the inputs, where sequences came in frames
    is_rows: bool = False  # whether X has two axes: rows of features, or tokens
    frame: Any = None  # in which rows came

    def in_float64(self) -> "ParsedInput":
        """Return the same in float64."""
        return self._replace(X=np.asarray(self.X, np.float64))


def parse(
    X: Any,
    *,
    lengths: MaybeArray = None,
    layout: str = "ntc",
    tokens: bool = False,
    vectors_are_rows: bool = False,
) -> ParsedInput:
    """Read sequences of any form.

    X is one array (B, T, I), or (B, I, T) with the layout "nct"; a list, tuple, column or object
    array of B arrays or frames (T_i, I), or (I, T_i), or of vectors (T_i,), the series of one
    input; a frame whose cells are the series of one input; or rows (B, F), in an array, a frame or
    lists of numbers. Frames and columns are
    those of any library that narwhals knows. What follows the `lengths` (B,) of one array becomes
    0; with "nan" a sequence ends where all that follows is NaN. `tokens`, (B, T) or a list of
    (T_i,), get no axis of inputs. With `vectors_are_rows` a list of equally long vectors is rows.
    """
    check_layout(layout)
    check_plain("X", X)
    if scipy.sparse.issparse(X):
        raise TypeError("X must be dense, got a sparse matrix: give X.toarray().")
    names = None
    if (frame := as_frame(X)) is not None:
        cells = _cells(frame)
        if not _is_nested(cells):
            if lengths is not None:
                raise ValueError("lengths are for an array of sequences, got a frame of rows.")
            return ParsedInput(cells, is_rows=True, frame=frame.to_native())
        X, names = _sequences_of_cells(cells, layout), _column_names(frame)
    one_by_one, of_one_input = is_list(X), False
    if one_by_one:
        X = as_array(X)
        vectors = list(X) if getattr(X, "ndim", 0) == 1 else X  # of an array of objects
        of_one_input = not (tokens or vectors_are_rows) and are_series(vectors)
        X, own_lengths, names = _joined(X, layout, names, tokens)
        if own_lengths is not None and lengths is not None:
            raise ValueError("lengths are for an array of sequences, got a list of unequal ones.")
        lengths = lengths if own_lengths is None else own_lengths
        if isinstance(X, RaggedSequences):
            return ParsedInput(X, own_lengths, names)
    array = as_numbers("X", with_nan(np.asanyarray(X)))
    if array.ndim == 2 and (of_one_input or (lengths is not None and not tokens)):
        if not one_by_one:
            raise ValueError(
                "lengths are for sequences (sequences, steps, inputs), got rows of shape "
                f"{array.shape}; if each number is a step, give X[..., None]."
            )
        return ParsedInput(array[..., None], check_lengths(lengths, array), names)
    if array.ndim == 3 and layout == "nct":
        array = array.transpose(0, 2, 1)
    steps = check_lengths(lengths, np.atleast_2d(array))
    if steps is not None and array.ndim in (2, 3) and not one_by_one:
        after_end = np.arange(array.shape[1]) >= steps[:, None]
        after_end = after_end.reshape(*after_end.shape, *[1] * (array.ndim - 2))
        array = np.where(after_end, np.zeros((), array.dtype), array)
    return ParsedInput(array, steps, names, is_rows=array.ndim == 2)


def is_list(X: Any) -> bool:
    """Whether sequences come one by one: as a list, a column, or an object array of arrays."""
    if not hasattr(X, "ndim") or hasattr(X, "iloc"):
        return not hasattr(X, "columns")
    objects = isinstance(X, np.ndarray) and X.dtype.hasobject and X.ndim == 1
    return objects and bool(len(X)) and np.ndim(X[0]) > 0


def _cells(frame: Any) -> NDArray[Any]:
    """Return the cells of a frame (B, C), which may be series."""
    if getattr(getattr(frame.to_native(), "index", None), "nlevels", 1) > 1:
        raise ValueError(
            "X must not be a frame with an index of several levels: read it by "
            "metarnn.datasets.load_long, or give a list of one frame (steps, inputs) a sequence."
        )
    if any(dtype.is_temporal() for dtype in frame.schema.values()):
        check_kind("X", "M")
    cells: NDArray[Any] = as_array(frame.to_native())
    return cells


def _is_nested(cells: NDArray[Any]) -> bool:
    """Whether the cells of a frame are series."""
    return cells.dtype.hasobject and any(np.ndim(cell) == 1 for cell in cells[:, 0])


def _sequences_of_cells(cells: NDArray[Any], layout: str) -> list[NDArray[Any]]:
    """Return one array for each row of cells (B, I) that are series."""
    parts = []
    for b, row in enumerate(cells):
        series = [as_array(cell) for cell in row]
        if len({np.shape(one) for one in series}) > 1 or np.ndim(series[0]) != 1:
            shapes = ", ".join(str(np.shape(one)) for one in series)
            raise ValueError(
                f"The cells of row {b} of X must be series of one length, got shapes {shapes}."
            )
        parts.append(np.stack(series, axis=1 if layout == "ntc" else 0))
    return parts


def _column_names(frame: Any) -> NDArray[Any] | None:
    """Return the columns of a frame, if all are strings."""
    columns = list(frame.columns)
    return np.array(columns, object) if all(isinstance(c, str) for c in columns) else None


def _joined(
    X: Any, layout: str, names: NDArray[Any] | None, tokens: bool
) -> tuple[Any, NDArray[np.int64] | None, NDArray[Any] | None]:
    """Return parts as one array, or ragged ones with their lengths, and the names of the inputs.

    Tokens of unequal length are padded.
    """
    try:
        parts = list(X)
    except TypeError:  # one number, say, or another library's array
        return X, None, names
    frames = [as_frame(part) for part in parts]
    if any(frame is not None for frame in frames):
        columns = [["none"] if frame is None else frame.columns for frame in frames]
        for b, own in enumerate(columns):
            if own != columns[0]:
                raise ValueError(
                    f"Sequence {b} must be a frame with the columns of sequence 0, "
                    f"{', '.join(map(str, columns[0]))}, got {', '.join(map(str, own))}."
                )
        names = _column_names(frames[0])
    parts = [as_array(part) for part in parts]
    try:
        array = np.asarray(parts)
        if array.dtype != object or array.ndim != 1:
            return array, None, names
    except ValueError:
        pass
    if not any(isinstance(part, list | tuple) or getattr(part, "ndim", 0) for part in parts):
        return X, None, names  # a vector
    if tokens:
        return *padded(parts, layout=layout), names
    steps = checked_parts(parts, layout)
    ragged = RaggedSequences([part.reshape(len(part), -1) for part in steps])
    return ragged, ragged.lengths, names
