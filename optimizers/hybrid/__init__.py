"""Populations with gradient steps, restarts and islands: optimizers of optimizers."""

from .islands import Islands as Islands
from .memetic import HybridGA as HybridGA
from .memetic import Memetic as Memetic
from .published import ABCBP as ABCBP
from .published import ABCLM as ABCLM
from .published import CSBPERN as CSBPERN
from .published import CSERN as CSERN
from .published import CSLM as CSLM
from .published import CSLMEN as CSLMEN
from .restarts import Restarts as Restarts
