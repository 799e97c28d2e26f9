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
from .cma_es import CMAES, SeparableCMAES
from .converging import Converging
from .cuckoo_search import CuckooSearch
from .descent import Descent
from .first_order import FirstOrder
from .gradient_descent import GradientDescent
from .history import History
from .hybrid_ga import GA, HybridGA
from .lbfgs import LBFGS
from .levenberg_marquardt import LevenbergMarquardt
from .meter import PRICES, STOP_REASONS, Meter, Objective, Stopped
from .minimize import check_problem, minimize
from .optimizer import Array, Ask, Optimizer, Order, Part, Search, Told, setting
from .population import Population
from .progress import ProgressBar
from .random_search import RandomSearch
from .rmsprop import RMSprop
from .rprop import Rprop
from .space import Space

#: Every optimizer by the name that the estimator and the command line know it by.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gradient_descent": GradientDescent,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "rprop": Rprop,
    "lbfgs": LBFGS,
    "lm": LevenbergMarquardt,
    "random_search": RandomSearch,
    "ga": GA,
    "hybrid_ga": HybridGA,
    "cuckoo": CuckooSearch,
    "cma_es": CMAES,
    "sep_cma_es": SeparableCMAES,
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
    "CMAES",
    "GA",
    "LBFGS",
    "OPTIMIZERS",
    "PRICES",
    "STOP_REASONS",
    "Adam",
    "AdamW",
    "Array",
    "Ask",
    "AskTell",
    "Converging",
    "CuckooSearch",
    "Descent",
    "FirstOrder",
    "GradientDescent",
    "History",
    "HybridGA",
    "LevenbergMarquardt",
    "Meter",
    "Objective",
    "Optimizer",
    "Order",
    "Part",
    "Population",
    "ProgressBar",
    "RMSprop",
    "RandomSearch",
    "Rprop",
    "Search",
    "SeparableCMAES",
    "Space",
    "Stopped",
    "Told",
    "check_problem",
    "minimize",
    "optimizer_named",
    "setting",
]
