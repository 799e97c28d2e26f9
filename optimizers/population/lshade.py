"""L-SHADE: differential evolution with adaptive factors and a shrinking population."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space

#: N_min: current-to-pbest/1 works on four points.
SMALLEST = 4


@dataclass
class LSHADE(Population):
    """L-SHADE: differential evolution that adapts F and CR, in a shrinking population.

    Parameters
    ----------
    population_size : int
        Upper limit of N_init. The paper's 18 D suits its budgets of 10,000 passes a dimension.
        For the weights of a network it would spend most budgets on the first generations, before
        selection has an effect. With 10,000 passes in 30 and in 100 dimensions, 50 to 100
        points did best and 18 D far worse.
    per_dimension : int
        N_init is this times D, up to `population_size`.
    history_size : int
        H, the number of means of F and of CR that are kept.
    best_fraction : float
        p, the fraction of best points from which x_pbest is drawn.
    archive_rate : float
        r_arc, the size of the archive relative to the population.

    Notes
    -----
    Each point x has a trial vector: coordinates of x + F (x_pbest - x) + F (x_a - x_b) replace
    those of x with probability CR. x_pbest is one of the best points, x_a another point and x_b
    another point or one of the archive, which holds points that their trials have replaced. F
    follows a Cauchy and CR a normal distribution around means of earlier successful values,
    weighted by the improvements. An entry of the memory keeps CR = 0 for good once all successful
    values were 0. A generation costs one pass for each point.

    The population shrinks linearly from N_init to 4 as the budget is spent: broad first, greedy
    at the end. Give the budget that you mean to spend: a run of twice the budget differs from the
    start. Without a known budget the population does not shrink, which takes longer to
    converge. Coordinates out of bounds are moved halfway to the bound.

    The winner of the CEC 2014 competition, and the first choice without a gradient for up to some
    hundred coordinates. With a gradient, start :class:`~metarnn.optimizers.Rprop` several times:
    with less than some 100 passes a dimension L-SHADE does not get near a minimum, not even that
    of the sphere.

    References
    ----------
    R. Tanabe, A. S. Fukunaga: Improving the search performance of SHADE using linear population
    size reduction. CEC 2014, 1658-1665.
    J. Zhang, A. C. Sanderson: JADE: adaptive differential evolution with optional external
    archive. IEEE Transactions on Evolutionary Computation 13 (2009) 945-958.
    """

    losses_in_step = True

    population_size: int = setting(100, low=SMALLEST, size=True, tune=(20, 200), log=True)
    per_dimension: int = setting(18, low=1)
    history_size: int = setting(6, low=1, tune=(3, 20))
    best_fraction: float = setting(0.11, low=0.0, high=1.0, tune=(0.05, 0.3))
    archive_rate: float = setting(2.6, low=0.0)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .lshade_memory import Archive, SuccessMemory, without
        from .random_integers import bits_of
        from .updates import current_to_pbest_1_bin, replace_if_better

        first = max(SMALLEST, min(self.population_size, self.per_dimension * space.dim))
        unbounded = np.full(space.dim, np.inf)
        lower, upper = space.bounds or (-unbounded, unbounded)
        points = space.initial(first, rng)
        losses = (yield Ask(points)).losses
        memory = SuccessMemory(self.history_size)
        archive = Archive(round(self.archive_rate * first), space.dim)
        new = np.empty(points.shape)
        while True:
            yield from between(points, losses)
            n = len(points)
            weights, rates = memory.draw(n, rng)
            best = losses.argsort(kind="stable")[: max(2, round(self.best_fraction * n))]
            rows, trials = archive.rows[: archive.size], new[:n]
            mixture = best, weights, rates, bits_of(rng)
            current_to_pbest_1_bin(points, rows, *mixture, lower, upper, trials)
            told = yield Ask(trials)
            (better,) = (told.losses < losses).nonzero()
            if better.size:
                archive.add(points, better, rng)
                gains = losses[better] - told.losses[better]
                memory.learn(weights[better], rates[better], gains)
            replace_if_better(points, losses, trials, told.losses)
            size = round(first + (SMALLEST - first) * told.budget_fraction)
            if size < n:
                worst = losses.argsort(kind="stable")[size:]
                points, losses = without(points, worst), without(losses, worst)
                archive.shrink(round(self.archive_rate * size), rng)
