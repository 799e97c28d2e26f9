"""Populations with gradient steps, restarts and islands: optimizers of optimizers."""

from .bee_hybrids import ABCBP as ABCBP
from .bee_hybrids import ABCLM as ABCLM
from .cuckoo_hybrids import CSBPERN as CSBPERN
from .cuckoo_hybrids import CSERN as CSERN
from .cuckoo_hybrids import CSLM as CSLM
from .cuckoo_hybrids import CSLMEN as CSLMEN
from .hybrid_ga import HybridGA as HybridGA
from .islands import Islands as Islands
from .memetic import Memetic as Memetic
from .restarts import Restarts as Restarts
