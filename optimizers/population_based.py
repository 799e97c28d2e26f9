"""The base of population methods: generations, a hook between them, new runs, the last one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import ClassVar, Self

import numpy as np

from .descent import Descent
from .optimizer import Array, Ask, Optimizer, Search, Told
from .space import Space

#: Numbers of a population that are drawn or moved at a time.
AT_ONCE = 2**17

#: between(points, losses) may request points, and change points (n, D) and losses (n,) in place.
Between = Callable[[Array, Array], Search]


def lowest(losses: Array) -> float:
    """Return the lowest loss: argmin is faster than min, which a small population notices."""
    return float(losses[losses.argmin()])


def nothing(points: Array, losses: Array) -> Search:
    """Do nothing between generations."""
    yield from ()


@dataclass
class Population(Optimizer):
    """Base of the population methods; a method defines ``evolve`` only.

    One with a setting `patience` begins again when so many generations have not helped.
    """

    kind = "a population method"
    #: Whether the arrays that `between` receives always hold points with their losses, also while
    #: later points are evaluated: then nobody needs a copy of the last population.
    losses_in_step: ClassVar[bool] = False

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield from self.evolve(space, rng, nothing)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        """Search like :meth:`Optimizer.search`, with a hook between generations.

        After the first losses and after each generation, ``yield from between(points, losses)``
        passes on the arrays from which the next generation is made. The hook may replace points
        and their losses, or losses alone: :class:`~metarnn.optimizers.Memetic` takes gradient
        steps, :class:`~metarnn.optimizers.Islands` brings migrants.
        """
        raise TypeError(f"{type(self).__name__} does not define evolve(space, rng, between).")

    def once(self) -> Self:
        """Return a copy that does not begin again, for what begins it again itself."""
        duplicate = self.copy()
        return duplicate.set_params(patience=None) if hasattr(self, "patience") else duplicate


class _StallError(Exception):
    """Ends a run between two generations."""


def run_again(
    evolve: Callable[[Space, np.random.Generator, Between], Search],
    patience: int | None,
    tol: float,
    space: Space,
    rng: np.random.Generator,
    between: Between,
) -> Search:
    """Evolve, and once more from new points whenever a run stalls.

    A run stalls when `patience` generations have improved its best loss by no more than the
    fraction `tol`; without a patience there is one run. The first points given are for the first
    run.
    """
    while True:
        mark, waited = inf, 0

        def watch(points: Array, losses: Array) -> Search:
            nonlocal mark, waited
            yield from between(points, losses)
            best = lowest(losses)
            if best < mark - (tol * abs(mark) if mark < inf else 0.0):
                mark, waited = best, 0
            else:
                waited += 1
            if patience is not None and waited >= patience:
                raise _StallError

        try:
            yield from evolve(space, rng, watch)
            return
        except _StallError:
            space = replace(space, start=None)


def some_rows(n: int, dim: int) -> Iterator[slice]:
    """Yield ranges of n rows that hold few numbers, an even number of rows but in the last."""
    at_once = max(2, AT_ONCE // max(1, dim) // 2 * 2)
    for first in range(0, n, at_once):
        yield slice(first, min(first + at_once, n))


class FinalPopulation:
    """Watches a search and keeps its last population.

    For a :class:`~metarnn.optimizers.Population` this is the population from which the next
    generation would be made; where runs begin again when they stall, that of the best run, for a
    new one is worse at first. For a gradient method it is the best point of each start. For any
    other optimizer it is the points of the last request. Only requests count that were answered
    in full and on all data. Before the first generation `points` (n, D) and `losses` (n,) are
    None.
    """

    def __init__(self) -> None:
        self.points: Array | None = None
        self.losses: Array | None = None
        self._by_asks = True
        self._by_starts = False
        self._of_best_run = False
        self._copies = True
        self._lowest = inf
        self._not_run = 0  # hooks that were called, and no yield from ran them

    def watch(self, optimizer: Optimizer, space: Space, rng: np.random.Generator) -> Search:
        """Return the optimizer's search, watched."""
        if isinstance(optimizer, Population) and type(optimizer).search is Population.search:
            self._by_asks = False
            self._of_best_run = getattr(optimizer, "patience", None) is not None
            self._copies = self._of_best_run or not optimizer.losses_in_step
            return optimizer.evolve(space, rng, self._hook)
        self._by_starts = isinstance(optimizer, Descent)
        return optimizer.search(space, rng)

    def answered(self, ask: Ask, told: Told) -> None:
        """Take note of a request and its answer."""
        if self._not_run:
            raise TypeError(
                "between(points, losses) does nothing by itself: write yield from between(points, "
                "losses)."
            )
        if not self._by_asks or ask.mini_batch is not None:
            return
        if self._by_starts and self.points is not None and self.losses is not None:
            lower = told.losses < self.losses
            if lower.all():
                self._keep(ask.points, told.losses)
            elif lower.any():
                self.points[lower], self.losses[lower] = ask.points[lower], told.losses[lower]
        else:
            self._keep(ask.points, told.losses)

    def _hook(self, points: Array, losses: Array) -> Search:
        self._not_run += 1
        return self._note(points, losses)

    def _note(self, points: Array, losses: Array) -> Search:
        self._not_run -= 1
        best = lowest(losses) if self._of_best_run else -inf
        if best <= self._lowest:
            self._lowest = best
            self._keep(points, losses)
        yield from ()

    def _keep(self, points: Array, losses: Array) -> None:
        if not self._copies:
            self.points, self.losses = points, losses
        elif self.points is None or self.points.shape != np.shape(points):
            self.points, self.losses = np.array(points), np.array(losses)
        else:  # in place, since this happens in every generation
            np.copyto(self.points, points)
            np.copyto(self.losses, losses)  # type: ignore[arg-type]
