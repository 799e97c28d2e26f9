"""A genetic algorithm whose best are refined by gradient steps, on DEAP's Toolbox."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from . import genetic_operators as ours
from .descent import Descent
from .optimizer import Ask, Optimizer, Order, Search, setting
from .rprop import Rprop
from .space import Space


@dataclass
class HybridGA(Optimizer):
    """Memetic algorithm: a real-coded GA with gradient refinement.

    Parameters
    ----------
    population_size : int
        Individuals.
    n_elites : int
        The best that pass to the next generation as they are, without being evaluated again.
    tournament_size : int
        Of the default selection.
    crossover_rate : float
        Share of the pairs that mate.
    mutation_rate : float
        Share of the genes that the default mutation changes.
    mutation_scale : float
        Standard deviation of a changed gene, in units of the space's scale.
    refine_every : int or None
        Generations between refinements; None makes a plain GA, which needs no gradient.
    n_refined : int
        How many of the best are refined.
    refine_steps : int
        Gradient steps of a refinement; it costs ``3 refine_steps + 1`` passes.
    write_back : {"lamarck", "baldwin"}
        Whether refined weights replace the individual's, or only its loss does, so that
        selection sees what it could learn while its genes stay and diversity with them.
    local : Descent
        The gradient method.
    toolbox : deap.base.Toolbox, optional
        Operators in place of the defaults, under the names select, mate, mutate and refine.

    Notes
    -----
    A generation: select parents, mate, mutate, evaluate the children, keep the elites; every
    `refine_every` generations, refine.

    Any DEAP operator can be registered: ``toolbox.register("mate", tools.cxTwoPoint)``, and
    likewise select (``operator(individuals, k)``) and mutate (``operator(individual)``).
    They draw from global random generators, which are seeded from the run's own and put
    back around each call. They work individual by individual, so a generation takes
    milliseconds where the defaults take microseconds. `refine` is a coroutine
    ``refine(points, space)``, by default ``local.refine`` with `refine_steps`.

    The hybrid pays when minima are many and a few steps tell good regions from bad ones; on
    a loss without traps a gradient method from one start is faster.

    References
    ----------
    P. Moscato: On evolution, search, optimization, genetic algorithms and martial arts.
    Caltech C3P report 826, 1989.
    M. P. Cuellar, M. Delgado, M. C. Pegalajar: Problems and features of evolutionary
    algorithms to build hybrid training methods for recurrent neural networks. SciTePress
    2007; it compares the two write-backs and generally prefers Baldwin's.
    """

    population_size: int = setting(50, low=4)
    n_elites: int = setting(2, low=0)
    tournament_size: int = setting(3, low=1)
    crossover_rate: float = setting(0.9, low=0.0, high=1.0)
    mutation_rate: float = setting(0.1, low=0.0, high=1.0)
    mutation_scale: float = setting(0.5, low=0.0)
    refine_every: int | None = setting(5, low=1)
    n_refined: int = setting(5, low=1)
    refine_steps: int = setting(10, low=1)
    write_back: str = setting("lamarck", choices=("lamarck", "baldwin"))
    local: Descent = field(default_factory=Rprop)
    toolbox: Any = None

    @property
    def order(self) -> Order:
        """Gradients, unless `refine_every` is None."""
        return Order.VALUE if self.refine_every is None else self.local.order

    def check(self) -> None:
        """See :meth:`Optimizer.check`."""
        super().check()
        if self.n_elites >= self.population_size:
            raise ValueError(
                f"{type(self).__name__}: n_elites must be below population_size = "
                f"{self.population_size}, got {self.n_elites}."
            )
        if not isinstance(self.local, Descent):
            raise TypeError(
                f"{type(self).__name__}: local must be a gradient method such as Rprop(), "
                f"got {self.local!r}."
            )
        toolbox = self.toolbox
        if isinstance(toolbox, type) or not (toolbox is None or hasattr(toolbox, "register")):
            raise TypeError(
                f"{type(self).__name__}: toolbox must be a deap.base.Toolbox, got {self.toolbox!r}."
            )

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        tools = self._operators(space)
        population = space.initial(self.population_size, rng)
        losses = (yield Ask(population)).losses
        refined = np.zeros(len(population), bool)
        n_children = self.population_size - self.n_elites
        for generation in count(1):
            parents = tools.select(population, losses, n_children, rng)
            children = space.repair(tools.mutate(tools.mate(parents, rng), rng))
            elites = np.argsort(losses, kind="stable")[: self.n_elites]
            child_losses = (yield Ask(children)).losses
            population = np.concatenate([population[elites], children])
            losses = np.concatenate([losses[elites], child_losses])
            refined = np.concatenate([refined[elites], np.zeros(n_children, bool)])
            if self.refine_every is not None and generation % self.refine_every == 0:
                lamarck = self.write_back == "lamarck"
                # Genes that stay as they are would learn the same again: Baldwin passes them over.
                order = np.argsort(np.where(refined & (not lamarck), np.inf, losses), kind="stable")
                best = order[: self.n_refined]
                points, lowest = yield from tools.refine(population[best], space, rng=rng)
                better = lowest < losses[best]
                losses[best[better]] = lowest[better]
                refined[best] = True
                if lamarck:
                    population[best[better]] = points[better]

    def _operators(self, space: Space) -> Any:
        """Return a Toolbox with our operators, or what the given one holds in their place."""
        from deap import base

        from .deap_operators import mate_with, mutate_with, select_with

        tools = base.Toolbox()
        scale = self.mutation_scale * space.scale
        tools.register("select", ours.tournament, size=self.tournament_size)
        tools.register("mate", ours.blend_crossover, rate=self.crossover_rate)
        tools.register("mutate", ours.gaussian_mutation, scale=scale, rate=self.mutation_rate)
        tools.register("refine", self.local.refine, steps=self.refine_steps)
        given = self.toolbox
        if hasattr(given, "select"):
            tools.register("select", select_with(given.select))
        if hasattr(given, "mate"):
            tools.register("mate", mate_with(given.mate, self.crossover_rate))
        if hasattr(given, "mutate"):
            tools.register("mutate", mutate_with(given.mutate))
        if hasattr(given, "refine"):
            tools.register("refine", given.refine)
        return tools


@dataclass
class GA(HybridGA):
    """Plain real-coded genetic algorithm.

    :class:`HybridGA` without refinement: it needs no gradient. See there for the settings.
    """

    refine_every: int | None = setting(None, low=1)
