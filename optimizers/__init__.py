"""Optimizers of real vectors, by gradient descent or by population, under one budget.

This folder knows nothing of networks. An optimizer is settings and a coroutine
(:mod:`.optimizer`); :func:`minimize` runs any of them on any objective.
"""

# From the repository's root "import optimizers" would load a second, unequal copy of every
# class and mislead numba's disk cache.
if __name__ != "metarnn.optimizers":
    raise ImportError(f"Import this package as metarnn.optimizers, not as {__name__!r}.")

from metarnn.own_parts import watch

from .adapters.deap import DeapProgram as DeapProgram
from .adapters.mealpy import Mealpy as Mealpy
from .adapters.nevergrad import Nevergrad as Nevergrad
from .adapters.pycma import PyCMA as PyCMA
from .adapters.scipy import SciPyBasinHopping as SciPyBasinHopping
from .adapters.scipy import SciPyDE as SciPyDE
from .adapters.scipy import SciPyDualAnnealing as SciPyDualAnnealing
from .adapters.scipy import SciPyLBFGSB as SciPyLBFGSB
from .ask_tell import AskTell as AskTell
from .descent import Descent as Descent
from .gradient.adam import Adam as Adam
from .gradient.adam import AdamW as AdamW
from .gradient.first_order import FirstOrder as FirstOrder
from .gradient.gradient_descent import GradientDescent as GradientDescent
from .gradient.lbfgs import LBFGS as LBFGS
from .gradient.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from .gradient.rmsprop import RMSprop as RMSprop
from .gradient.rprop import Rprop as Rprop
from .gradient.second_order import SecondOrder as SecondOrder
from .history import History as History
from .hybrid.islands import Islands as Islands
from .hybrid.memetic import HybridGA as HybridGA
from .hybrid.memetic import Memetic as Memetic
from .hybrid.published import ABCBP as ABCBP
from .hybrid.published import ABCLM as ABCLM
from .hybrid.published import CSBPERN as CSBPERN
from .hybrid.published import CSERN as CSERN
from .hybrid.published import CSLM as CSLM
from .hybrid.published import CSLMEN as CSLMEN
from .hybrid.restarts import Restarts as Restarts
from .hybrid.solved_readout import SolvedReadout as SolvedReadout
from .lockstep import lockstep as lockstep
from .meter import PRICES as PRICES
from .meter import STOP_REASONS as STOP_REASONS
from .meter import Meter as Meter
from .meter import Objective as Objective
from .meter import Stopped as Stopped
from .minimize import check_problem as check_problem
from .minimize import minimize as minimize
from .optimizer import Array as Array
from .optimizer import Ask as Ask
from .optimizer import MiniBatch as MiniBatch
from .optimizer import Optimizer as Optimizer
from .optimizer import Order as Order
from .optimizer import Search as Search
from .optimizer import Told as Told
from .optimizer import setting as setting
from .population.bee_colony import BeeColony as BeeColony
from .population.cma_es import CMAES as CMAES
from .population.cma_es import SeparableCMAES as SeparableCMAES
from .population.cuckoo_search import CuckooSearch as CuckooSearch
from .population.cuckoo_search import ImprovedCuckooSearch as ImprovedCuckooSearch
from .population.differential_evolution import DifferentialEvolution as DifferentialEvolution
from .population.evolution_strategy import EvolutionStrategy as EvolutionStrategy
from .population.ga import GA as GA
from .population.lshade import LSHADE as LSHADE
from .population.openai_es import OpenAIES as OpenAIES
from .population.particle_swarm import ParticleSwarm as ParticleSwarm
from .population.random_search import RandomGuessing as RandomGuessing
from .population.random_search import RandomSearch as RandomSearch
from .population.simulated_annealing import SimulatedAnnealing as SimulatedAnnealing
from .population.subpopulations import ESP as ESP
from .population.subpopulations import Evolino as Evolino
from .population_based import Population as Population
from .progress import ProgressBar as ProgressBar
from .resolve import OPTIMIZERS as OPTIMIZERS
from .resolve import resolve_optimizer as resolve_optimizer
from .resolve import resolve_optimizers as resolve_optimizers
from .space import Space as Space

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
    "esp": ESP,
    "evolino": Evolino,
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
    "solved_readout": SolvedReadout,
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

watch("metarnn.optimizers.OPTIMIZERS", OPTIMIZERS)
