"""A genetic algorithm whose best individuals take gradient steps."""

from dataclasses import dataclass, field

from ..optimizer import setting
from ..population.ga import GA
from ..population_based import Population
from .memetic import Memetic


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
