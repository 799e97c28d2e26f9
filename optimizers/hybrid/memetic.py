"""Memetic algorithms: a population method whose best points take gradient steps."""

from dataclasses import dataclass, field
from itertools import count

import numpy as np

from metarnn.validation import is_number

from ..descent import Descent
from ..gradient.rprop import Rprop
from ..optimizer import Array, Search, setting
from ..population.cuckoo_search import CuckooSearch
from ..population.ga import GA
from ..population_based import Between, Population, run_again
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
    patience : int or None
        The population begins again, from new points, when this many refinements in turn have
        improved the best loss of its run ...
    tol : float
        ... by no more than this fraction of it. With a `patience` of None one population is kept.

    Notes
    -----
    A lower loss is always written back. An individual whose weights have not changed since its
    last refinement would be refined in the same way again, so the next best takes its place. Each
    refinement starts the gradient method again: step sizes and momentum are not kept.

    The hybrid pays where minima are many and a few steps distinguish good regions from bad ones.
    On a loss without local minima a gradient method from one start is faster. With many steps for
    many points the population converges to the first minima: it then begins again, which several
    starts of the gradient method alone also do. Compare with both.

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

    population: Population = field(default_factory=lambda: CuckooSearch(n_nests=20))
    local_search: Descent = field(default_factory=Rprop)
    refine_every: int = setting(1, low=1, tune=(1, 10))
    n_refined: int | None = setting(5, low=1, tune=(1, 10))
    refine_steps: int = setting(20, low=1, tune=(5, 100), log=True)
    write_back: str | float = "lamarck"
    patience: int | None = setting(4, low=1)
    tol: float = setting(0.01, low=0.0)

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
        if not (isinstance(write_back, str) or is_number(write_back)):
            raise TypeError(wanted)
        if not (write_back in WRITE_BACK if isinstance(write_back, str) else 0 <= write_back <= 1):
            raise ValueError(wanted)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        generations = self.patience and self.patience * self.refine_every
        yield from run_again(self._run, generations, self.tol, space, rng, between)

    def _run(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        write_back = self.write_back
        probability = WRITE_BACK[write_back] if isinstance(write_back, str) else float(write_back)
        generations = count(1)
        # Hashes of rows that have been refined, since they change places.
        refined_rows: set[int] = set()

        def refine_best(points: Array, losses: Array) -> Search:
            if next(generations) % self.refine_every == 0:
                rows = [hash(row.tobytes()) for row in points]
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

        population = self.population if self.patience is None else self.population.once()
        yield from population.evolve(space, rng, refine_best)


@dataclass
class HybridGA(Memetic):
    """Memetic algorithm: a real-coded GA with gradient refinement.

    :class:`Memetic` with a :class:`GA` of 20 individuals: 20 Rprop steps for the best five of
    every generation, and new individuals after four that did not help. Settings of the GA are
    ``HybridGA(population=GA(n_elites=1))`` or ``population__n_elites``. For the other settings, and
    for when the method pays, see :class:`Memetic`.

    Notes
    -----
    Cuellar, Delgado and Pegalajar (2007) train recurrent networks in this way, with quasi-Newton
    steps: all of their hybrids did better than a steady-state genetic algorithm alone, and too
    much local search harmed some of them.

    The defaults hold on tables and on tasks with traps: a population that has converged is
    stuck, and one of 50 needs more passes before its first gradient step than a table needs in
    all. `optimizers/README.md` has the measurement. With a few hundred weights or more, and few
    minima, Rprop or Adam alone are faster.
    """

    population: Population = field(default_factory=lambda: GA(population_size=20))
