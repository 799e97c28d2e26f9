"""The genetic algorithm whose best are refined by gradient steps."""

from dataclasses import dataclass, field

from ..optimizer import setting
from ..population.ga import GA
from ..population_based import Population
from .memetic import Memetic


@dataclass
class HybridGA(Memetic):
    """Memetic algorithm: a real-coded GA with gradient refinement.

    :class:`Memetic` on a :class:`GA`: ten Rprop steps for the best five of every fifth
    generation. Settings of the GA are reached as ``HybridGA(population=GA(n_elites=1))`` or
    ``population__n_elites``; for the others, and for when it pays, see :class:`Memetic`.

    Notes
    -----
    Cuellar, Delgado and Pegalajar (2007) train recurrent networks so, with quasi-Newton steps:
    all of their hybrids did better than a stationary genetic algorithm without, and too much
    local search harmed some of them.

    By itself it gets stuck where the population has drawn together: begin it anew. On the parity
    of seven bits (two hidden units, first weights of deviation 3, a loss of 0.05 within 100,000
    passes, 60 seeds) it takes these passes a success, the failures' included:

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
