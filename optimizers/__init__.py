"""Optimizers of real vectors, by gradient descent or by population, under one budget.

This folder knows nothing of networks. An optimizer is settings and a coroutine
(:mod:`.optimizer`); :func:`minimize` runs any of them on any objective.
"""

# From the repository's root "import optimizers" would load a second, unequal copy of every
# class and mislead numba's disk cache.
if __name__ != "metarnn.optimizers":
    raise ImportError(f"Import this package as metarnn.optimizers, not as {__name__!r}.")

from .adapters import (
    DeapProgram,
    Mealpy,
    Nevergrad,
    PyCMA,
    SciPyBasinHopping,
    SciPyDE,
    SciPyDualAnnealing,
    SciPyLBFGSB,
)
from .ask_tell import AskTell
from .descent import Descent
from .gradient import (
    LBFGS,
    Adam,
    AdamW,
    FirstOrder,
    GradientDescent,
    LevenbergMarquardt,
    RMSprop,
    Rprop,
    SecondOrder,
)
from .history import History
from .hybrid import (
    ABCBP,
    ABCLM,
    CSBPERN,
    CSERN,
    CSLM,
    CSLMEN,
    HybridGA,
    Islands,
    Memetic,
    Restarts,
)
from .lockstep import lockstep
from .meter import PRICES, STOP_REASONS, Meter, Objective, Stopped
from .minimize import check_problem, minimize
from .optimizer import Array, Ask, MiniBatch, Optimizer, Order, Search, Told, setting
from .population import (
    CMAES,
    GA,
    LSHADE,
    BeeColony,
    CuckooSearch,
    DifferentialEvolution,
    EvolutionStrategy,
    ImprovedCuckooSearch,
    OpenAIES,
    ParticleSwarm,
    RandomGuessing,
    RandomSearch,
    SeparableCMAES,
    SimulatedAnnealing,
)
from .population_based import Population
from .progress import ProgressBar
from .resolve import OPTIMIZERS, resolve_optimizer, resolve_optimizers
from .space import Space

OPTIMIZERS |= {
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
    "MiniBatch",
    "Nevergrad",
    "Objective",
    "OpenAIES",
    "Optimizer",
    "Order",
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
    "SecondOrder",
    "SeparableCMAES",
    "SimulatedAnnealing",
    "Space",
    "Stopped",
    "Told",
    "check_problem",
    "lockstep",
    "minimize",
    "resolve_optimizer",
    "resolve_optimizers",
    "setting",
]
