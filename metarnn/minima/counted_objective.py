"""Losses and gradients of an objective in float64, counted in passes."""

from collections.abc import Generator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from metarnn.optimizers import Ask, Meter, Objective, Order, Space, Stopped, Told
from metarnn.optimizers.meter import supports, unsupported_reason

from .hessian import Floats

Result = TypeVar("Result")

#: The budget without a limit.
UNLIMITED = 1e18


class CountedObjective:
    """Counts the losses and gradients of an objective that is exact enough to certify minima.

    It refuses one without gradients or without a space for random weights, and float32.
    """

    def __init__(
        self, objective: Objective, space: Space | None = None, budget: float = UNLIMITED
    ) -> None:
        if not supports(objective, Order.GRADIENT):
            reason = unsupported_reason(objective, Order.GRADIENT) or "the objective has none"
            raise ValueError(f"Minima are found and certified by gradients, and {reason}.")
        network = getattr(objective, "network", None)
        if getattr(network, "dtype", "float64") != "float64":
            raise ValueError(
                f"Minima are certified in float64, got a network in {network.dtype}: "  # type: ignore[union-attr]
                'build it with dtype="float64".'
            )
        self.network = network
        self.space = space_of(objective, space)
        self.meter = Meter(objective, self.space.dim, budget)

    @property
    def passes(self) -> float:
        """Passes spent so far."""
        return self.meter.passes

    @cached_property
    def unit(self) -> float:
        """The typical size of a loss: the median over random points of the space."""
        sizes = np.abs(self.losses(self.space.sample(50, np.random.default_rng(0))))
        median = float(np.median(sizes))
        return median if 0 < median < np.inf else 1.0

    def losses(self, points: Floats) -> Floats:
        """Return the losses (n,) of points (n, D), ``inf`` where they are not finite."""
        with np.errstate(over="ignore"):
            return self._told(Ask(points)).losses

    def gradient(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the losses (n,) and gradients (n, D) of points (n, D)."""
        with np.errstate(over="ignore"):
            told = self._told(Ask(points, Order.GRADIENT))
        return told.losses, told.gradients

    def answers(self, search: Generator[Ask, Told, Result]) -> Result:
        """Answer a search until it returns."""
        ask = next(search)
        while True:
            with np.errstate(over="ignore"):
                told = self._told(ask)
            try:
                ask = search.send(told)
            except StopIteration as end:
                return end.value

    def _told(self, ask: Ask) -> Told:
        """Answer a request; at the lowest loss that there can be, too, where a search would end."""
        try:
            return self.meter.answer(ask)
        except Stopped as stopped:
            if stopped.reason != "floor" or stopped.told is None:
                raise
            return stopped.told

    def point(self, given: Any) -> Floats:
        """Check and return a point (D,), or the point of a certificate."""
        point = np.array(getattr(given, "point", given), dtype=float)
        if point.shape != (self.space.dim,):
            raise ValueError(f"A point must have shape ({self.space.dim},), got {point.shape}.")
        if not np.isfinite(point).all():
            raise ValueError("A point must be finite, got NaN or infinity.")
        return point


def space_of(objective: Objective, space: Space | None) -> Space:
    """Return the space if given, else that of the objective; raise a ValueError without either."""
    found = space if space is not None else getattr(objective, "space", None)
    if not isinstance(found, Space):
        raise ValueError(
            "The objective has no space of its own, so one must be given, "
            "for example space=Space.normal(10)."
        )
    return found


def check_integers(least: int, **numbers: Any) -> None:
    """Raise a ValueError unless all are integers of at least `least`."""
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer) or isinstance(number, bool) or number < least:
            raise ValueError(f"{name} must be an integer of at least {least}, got {number!r}.")


def seeds_of(seeds: int | Sequence[int]) -> list[int]:
    """Return the seeds of runs, of which a number is how many."""
    if isinstance(seeds, int | np.integer) and seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds!r}.")
    numbers = range(int(seeds)) if isinstance(seeds, int | np.integer) else seeds
    if not len(numbers):
        raise ValueError("seeds must name one seed at least, got none.")
    return [int(seed) for seed in numbers]
