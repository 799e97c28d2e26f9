"""L-SHADE: differential evolution that learns its factors, in a population that shrinks."""

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array, Ask, Search, setting
from ..population_based import Between, Population, replace_if_better
from ..space import Space
from .differential_evolution import crossing, numbers_of_others

#: N_min: current-to-pbest/1 works on four points.
SMALLEST = 4
#: Scale of the Cauchy distribution of F, and deviation of the normal distribution of CR.
SPREAD = 0.1


@dataclass
class LSHADE(Population):
    """L-SHADE: differential evolution that learns F and CR, and shrinks.

    Parameters
    ----------
    population_size : int
        N_init at most. The paper's 18 D suits its budgets of 10,000 passes a dimension; with the
        weights of a network it would spend most budgets on the first generations, before
        selection has told anything. With 10,000 passes in 30 and in 100 dimensions, 50 to 100
        points did best and 18 D far worse.
    per_dimension : int
        N_init is this times D, where `population_size` is no less.
    history_size : int
        H, the number of remembered means of F and of CR.
    best_fraction : float
        p, the share of the best points of which one is approached.
    archive_rate : float
        r_arc, the archive's size in units of the population's.

    Notes
    -----
    Each point x has a rival of its own, x + F (x_pbest - x) + F (x_a - x_b), by which CR of its
    coordinates are replaced: x_pbest is one of the best, x_a another point and x_b another point
    or one of the archive, which holds points that their rivals have replaced. F is drawn from a
    Cauchy and CR from a normal distribution, around means of those that were successful before,
    weighted by how much they gained. Once success was with CR = 0 alone, that entry of the memory
    keeps 0 for good. One pass for each point and generation.

    The population falls evenly from N_init to 4 while the budget is spent: broad first, greedy
    in the end. So give the budget that you mean to spend: a run of twice the budget is another
    one from the start. Where no budget is known the population stays as it is, which takes
    longer to converge. Coordinates past a bound go half the way to it.

    The winner of the CEC 2014 competition, and the one to take where losses are all that can be
    had and points have up to some hundred coordinates. Where there is a gradient, start
    :class:`~metarnn.optimizers.Rprop` several times: with less than some 100 passes a dimension
    L-SHADE does not get near a minimum, not even the sphere's.

    References
    ----------
    R. Tanabe, A. S. Fukunaga: Improving the search performance of SHADE using linear population
    size reduction. CEC 2014, 1658-1665.
    J. Zhang, A. C. Sanderson: JADE: adaptive differential evolution with optional external
    archive. IEEE Transactions on Evolutionary Computation 13 (2009) 945-958.
    """

    population_size: int = setting(100, low=SMALLEST)
    per_dimension: int = setting(18, low=1)
    history_size: int = setting(6, low=1)
    best_fraction: float = setting(0.11, low=0.0, high=1.0)
    archive_rate: float = setting(2.6, low=0.0)

    size_param: ClassVar[str | None] = "population_size"

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .updates import current_to_pbest_1_bin

        first = max(SMALLEST, min(self.population_size, self.per_dimension * space.dim))
        unbounded = np.full(space.dim, np.inf)
        lower, upper = space.bounds or (-unbounded, unbounded)
        points = space.initial(first, rng)
        losses = (yield Ask(points)).losses
        memory = _Memory(self.history_size)
        archive = _Archive(round(self.archive_rate * first), space.dim)
        new = np.empty(points.shape)
        while True:
            yield from between(points, losses)
            n = len(points)
            weights, rates = memory.draw(n, rng)
            ranked = np.argsort(losses, kind="stable")
            best = ranked[rng.integers(max(2, round(self.best_fraction * n)), size=n)]
            others = numbers_of_others(n, (n, n + archive.size), rng)
            chances, trials = crossing(points.shape, rng), new[:n]
            current_to_pbest_1_bin(
                *(points, archive.rows, best, others, weights, chances, rates),
                *(lower, upper, trials),
            )
            told = yield Ask(trials)
            better = told.losses < losses
            if better.any():
                archive.add(points[better], rng)
                gains = losses[better] - told.losses[better]
                memory.learn(weights[better], rates[better], gains)
            replace_if_better(points, losses, trials, told.losses)
            size = round(first + (SMALLEST - first) * told.budget_fraction)
            if size < n:
                worst = np.argsort(losses, kind="stable")[size:]
                points, losses = without(points, worst), without(losses, worst)
                archive.shrink(round(self.archive_rate * size), rng)


def without(rows: Array, gone: NDArray[np.int64]) -> Array:
    """Return rows without those numbered; the last ones move into the places in between."""
    size = len(rows) - len(gone)
    last = np.setdiff1d(np.arange(size, len(rows)), gone)
    rows[gone[gone < size]] = rows[last]
    return rows[:size]


class _Memory:
    """The means of the F and of the CR that were successful, in rings of H entries."""

    def __init__(self, size: int) -> None:
        self.weights, self.rates = np.full(size, 0.5), np.full(size, 0.5)
        self.oldest = 0

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw F and CR, (n,) each, around means of entries drawn at random."""
        entries = rng.integers(len(self.weights), size=n)
        # A Cauchy number is the tangent of an even angle. Of the angles that make F positive,
        # so none has to be drawn again.
        mean = self.weights[entries]
        lowest = np.arctan(-mean / SPREAD)
        angles = pi / 2 - (pi / 2 - lowest) * rng.random(n)
        weights = np.minimum(mean + SPREAD * np.tan(angles), 1.0)
        rates = np.clip(rng.normal(self.rates[entries], SPREAD), 0.0, 1.0)
        return weights, np.nan_to_num(rates)

    def learn(self, weights: Array, rates: Array, gains: Array) -> None:
        """Replace the oldest means by those of successful F and CR, weighted by their gains."""
        # A gain on an infinite loss counts as the largest other one.
        finite = gains[np.isfinite(gains)]
        shares = np.minimum(gains, finite.max()) if len(finite) else np.ones(len(gains))
        shares /= shares.max()
        self.weights[self.oldest] = shares @ weights**2 / (shares @ weights)
        total = shares @ rates
        # The terminal value is NaN, which nothing replaces.
        if total > 0 and not np.isnan(self.rates[self.oldest]):
            self.rates[self.oldest] = shares @ rates**2 / total
        else:
            self.rates[self.oldest] = np.nan
        self.oldest = (self.oldest + 1) % len(self.weights)


class _Archive:
    """Points that their rivals have replaced; where it is full, new ones replace random ones."""

    def __init__(self, capacity: int, dim: int) -> None:
        self.rows, self.size, self.capacity = np.empty((capacity, dim)), 0, capacity

    def add(self, points: Array, rng: np.random.Generator) -> None:
        """Add points, one after the other."""
        if self.capacity:
            n = min(len(points), self.capacity - self.size)
            appended = np.arange(self.size, self.size + n)
            replaced = rng.integers(self.capacity, size=len(points) - n)
            # Where a place is drawn twice, the later point stays.
            self.rows[np.append(appended, replaced)] = points
            self.size += n

    def shrink(self, capacity: int, rng: np.random.Generator) -> None:
        """Set a smaller capacity, and forget random points that are too many for it."""
        self.capacity = capacity
        if self.size > capacity:
            gone = rng.choice(self.size, self.size - capacity, replace=False)
            without(self.rows[: self.size], gone)
            self.size = capacity
