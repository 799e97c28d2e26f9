"""What L-SHADE remembers: factors that succeeded, and points that were replaced.

This module imports numba: import it where it is used.
"""

from math import inf, isnan

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array
from .random_integers import bits_of, integers
from .updates import angles_above, archive_rows, fill_places, spread_around

#: Scale of the Cauchy distribution of F, and deviation of the normal distribution of CR.
SPREAD = 0.1


def without(rows: Array, gone: NDArray[np.int64]) -> Array:
    """Return the rows without some of them; the last rows move into the free places."""
    fill_places(rows, gone)
    return rows[: len(rows) - len(gone)]


class SuccessMemory:
    """The means of successful F and CR, in rings of H entries."""

    def __init__(self, size: int) -> None:
        self.weights, self.rates = np.full(size, 0.5), np.full(size, 0.5)
        self.oldest = 0

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw F and CR, (n,) each, around means of entries drawn at random."""
        entries = integers(len(self.weights), n, rng)
        # A Cauchy number is the tangent of a uniform angle. Only angles with positive F are drawn,
        # so that none has to be drawn again.
        lowest = np.arctan(-self.weights / SPREAD)
        weights, rates, angles = np.empty((3, n))
        angles_above(lowest, entries, rng.random(n), angles)
        around = self.weights, self.rates, entries, SPREAD
        spread_around(*around, np.tan(angles), rng.standard_normal(n), weights, rates)
        return weights, rates

    def learn(self, weights: Array, rates: Array, gains: Array) -> None:
        """Replace the oldest means by those of successful F and CR, weighted by their gains."""
        largest = gains[gains.argmax()]
        if largest == inf:  # a gain on an infinite loss counts as the largest finite one
            largest = max(gains[gains < inf], default=1.0)
            gains = np.minimum(gains, largest)
        # The method dot takes a third of the time of @ for so few numbers.
        weighted = (gains / largest).dot
        self.weights[self.oldest] = weighted(weights**2) / weighted(weights)
        total = weighted(rates)
        # NaN is the terminal value, which is never replaced.
        if total > 0 and not isnan(self.rates[self.oldest]):
            self.rates[self.oldest] = weighted(rates**2) / total
        else:
            self.rates[self.oldest] = np.nan
        self.oldest = (self.oldest + 1) % len(self.weights)


class Archive:
    """Points that their trials have replaced; when it is full, new points replace random ones."""

    def __init__(self, capacity: int, dim: int) -> None:
        self.rows, self.size, self.capacity = np.empty((capacity, dim)), 0, capacity

    def add(self, points: Array, chosen: NDArray[np.int64], rng: np.random.Generator) -> None:
        """Add the points that are chosen, by their indices."""
        if self.capacity:
            archive_rows(points, chosen, bits_of(rng), self.capacity, self.size, self.rows)
            self.size = min(self.size + len(chosen), self.capacity)

    def shrink(self, capacity: int, rng: np.random.Generator) -> None:
        """Set a smaller capacity, and drop random points beyond it."""
        self.capacity = capacity
        if self.size > capacity:
            gone = rng.choice(self.size, self.size - capacity, replace=False)
            without(self.rows[: self.size], gone)
            self.size = capacity
