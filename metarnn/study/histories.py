"""Histories as they are stored: every improvement, the asks with one, and the last ask."""

import zlib
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.optimizers import History

Row = tuple[float, float, float, float]
#: Improvements (m, 3) and asks (n, 4).
Numbers = tuple[NDArray[Any], NDArray[Any]]

#: The most points of a history that is read: 560 MB of numbers.
MOST_POINTS = 10**7


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


def numbers_of(data: bytes, n_points: int = MOST_POINTS) -> Numbers:
    """Return the improvements (m, 3) and the asks (n, 4) in the bytes of :func:`packed`.

    Parameters
    ----------
    data : bytes
        Compressed, to at most what `n_points` take.
    n_points : int
        The points that the run has computed: each can be an improvement, and lower the best loss.

    Raises
    ------
    ValueError
        It is no history, or one of more points, of which nothing more is decompressed.
    """
    content, _ = _unpacked(data, n_points)
    if not content or len(content) % 8:
        raise ValueError("its history is no history")
    planes = np.frombuffer(content, np.uint8).reshape(8, -1)
    numbers = np.ascontiguousarray(planes.T).view("<f8").ravel()
    end = 1 + 3 * numbers[0]
    if not 1 <= end <= len(numbers) or end % 1 or (len(numbers) - end) % 4:
        raise ValueError("its history is no history")
    return numbers[1 : int(end)].reshape(-1, 3), numbers[int(end) :].reshape(-1, 4)


def with_checksum(data: bytes, weights: bytes) -> bytes:
    """Return the bytes of a history followed by a checksum of the weights that are stored with it.

    The history has one of its own, by zlib. Versions that know nothing of this one skip it.
    """
    return data + zlib.crc32(weights).to_bytes(4, "little")


def check_weights(data: bytes, n_points: int, weights: bytes) -> None:
    """Raise a ValueError if weights are not those of a checksum, or no numbers."""
    _, checksum = _unpacked(data, n_points)
    if (
        not isinstance(weights, bytes)
        or len(weights) % 8
        or (checksum and with_checksum(b"", weights) != checksum)
    ):
        raise ValueError("its weights are damaged")


def _unpacked(data: bytes, n_points: int) -> tuple[bytes, bytes]:
    """Return the content of compressed bytes, at most that of so many points, and what follows."""
    most = 8 * (1 + 3 * n_points + 4 * (n_points + 1))
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise ValueError("its history is damaged") from None
    if len(content) > most:
        raise ValueError(f"its history is longer than that of {n_points} points")
    if not unpacker.eof or len(unpacker.unused_data) not in (0, 4):
        raise ValueError("its history is cut off")
    return content, unpacker.unused_data


class StoredHistory(History):
    """A history from the bytes of :func:`packed`, which are decompressed when first needed.

    It holds the asks that lowered the best loss, and the last one: ``passes, seconds, losses,
    best`` are shorter than in the original and describe the same curve.
    """

    def __init__(self, data: bytes, n_points: int = MOST_POINTS) -> None:
        self._data, self._n_points = data, n_points

    def numbers(self) -> Numbers:
        """Return the improvements and the asks; see :func:`numbers_of`."""
        return numbers_of(self._data, self._n_points)

    @cached_property
    def _numbers(self) -> tuple[list[tuple[float, float, float]], list[Row]]:
        improvements, rows = self.numbers()
        return [tuple(row) for row in improvements.tolist()], [tuple(row) for row in rows.tolist()]

    @property
    def _improvements(self) -> list[tuple[float, float, float]]:  # type: ignore[override]
        return self._numbers[0]

    @property
    def _rows(self) -> list[Row]:  # type: ignore[override]
        return self._numbers[1]
