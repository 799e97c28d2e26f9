"""Differential evolution: mutants along differences between points of the population."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class DifferentialEvolution(Population):
    """Differential evolution, DE/rand/1/bin.

    Parameters
    ----------
    population_size : int
        NP.
    differential_weight : float
        F, the factor of a difference. The authors' range is 0 to 2, and 0.5 their first choice,
        with which a population as small as the default's stops too early in ten dimensions.
    crossover_rate : float
        CR, the probability that a coordinate comes from the mutant: high where coordinates depend
        on each other, as weights of a network do, low where they are separable.

    Notes
    -----
    Each point x_i has a trial vector, made of three other random points, all different: each
    coordinate comes from the mutant x_a + F (x_b - x_c) with probability CR, and at least one
    does. A trial that is no worse replaces x_i. A generation costs one pass for each point.
    Points out of bounds are clipped.

    All trials of a generation are evaluated in one batch. Programs in which each accepted trial
    takes part immediately, as SciPy's by default, need some 15 % fewer passes on the sphere, one
    point at a time.

    The differences have the size and the directions of the population's spread, so that steps adapt
    by themselves. They adapt slowly, since all progress is by selection; and a population that has
    converged too early, such as a small one with a small F, moves no more. Use
    :class:`~metarnn.optimizers.LSHADE`, which adapts F and CR, unless you need the plain algorithm
    for comparison; in hundreds of dimensions neither gets near what a gradient achieves.

    References
    ----------
    R. Storn, K. Price: Differential evolution - a simple and efficient heuristic for global
    optimization over continuous spaces. Journal of Global Optimization 11 (1997) 341-359.
    """

    losses_in_step = True

    population_size: int = setting(30, low=4, size=True, tune=(10, 100), log=True)
    differential_weight: float = setting(0.6, low=0.0, high=2.0, tune=(0.3, 1.0))
    crossover_rate: float = setting(0.9, low=0.0, high=1.0, tune=(0.1, 1.0))

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_integers import bits_of
        from .updates import rand_1_bin, replace_if_better

        n = self.population_size
        weight, rate = float(self.differential_weight), float(self.crossover_rate)
        points = space.initial(n, rng)
        losses = (yield Ask(points)).losses
        new = np.empty(points.shape)
        while True:
            yield from between(points, losses)
            rand_1_bin(points, weight, rate, bits_of(rng), new)
            trials = space.repair(new)
            replace_if_better(points, losses, trials, (yield Ask(trials)).losses)
