"""The genetic algorithm whose best are refined by gradient steps."""

from dataclasses import dataclass, field

from .ga import GA
from .memetic import Memetic
from .optimizer import setting
from .population import Population


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
    """

    population: Population = field(default_factory=GA)
    every: int = setting(5, low=1)
    best: int | None = setting(5, low=1)
    steps: int = setting(10, low=1)
