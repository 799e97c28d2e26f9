"""Sequences that are read a few at a time: some rows of an array, scaled as they are read."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Numbers that are read at a time: those of :func:`blocks`, and those that are scaled.
BLOCK = 2**17
#: What is read as it is given; everything else becomes float64.
REALS = [np.dtype(np.float64), np.dtype(np.float32)]


class LazySequences:
    """Some rows of an array (N, T, ...), or of ragged sequences, standardized as they are read.

    It takes the place of an array (B, T, ...): rows are chosen by their indices and scaled where
    they are read, so no copy of the whole is made. The array is not to change meanwhile.

    Parameters
    ----------
    data : (N, T, ...) array or RaggedSequences
        Of the latter, what is read ends with the longest of the sequences that are read.
    rows : (B,) array of int, optional
        Those that count; by default all.
    shift, scale : arrays, optional
        Of an axis (I,), or of (T, I): a number x is read as (x - shift) / scale.
    real : str
        The dtype to which scaled numbers are rounded.
    """

    def __init__(
        self,
        data: Any,
        rows: NDArray[np.int64] | None = None,
        shift: Array | None = None,
        scale: Array | None = None,
        real: str = "float64",
    ) -> None:
        self._data, self._rows = data, rows
        self._shift, self._scale = shift, scale
        is_real = data.dtype in REALS
        self.dtype = np.dtype(real if shift is not None or not is_real else data.dtype)
        self.shape = (len(data) if rows is None else len(rows), *data.shape[1:])
        self.ndim = len(self.shape)

    @classmethod
    def of(cls, X: Any) -> "LazySequences":
        """Return an array as such sequences, and such sequences as they are."""
        return X if isinstance(X, LazySequences) else cls(X)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Numbers that there are: of ragged sequences those before their ends."""
        of_step = prod(self.shape[2:])
        if not hasattr(self._data, "lengths"):
            return len(self) * prod(self.shape[1:2]) * of_step
        lengths = self._data.lengths if self._rows is None else self._data.lengths[self._rows]
        return int(lengths.sum()) * of_step

    def part(self, rows: NDArray[np.int64]) -> "LazySequences":
        """Return some of the sequences, by their indices or by a mask (B,)."""
        rows = np.arange(len(self))[rows] if self._rows is None else self._rows[rows]
        return LazySequences(self._data, rows, self._shift, self._scale, self.dtype.name)

    def reshape(self, *shape: int) -> "LazySequences":
        """Return them with other axes between the first and the last, or before they are scaled."""
        data = self._data.reshape(len(self._data), *shape[1:])
        return LazySequences(data, self._rows, self._shift, self._scale, self.dtype.name)

    def scaled(self, shift: Array, scale: Array, real: str) -> "LazySequences":
        """Return them standardized, and rounded to a dtype."""
        return LazySequences(self._data, self._rows, shift, scale, real)

    def __getitem__(self, key: Any) -> Array:
        """Return the numbers of some sequences (n, ...), at all steps or at a slice of them."""
        rows, steps = key if isinstance(key, tuple) else (key, slice(None))
        if isinstance(rows, int | np.integer):  # a single one
            return self[rows : rows + 1, steps][0]
        chosen = rows if self._rows is None else self._rows[rows]
        found = self._data[chosen, steps]
        if self._shift is None or self._scale is None:
            return np.asarray(found, self.dtype)
        # A few at a time, since they pass through float64.
        result = np.empty(found.shape, self.dtype)
        for some in blocks(found.shape):
            shift, scale = (
                a[steps][some[1]] if a.ndim == 2 else a for a in (self._shift, self._scale)
            )
            result[some] = (np.asarray(found[some], np.float64) - shift) / scale
        return result

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)


def part_of(X: Any, rows: NDArray[np.int64]) -> Any:
    """Return some of the sequences of an array, as a copy, or of :class:`LazySequences`."""
    return X.part(rows) if isinstance(X, LazySequences) else X[rows]


def blocks(
    shape: tuple[int, ...], lengths: NDArray[np.int64] | None = None, size: int = BLOCK
) -> Iterator[tuple[slice, slice]]:
    """Yield rows and steps of blocks of an array (B, T, ...), which hold about `size` numbers.

    They are whole sequences, or steps of a single one where that is longer. With lengths (B,) they
    end with the longest of their rows.
    """
    B, T = shape[:2] if len(shape) > 1 else (shape[0], 1)
    at_once, first = max(1, size // max(1, prod(shape[2:]))), 0
    while first < B:
        longest = T if lengths is None else int(lengths[first])
        n_rows = min(B - first, max(1, at_once // max(1, longest)))
        if lengths is not None:  # as many as fit with the longest of them
            most = np.maximum.accumulate(lengths[first : first + n_rows])
            fitting = most * np.arange(1, n_rows + 1) <= at_once
            n_rows = max(1, int(fitting.sum()))
            longest = int(most[n_rows - 1])
        n_steps = max(1, min(at_once, longest))
        for begin in range(0, longest, n_steps):
            yield slice(first, first + n_rows), slice(begin, min(begin + n_steps, longest))
        first += n_rows


def all_finite(X: Array) -> bool:
    """Return whether all numbers of an array are finite, without one of booleans of its size."""
    if X.ndim < 2 or X.flags.c_contiguous:
        X = X.reshape(1, -1)
    return all(np.isfinite(X[some]).all() for some in blocks(X.shape))
