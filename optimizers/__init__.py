"""Optimizers of real vectors, by gradient descent or by population, under one budget.

This folder knows nothing of networks. An optimizer is settings and a coroutine
(:mod:`.optimizer`); :func:`minimize` runs any of them on any objective.
"""

# From the repository's root "import optimizers" would load a second, unequal copy of every
# class and mislead numba's disk cache.
if __name__ != "metarnn.optimizers":
    raise ImportError(f"Import this package as metarnn.optimizers, not as {__name__!r}.")

from .adapters.deap import DeapProgram
from .adapters.mealpy import Mealpy
from .adapters.nevergrad import Nevergrad
from .adapters.pycma import PyCMA
from .adapters.scipy import SciPyBasinHopping, SciPyDE, SciPyDualAnnealing, SciPyLBFGSB
from .ask_tell import AskTell
from .descent import Descent
from .gradient.adam import Adam, AdamW
from .gradient.first_order import FirstOrder
from .gradient.gradient_descent import GradientDescent
from .gradient.lbfgs import LBFGS
from .gradient.levenberg_marquardt import LevenbergMarquardt
from .gradient.rmsprop import RMSprop
from .gradient.rprop import Rprop
from .gradient.second_order import SecondOrder
from .history import History
from .hybrid.bee_hybrids import ABCBP, ABCLM
from .hybrid.cuckoo_hybrids import CSBPERN, CSERN, CSLM, CSLMEN
from .hybrid.hybrid_ga import HybridGA
from .hybrid.islands import Islands
from .hybrid.memetic import Memetic
from .hybrid.restarts import Restarts
from .lockstep import lockstep
from .meter import PRICES, STOP_REASONS, Meter, Objective, Stopped
from .minimize import check_problem, minimize
from .optimizer import Array, Ask, MiniBatch, Optimizer, Order, Search, Told, setting
from .population.bee_colony import BeeColony
from .population.cma_es import CMAES, SeparableCMAES
from .population.cuckoo_search import CuckooSearch
from .population.differential_evolution import DifferentialEvolution
from .population.evolution_strategy import EvolutionStrategy
from .population.ga import GA
from .population.improved_cuckoo import ImprovedCuckooSearch
from .population.lshade import LSHADE
from .population.openai_es import OpenAIES
from .population.particle_swarm import ParticleSwarm
from .population.random_guessing import RandomGuessing
from .population.random_search import RandomSearch
from .population.simulated_annealing import SimulatedAnnealing
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
