"""Vectors that are given, as a setting of a layer."""

from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike

#: A start from given vectors scatters by this share of their own spread: enough for a population
#: of candidates to differ, and little enough for neighbours to stay neighbours.
SCATTER = 0.1


class Vectors:
    """An array that is equal to others of the same content, and may be hashed.

    Parameters
    ----------
    values : (V, E) array_like
        Finite numbers.

    Raises
    ------
    ValueError
        Another number of axes, an empty one, or what is not finite.
    """

    def __init__(self, values: ArrayLike) -> None:
        given = np.asarray(values)
        if given.dtype != np.float32:
            given = np.asarray(given, dtype=float)
        if given.ndim != 2 or 0 in given.shape:
            raise ValueError(f"vectors must have axes (tokens, numbers), got shape {given.shape}.")
        if not np.isfinite(given).all():
            raise ValueError("vectors must be finite, got NaN or infinity.")
        self.values = np.array(given, order="C")
        self.values.flags.writeable = False
        head = f"{given.dtype}{given.shape}".encode()
        self._digest = blake2b(head + self.values.tobytes(), digest_size=16).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vectors) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        return "Vectors({} x {})".format(*self.values.shape)

    @property
    def scatter(self) -> float:
        """Standard deviation with which a start around them is drawn."""
        return SCATTER * (float(self.values.std()) or 1.0)
