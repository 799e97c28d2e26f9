"""Programs written with DEAP's toolbox."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optimizer import Array, Optimizer, Search, setting
from ..space import Space
from .callback_style import Calls, requests_of


def ea_simple(toolbox: Any) -> None:
    """Run DEAP's eaSimple with blend crossover, Gaussian mutation and tournaments."""
    from deap import algorithms, tools

    scale = 0.5 * toolbox.space.scale
    toolbox.register("mate", tools.cxBlend, alpha=0.5)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=scale.tolist(), indpb=0.1)
    toolbox.register("select", tools.selTournament, tournsize=3)
    algorithms.eaSimple(toolbox.population(), toolbox, 0.9, 0.2, ngen=10_000, verbose=False)


@dataclass
class DeapProgram(Optimizer):
    """A program written with DEAP's toolbox, by default its simple genetic algorithm.

    Parameters
    ----------
    program : callable
        ``program(toolbox)`` runs an algorithm. When it returns it is called again, with new
        initial points. To pickle searches it must be a function of a module.
    population_size : int
        Default number of individuals of ``toolbox.population()``.

    Notes
    -----
    The toolbox has

    - ``individual()``, a list of D floats whose fitness is minimized, and
      ``population(n=population_size)``, a list of individuals drawn from the space;
    - ``evaluate(individual)``, which returns the loss in a tuple, as DEAP expects;
    - ``map``: ``toolbox.map(toolbox.evaluate, individuals)`` is one request for all of them;
    - ``space``, the :class:`Space`.

    Individuals are clipped to the bounds when they are evaluated. DEAP's operators draw from
    isolated global random states, seeded by the run's seed.

    DEAP works individual by individual on lists: a generation of 50 takes milliseconds, where
    :class:`GA` takes microseconds. Use it for existing programs.

    References
    ----------
    F.-A. Fortin, F.-M. De Rainville, M.-A. Gardner, M. Parizeau, C. Gagne: DEAP: evolutionary
    algorithms made easy. Journal of Machine Learning Research 13 (2012) 2171-2175.

    Examples
    --------
    DEAP's tutorial, without the parts that the toolbox already has:

    >>> from deap import algorithms, tools
    >>> from metarnn.optimizers import DeapProgram, minimize
    >>> from metarnn.optimizers.analytic import rastrigin
    >>> def main(toolbox):
    ...     toolbox.register("mate", tools.cxTwoPoint)
    ...     toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=1, indpb=0.2)
    ...     toolbox.register("select", tools.selTournament, tournsize=3)
    ...     pop = toolbox.population(n=50)
    ...     CXPB, MUTPB, NGEN = 0.5, 0.2, 40
    ...     fitnesses = map(toolbox.evaluate, pop)
    ...     for ind, fit in zip(pop, fitnesses):
    ...         ind.fitness.values = fit
    ...     algorithms.eaMuPlusLambda(pop, toolbox, 50, 100, CXPB, MUTPB, NGEN, verbose=False)
    >>> result = minimize(rastrigin(5), DeapProgram(main), budget=2000, seed=1)
    """

    program: Callable[[Any], Any] = ea_simple
    population_size: int = setting(50, low=1, size=True)

    def check(self) -> None:
        super().check()
        if not callable(self.program):
            raise TypeError(
                f"DeapProgram: program must be a function program(toolbox), got {self.program!r}."
            )

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        def run(loss: Calls, points: Array) -> None:
            self.program(_toolbox(loss, points, space, rng))

        yield from requests_of(run, space, rng, int(self.population_size), globally_random=True)


def _toolbox(loss: Calls, points: Array, space: Space, rng: np.random.Generator) -> Any:
    """Return a toolbox whose first individuals are the points (n, D)."""
    from deap import base

    from ..population.deap_operators import Individual

    first = iter(points)

    def individual() -> Individual:
        point = next(first, None)
        return Individual(space.sample(1, rng)[0] if point is None else point)

    def population(n: int = len(points)) -> list[Individual]:
        return [individual() for _ in range(n)]

    def evaluate(one: Any) -> tuple[float]:
        return evaluate_all([one])[0]

    def evaluate_all(individuals: list[Any]) -> list[tuple[float]]:
        if not individuals:
            return []
        genes = space.repair(np.array([list(each) for each in individuals], dtype=float))
        for each, repaired in zip(individuals, genes.tolist(), strict=True):
            each[:] = repaired
        return [(value,) for value in loss(genes).tolist()]

    def map_at_once(function: Callable[..., Any], *items: Iterable[Any]) -> Iterable[Any]:
        if function is toolbox.evaluate:
            return evaluate_all([*items[0]])
        return map(function, *items)

    toolbox = base.Toolbox()
    toolbox.space = space
    toolbox.register("individual", individual)
    toolbox.register("population", population)
    toolbox.register("evaluate", evaluate)
    toolbox.register("map", map_at_once)
    return toolbox
