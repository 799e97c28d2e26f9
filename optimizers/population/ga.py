"""A real-coded genetic algorithm on DEAP's Toolbox."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class GA(Population):
    """Real-coded genetic algorithm with elites.

    Parameters
    ----------
    population_size : int
        Individuals.
    n_elites : int
        Number of best individuals that pass to the next generation unchanged, without another
        evaluation.
    tournament_size : int
        Candidates of a tournament in the default selection.
    crossover_rate : float
        Probability that a pair mates.
    mutation_rate : float
        Probability that the default mutation changes a gene.
    mutation_scale : float
        Standard deviation of the change of a gene, in units of the space's scale.
    toolbox : deap.base.Toolbox, optional
        Operators that replace the defaults, under the names select, mate and mutate.

    Notes
    -----
    A generation: select parents, mate, mutate, evaluate the children, keep the elites. By
    default parents win tournaments, mate by BLX-0.5 and mutate by normal noise.

    Any DEAP operator can be registered: ``toolbox.register("mate", tools.cxTwoPoint)``, and
    likewise select (``operator(individuals, k)``) and mutate (``operator(individual)``).
    They draw from the global random generators, which are seeded from the run's generator and
    restored around each call. They work individual by individual, so that a generation takes
    milliseconds, where the default operators take microseconds.

    The size of the mutation is constant, so that the method converges slowly to the last digits:
    with a gradient, refine (:class:`~metarnn.optimizers.HybridGA`).

    References
    ----------
    L. J. Eshelman, J. D. Schaffer: Real-coded genetic algorithms and interval-schemata. FOGA
    1993, 187-202 (BLX-alpha).
    F.-A. Fortin and others: DEAP: evolutionary algorithms made easy. Journal of Machine
    Learning Research 13 (2012) 2171-2175.
    """

    losses_in_step = True

    population_size: int = setting(50, low=4, size=True, tune=(10, 150), log=True)
    n_elites: int = setting(2, low=0)
    tournament_size: int = setting(3, low=1, tune=(2, 7))
    crossover_rate: float = setting(0.9, low=0.0, high=1.0, tune=(0.3, 1.0))
    mutation_rate: float = setting(0.1, low=0.0, high=1.0, tune=(0.01, 0.5), log=True)
    mutation_scale: float = setting(0.5, low=0.0, tune=(0.03, 1.0), log=True)
    toolbox: Any = None

    def check(self) -> None:
        super().check()
        if self.n_elites >= self.population_size:
            raise ValueError(
                f"{type(self).__name__}: n_elites must be below population_size = "
                f"{self.population_size}, got {self.n_elites}."
            )
        toolbox = self.toolbox
        if isinstance(toolbox, type) or not (toolbox is None or hasattr(toolbox, "register")):
            raise TypeError(
                f"{type(self).__name__}: toolbox must be a deap.base.Toolbox, got {self.toolbox!r}."
            )

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        tools = self._operators(space)
        population = space.initial(self.population_size, rng)
        losses = (yield Ask(population)).losses
        n_children = self.population_size - self.n_elites
        while True:
            yield from between(population, losses)
            parents = tools.select(population, losses, n_children, rng)
            children = space.repair(tools.mutate(tools.mate(parents, rng), rng))
            elites = losses.argsort(kind="stable")[: self.n_elites]
            child_losses = (yield Ask(children)).losses
            population = np.concatenate([population[elites], children])
            losses = np.concatenate([losses[elites], child_losses])
            del parents, children  # as large as the population

    def _operators(self, space: Space) -> Any:
        """Return a Toolbox with the default operators, replaced by those of the given one."""
        from deap import base

        from . import genetic_operators as ours
        from .deap_operators import mate_with, mutate_with, select_with

        tools = base.Toolbox()
        scale = self.mutation_scale * space.scale
        tools.register("select", ours.tournament, size=self.tournament_size)
        tools.register("mate", ours.blend_crossover, rate=self.crossover_rate)
        tools.register("mutate", ours.gaussian_mutation, scale=scale, rate=self.mutation_rate)
        given = self.toolbox
        if hasattr(given, "select"):
            tools.register("select", select_with(given.select))
        if hasattr(given, "mate"):
            tools.register("mate", mate_with(given.mate, self.crossover_rate))
        if hasattr(given, "mutate"):
            tools.register("mutate", mutate_with(given.mutate))
        return tools
