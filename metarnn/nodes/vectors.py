"""Given vectors, in a form that settings can hold: compared and hashed by content."""

from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike

from metarnn.validation import as_numbers

#: Initial values scatter around given vectors by this fraction of the vectors' own spread: enough
#: for a population of candidates to differ, little enough for neighbors to stay neighbors.
SCATTER = 0.1


class Vectors:
    """An array that equals others of the same content and has a hash.

    Parameters
    ----------
    values : (V, E) array_like
        Finite numbers.

    Raises
    ------
    ValueError
        Another number of axes, an empty array, or NaN or infinity.
    """

    def __init__(self, values: ArrayLike) -> None:
        given = as_numbers("vectors", values)
        if given.dtype != np.float32:
            given = given.astype(float)
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

    def __deepcopy__(self, memo: dict[int, object]) -> "Vectors":
        return self  # nothing changes it, and word vectors are large

    def __repr__(self) -> str:
        return "Vectors({} x {})".format(*self.values.shape)

    @property
    def scatter(self) -> float:
        """Standard deviation of initial values around the vectors."""
        return SCATTER * (float(self.values.std()) or 1.0)
