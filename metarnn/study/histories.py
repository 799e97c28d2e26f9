"""Histories as they are stored: every improvement, the asks with one, and the last ask."""

import zlib
from functools import cached_property

import numpy as np

from metarnn.optimizers import History

Row = tuple[float, float, float, float]


def packed(history: History) -> bytes:
    """Return a history as compressed bytes.

    Improvements are kept to the bit, so that ``reached`` and ``best_after`` return the same;
    of the asks, those that lowered the best loss, and the last.
    """
    improvements = history.improvements
    best = history.best
    rows = np.column_stack([history.passes, history.seconds, history.losses, best])
    if len(rows):
        lower = np.append(np.inf, best[:-1]) > best
        lower[-1] = True
        rows = rows[lower]
    numbers = np.concatenate([[len(improvements)], improvements.ravel(), rows.ravel()])
    # Byte by byte, the exponents of neighbors are alike.
    planes = numbers.astype("<f8").view(np.uint8).reshape(-1, 8).T
    return zlib.compress(np.ascontiguousarray(planes).tobytes())


class StoredHistory(History):
    """A history from the bytes of :func:`packed`, which are decompressed when first needed.

    It holds the asks that lowered the best loss, and the last one: ``passes, seconds, losses,
    best`` are shorter than in the original and describe the same curve.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def _numbers(self) -> tuple[list[tuple[float, float, float]], list[Row]]:
        planes = np.frombuffer(zlib.decompress(self._data), np.uint8).reshape(8, -1)
        numbers = np.ascontiguousarray(planes.T).view("<f8").ravel()
        end = 1 + 3 * int(numbers[0])
        improvements = numbers[1:end].reshape(-1, 3).tolist()
        rows = numbers[end:].reshape(-1, 4).tolist()
        return [tuple(row) for row in improvements], [tuple(row) for row in rows]

    @property
    def _improvements(self) -> list[tuple[float, float, float]]:  # type: ignore[override]
        return self._numbers[0]

    @property
    def _rows(self) -> list[Row]:  # type: ignore[override]
        return self._numbers[1]
