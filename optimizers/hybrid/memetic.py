"""Memetic algorithms: a population method whose best points take gradient steps."""

from dataclasses import dataclass, field
from itertools import count
from numbers import Real

import numpy as np

from ..descent import Descent
from ..gradient.rprop import Rprop
from ..optimizer import Array, Search, setting
from ..population.cuckoo_search import CuckooSearch
from ..population.ga import GA
from ..population_based import Between, Population
from ..space import Space

#: The probability that refined weights are written back, by its name.
WRITE_BACK = {"lamarck": 1.0, "baldwin": 0.0}


@dataclass
class Memetic(Population):
    """Memetic algorithm: a population method with gradient refinement between generations.

    Parameters
    ----------
    population : Population
        The population method.
    local_search : Descent
        The gradient method.
    refine_every : int
        Generations between refinements. 1 refines from the start, the first points included.
    n_refined : int or None
        Number of the best individuals that are refined; None for all.
    refine_steps : int
        Gradient steps of a refinement, which costs ``3 refine_steps + 1`` passes a point.
    write_back : {"lamarck", "baldwin"} or float
        "lamarck": the refined weights replace those of the individual. "baldwin": only their
        loss does, so that selection sees what the individual can learn, while its weights and the
        diversity of the population stay. A number is the probability that the weights of an
        individual are replaced.

    Notes
    -----
    A lower loss is always written back. An individual whose weights have not changed since its
    last refinement would be refined in the same way again, so the next best takes its place. Each
    refinement starts the gradient method again: step sizes and momentum are not kept.

    The hybrid pays where minima are many and a few steps distinguish good regions from bad ones.
    On a loss without local minima a gradient method from one start is faster. With many steps for
    many points the population converges to the first minima, and several starts of the gradient
    method alone do better. Compare with both.

    References
    ----------
    P. Moscato: On evolution, search, optimization, genetic algorithms and martial arts.
    Caltech C3P report 826, 1989.
    D. Whitley, V. S. Gordon, K. Mathias: Lamarckian evolution, the Baldwin effect and function
    optimization. PPSN III 1994, 6-15.
    M. P. Cuellar, M. Delgado, M. C. Pegalajar: Problems and features of evolutionary
    algorithms to build hybrid training methods for recurrent neural networks. SciTePress
    2007; it compares the two write-backs and generally prefers Baldwin's.
    """

    population: Population = field(default_factory=CuckooSearch)
    local_search: Descent = field(default_factory=Rprop)
    refine_every: int = setting(5, low=1)
    n_refined: int | None = setting(5, low=1)
    refine_steps: int = setting(10, low=1)
    write_back: str | float = "lamarck"

    @property
    def size_param(self) -> str | None:
        """The population's setting, by its nested name."""
        name = self.population.size_param
        return name and f"population__{name}"

    def check(self) -> None:
        super().check()
        write_back = self.write_back
        wanted = (
            f"{type(self).__name__}: write_back must be 'lamarck', 'baldwin' or a probability "
            f"from 0 to 1, got {write_back!r}."
        )
        if not isinstance(write_back, str | Real) or isinstance(write_back, bool):
            raise TypeError(wanted)
        if not (write_back in WRITE_BACK if isinstance(write_back, str) else 0 <= write_back <= 1):
            raise ValueError(wanted)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        write_back = self.write_back
        probability = WRITE_BACK[write_back] if isinstance(write_back, str) else float(write_back)
        generations = count(1)
        # Rows that have been refined, as bytes, since they change places.
        refined_rows: set[bytes] = set()

        def refine_best(points: Array, losses: Array) -> Search:
            if next(generations) % self.refine_every == 0:
                rows = [row.tobytes() for row in points]
                refined_rows.intersection_update(rows)
                ranking = np.argsort(losses, kind="stable")
                chosen = np.array(
                    [i for i in ranking if rows[i] not in refined_rows][: self.n_refined], int
                )
                if chosen.size:
                    refinement = self.local_search.refine(
                        points[chosen], space, self.refine_steps, rng
                    )
                    refined, lowest = yield from refinement
                    better = lowest < losses[chosen]
                    losses[chosen[better]] = lowest[better]
                    moved = better & (rng.random(len(chosen)) < probability)
                    points[chosen[moved]] = refined[moved]
                    refined_rows.update(rows[i] for i in chosen[~moved])
            yield from between(points, losses)

        yield from self.population.evolve(space, rng, refine_best)


@dataclass
class HybridGA(Memetic):
    """Memetic algorithm: a real-coded GA with gradient refinement.

    :class:`Memetic` with a :class:`GA`: ten Rprop steps for the best five of every fifth
    generation. Settings of the GA are ``HybridGA(population=GA(n_elites=1))`` or
    ``population__n_elites``. For the other settings, and for when the method pays, see
    :class:`Memetic`.

    Notes
    -----
    Cuellar, Delgado and Pegalajar (2007) train recurrent networks in this way, with quasi-Newton
    steps: all of their hybrids did better than a steady-state genetic algorithm alone, and too
    much local search harmed some of them.

    The method gets stuck when the population has converged: restart it. Expected running times on
    the parity of seven bits (two hidden units, initial weights of standard deviation 3, a loss of
    0.05 within 100,000 passes, 60 seeds), in passes:

    ===========================================================  ======  ========
    optimizer (`Restarts` with ``population_growth=1``)          solved  expected
    ===========================================================  ======  ========
    `Restarts` of ``HybridGA(refine_every=2, n_refined=10,       60      13,200
    refine_steps=5)``
    `Restarts` of ``HybridGA(refine_every=2)``                   60      16,900
    `Restarts` of ``Rprop()``                                    59      18,800
    ``Rprop(n_starts=25)``                                       30      113,100
    ===========================================================  ======  ========
    """

    population: Population = field(default_factory=GA)
    refine_every: int = setting(5, low=1)
    n_refined: int | None = setting(5, low=1)
    refine_steps: int = setting(10, low=1)
