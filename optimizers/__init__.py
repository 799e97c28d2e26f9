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
from .cuckoo_search import CuckooSearch
from .deap_adapter import DeapProgram
from .descent import Descent
from .first_order import FirstOrder
from .gradient_descent import GradientDescent
from .history import History
from .hybrid_ga import GA, HybridGA
from .mealpy_adapter import Mealpy
from .meter import PRICES, STOP_REASONS, Meter, Objective, Stopped
from .minimize import check_problem, minimize
from .nevergrad_adapter import Nevergrad
from .optimizer import Array, Ask, Optimizer, Order, Part, Search, Told, setting
from .population import Population
from .progress import ProgressBar
from .pycma_adapter import PyCMA
from .random_search import RandomSearch
from .rmsprop import RMSprop
from .rprop import Rprop
from .scipy_adapters import SciPyBasinHopping, SciPyDE, SciPyDualAnnealing, SciPyLBFGSB
from .space import Space

#: Every optimizer by the name that the estimator and the command line know it by.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gradient_descent": GradientDescent,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "rprop": Rprop,
    "random_search": RandomSearch,
    "ga": GA,
    "hybrid_ga": HybridGA,
    "cuckoo": CuckooSearch,
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
    "GA",
    "OPTIMIZERS",
    "PRICES",
    "STOP_REASONS",
    "Adam",
    "AdamW",
    "Array",
    "Ask",
    "AskTell",
    "CuckooSearch",
    "DeapProgram",
    "Descent",
    "FirstOrder",
    "GradientDescent",
    "History",
    "HybridGA",
    "Mealpy",
    "Meter",
    "Nevergrad",
    "Objective",
    "Optimizer",
    "Order",
    "Part",
    "Population",
    "ProgressBar",
    "PyCMA",
    "RMSprop",
    "RandomSearch",
    "Rprop",
    "SciPyBasinHopping",
    "SciPyDE",
    "SciPyDualAnnealing",
    "SciPyLBFGSB",
    "Search",
    "Space",
    "Stopped",
    "Told",
    "check_problem",
    "minimize",
    "optimizer_named",
    "setting",
]
