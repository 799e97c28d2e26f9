"""Search spaces: dimension, initial points, natural step, bounds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.memory import check_memory
from metarnn.validation import as_numbers, check_finite, check_integer, check_number

Array = NDArray[np.float64]

#: What the axis of a point is called.
COORDINATES = ("coordinates",)
Sampler = Callable[[int, np.random.Generator], Array]


@dataclass(frozen=True)
class Space:
    """A search space of real vectors.

    Parameters
    ----------
    dim : int
        D, the length of a point.
    sampler : callable
        ``sampler(n, rng) -> (n, D)`` draws points row by row, so that the first rows of a larger
        draw equal a smaller draw: optimizers with the same seed then start from the same points.
    scale : (D,) array
        The natural step of each coordinate, the standard deviation of the sampler.
    bounds : (lower, upper) pair of (D,) arrays, optional
        A box that contains every requested point.
    start : (m, D) array, optional
        The first points of :meth:`initial`.
    groups : tuple of int arrays, optional
        Coordinates that belong together, each in one group, such as the weights of a unit.
    """

    dim: int
    sampler: Sampler
    scale: Array
    bounds: tuple[Array, Array] | None = None
    start: Array | None = None
    groups: tuple[NDArray[np.int64], ...] | None = None

    @classmethod
    def box(cls, lower: ArrayLike, upper: ArrayLike, dim: int | None = None) -> Self:
        """Return a box with uniform samples.

        Parameters
        ----------
        lower, upper : float or (D,) array
            The corners.
        dim : int, optional
            D, needed if both corners are numbers.

        Raises
        ------
        ValueError
            Corners that are not finite, not in order or not of the same length.
        """
        corners = (as_numbers("lower", lower, COORDINATES), as_numbers("upper", upper, COORDINATES))
        low, high = (corner.astype(float) for corner in corners)
        if dim is None and low.ndim == high.ndim == 0:
            raise ValueError(
                "A box between two numbers needs its dimension: Space.box(-5, 5, dim=10)."
            )
        size = dim if dim is not None else max(low.size, high.size)
        size = check_integer("dim", size)
        check_memory(f"A space of dim={size}", 3 * 8 * size, "choose a smaller one")
        try:
            low, high = (np.array(np.broadcast_to(corner, (size,))) for corner in (low, high))
        except ValueError:
            raise ValueError(
                f"The corners of a box must be numbers or vectors of one length, got shapes "
                f"{np.shape(lower)} and {np.shape(upper)} for dimension {size}."
            ) from None
        if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high)) and np.all(low < high)):
            raise ValueError("A box needs finite corners with lower < upper in each coordinate.")
        check_finite("upper - lower", high - low, COORDINATES)
        scale = (high - low) / np.sqrt(12)
        return cls(size, partial(_sample_box, low, high), scale, (low, high))

    @classmethod
    def normal(cls, dim: int, scale: float = 1.0) -> Self:
        """Return an unbounded space, sampled from normals with standard deviation `scale`."""
        dim, scale = check_integer("dim", dim), check_number("scale", scale, above=0.0)
        check_memory(f"A space of dim={dim}", 3 * 8 * dim, "choose a smaller one")
        scales = np.full(dim, float(scale))
        return cls(dim, partial(_sample_normal, scales), scales)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n new points, (n, D)."""
        return self.sampler(n, rng)

    def initial(self, n: int, rng: np.random.Generator) -> Array:
        """Return the first n points of a search: those of `start`, then new ones."""
        points = self.sample(n, rng)
        if self.start is not None:
            given = self.start[:n]
            points[: len(given)] = given
        return points

    def starting_at(self, points: ArrayLike) -> "Space":
        """Return this space with initial points, (D,) or (m, D).

        Raises
        ------
        ValueError
            Points of another length, not finite or out of bounds.
        """
        start = np.array(as_numbers("x0", points, ("points", *COORDINATES)), float, ndmin=2)
        if start.ndim != 2 or start.shape[1] != self.dim:
            raise ValueError(
                f"Starting points (x0) must have shape ({self.dim},) or (m, {self.dim}), "
                f"got {np.shape(points)}."
            )
        check_finite("Starting points (x0)", start, ("points", *COORDINATES))
        if not np.array_equal(self.repair(start), start):
            raise ValueError("Starting points (x0) must lie within the bounds of the space.")
        return replace(self, start=start)

    def repair(self, points: Array) -> Array:
        """Return the points, clipped to the bounds."""
        if self.bounds is None:
            return points
        # The same as np.clip, in half the time.
        lower, upper = self.bounds
        inside = np.maximum(points, lower)
        return np.minimum(inside, upper, out=inside)


def _sample_box(low: Array, high: Array, n: int, rng: np.random.Generator) -> Array:
    return rng.uniform(low, high, size=(n, low.size))


def _sample_normal(scale: Array, n: int, rng: np.random.Generator) -> Array:
    points = rng.standard_normal((n, scale.size))
    points *= scale
    return points
