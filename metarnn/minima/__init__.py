"""Certified local minima: find and classify them, and measure how optimizers escape them.

:func:`find_minima` descends from many points and certifies where the descents end
(:func:`certify`); :func:`line` and :func:`barrier` show the loss between two minima, and
:func:`escape` measures how likely optimizers leave a minimum, and at what cost. Everything is
computed in float64, for networks of up to some hundreds of weights.
"""

from .certificate import KINDS, Certificate, certify
from .escaping import Escape, escape
from .examples import many_minima
from .find import Cluster, Minima, find_minima
from .paths import Barrier, barrier, line
from .symmetry import Symmetry

__all__ = [
    "KINDS", "Barrier", "Certificate", "Cluster", "Escape", "Minima", "Symmetry",
    "barrier", "certify", "escape", "find_minima", "line", "many_minima",
]  # fmt: skip
