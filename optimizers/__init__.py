"""Optimizers of real vectors, by gradient descent or by population, under one budget.

This folder knows nothing of networks. An optimizer is settings and a coroutine
(:mod:`.optimizer`); :func:`minimize` runs any of them on any objective.
"""

# From the repository's root "import optimizers" would load a second, unequal copy of every
# class and mislead numba's disk cache.
if __name__ != "metarnn.optimizers":
    raise ImportError(f"Import this package as metarnn.optimizers, not as {__name__!r}.")

from .adam import Adam, AdamW
from .ask_tell import AskTell
from .bee_colony import BeeColony
from .bee_hybrids import ABCBP, ABCLM
from .cma_es import CMAES, SeparableCMAES
from .converging import Converging
from .cuckoo_hybrids import CSBPERN, CSERN, CSLM, CSLMEN
from .cuckoo_search import CuckooSearch
from .deap_adapter import DeapProgram
from .descent import Descent
from .differential_evolution import DifferentialEvolution
from .evolution_strategy import EvolutionStrategy
from .first_order import FirstOrder
from .ga import GA
from .gradient_descent import GradientDescent
from .history import History
from .hybrid_ga import HybridGA
from .improved_cuckoo import ImprovedCuckooSearch
from .islands import Islands
from .lbfgs import LBFGS
from .levenberg_marquardt import LevenbergMarquardt
from .lockstep import lockstep
from .lshade import LSHADE
from .mealpy_adapter import Mealpy
from .memetic import Memetic
from .meter import PRICES, STOP_REASONS, Meter, Objective, Stopped
from .minimize import check_problem, minimize
from .nevergrad_adapter import Nevergrad
from .openai_es import OpenAIES
from .optimizer import Array, Ask, Optimizer, Order, Part, Search, Told, setting
from .particle_swarm import ParticleSwarm
from .population import Population
from .progress import ProgressBar
from .pycma_adapter import PyCMA
from .random_guessing import RandomGuessing
from .random_search import RandomSearch
from .restarts import Restarts
from .rmsprop import RMSprop
from .rprop import Rprop
from .scipy_adapters import SciPyBasinHopping, SciPyDE, SciPyDualAnnealing, SciPyLBFGSB
from .simulated_annealing import SimulatedAnnealing
from .space import Space

#: Every optimizer by the name that the estimator and the command line know it by.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    # by gradient
    "gradient_descent": GradientDescent,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "rprop": Rprop,
    "lbfgs": LBFGS,
    "lm": LevenbergMarquardt,
    # by population
    "random_search": RandomSearch,
    "random_guessing": RandomGuessing,
    "sa": SimulatedAnnealing,
    "es": EvolutionStrategy,
    "openai_es": OpenAIES,
    "cma_es": CMAES,
    "sep_cma_es": SeparableCMAES,
    "de": DifferentialEvolution,
    "lshade": LSHADE,
    "pso": ParticleSwarm,
    "abc": BeeColony,
    "ga": GA,
    "cuckoo": CuckooSearch,
    "improved_cuckoo": ImprovedCuckooSearch,
    # both
    "memetic": Memetic,
    "hybrid_ga": HybridGA,
    "csern": CSERN,
    "csbpern": CSBPERN,
    "cslm": CSLM,
    "cslmen": CSLMEN,
    "abcbp": ABCBP,
    "abclm": ABCLM,
    # of any of them
    "restarts": Restarts,
    "islands": Islands,
    # other libraries'
    "scipy_lbfgsb": SciPyLBFGSB,
    "scipy_basinhopping": SciPyBasinHopping,
    "scipy_de": SciPyDE,
    "scipy_dual_annealing": SciPyDualAnnealing,
    "pycma": PyCMA,
    "nevergrad": Nevergrad,
    "mealpy": Mealpy,
    "deap": DeapProgram,
}


def optimizer_named(name: str) -> Optimizer:
    """Return an optimizer of the table, with its default settings.

    Raises
    ------
    ValueError
        No such name.
    """
    if name not in tuple(OPTIMIZERS):
        raise ValueError(f"Unknown optimizer {name!r}; there are {', '.join(OPTIMIZERS)}.")
    return OPTIMIZERS[name]()


__all__ = [
    "ABCBP",
    "ABCLM",
    "CMAES",
    "CSBPERN",
    "CSERN",
    "CSLM",
    "CSLMEN",
    "GA",
    "LBFGS",
    "LSHADE",
    "OPTIMIZERS",
    "PRICES",
    "STOP_REASONS",
    "Adam",
    "AdamW",
    "Array",
    "Ask",
    "AskTell",
    "BeeColony",
    "Converging",
    "CuckooSearch",
    "DeapProgram",
    "Descent",
    "DifferentialEvolution",
    "EvolutionStrategy",
    "FirstOrder",
    "GradientDescent",
    "History",
    "HybridGA",
    "ImprovedCuckooSearch",
    "Islands",
    "LevenbergMarquardt",
    "Mealpy",
    "Memetic",
    "Meter",
    "Nevergrad",
    "Objective",
    "OpenAIES",
    "Optimizer",
    "Order",
    "Part",
    "ParticleSwarm",
    "Population",
    "ProgressBar",
    "PyCMA",
    "RMSprop",
    "RandomGuessing",
    "RandomSearch",
    "Restarts",
    "Rprop",
    "SciPyBasinHopping",
    "SciPyDE",
    "SciPyDualAnnealing",
    "SciPyLBFGSB",
    "Search",
    "SeparableCMAES",
    "SimulatedAnnealing",
    "Space",
    "Stopped",
    "Told",
    "check_problem",
    "lockstep",
    "minimize",
    "optimizer_named",
    "setting",
]
