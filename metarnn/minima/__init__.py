"""Certified local minima: find and classify them, and measure how optimizers escape them.

:func:`find_minima` descends from many points and certifies where the descents end
(:func:`certify`); :func:`line` and :func:`barrier` show the loss between two minima, and
:func:`optima_network` which ones kicks lead to. :func:`visits` tells in whose basins optimizers
are on their way, and :func:`escape` and :func:`leaving` how likely they leave minima, and at what
cost. Everything is computed in float64, for networks of up to some hundreds of weights.
"""

from .certificate import KINDS, Certificate, certify
from .clusters import Cluster
from .escaping import Escape, escape
from .examples import many_minima
from .find import Minima, find_minima
from .leaving import leaving
from .optima_network import OptimaNetwork, optima_network
from .paths import Barrier, barrier, line
from .symmetry import Symmetry
from .visiting import Visits, visits

__all__ = [
    "KINDS", "Barrier", "Certificate", "Cluster", "Escape", "Minima", "OptimaNetwork", "Symmetry",
    "Visits", "barrier", "certify", "escape", "find_minima", "leaving", "line", "many_minima",
    "optima_network", "visits",
]  # fmt: skip
