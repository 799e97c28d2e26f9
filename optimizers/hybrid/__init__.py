"""Populations with gradient steps, restarts and islands: optimizers of optimizers."""

from .bee_hybrids import ABCBP, ABCLM
from .cuckoo_hybrids import CSBPERN, CSERN, CSLM, CSLMEN
from .hybrid_ga import HybridGA
from .islands import Islands
from .memetic import Memetic
from .restarts import Restarts

__all__ = [
    "ABCBP",
    "ABCLM",
    "CSBPERN",
    "CSERN",
    "CSLM",
    "CSLMEN",
    "HybridGA",
    "Islands",
    "Memetic",
    "Restarts",
]
