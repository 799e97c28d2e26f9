"""Certified local minima: to find them, to tell what they are, and to see who escapes them.

:func:`find_minima` descends from many points and certifies where it arrives (:func:`certify`);
:func:`line` and :func:`barrier` look at what lies between two minima, and :func:`escape` measures
how likely optimizers leave one, and at what cost. All of it is exact work in float64, for
networks of up to some hundreds of weights.
"""

from .certificate import KINDS, Certificate, certify
from .escaping import Escape, escape
from .examples import many_minima
from .find import Cluster, Minima, find_minima
from .paths import Barrier, barrier, line
from .symmetry import Symmetry

__all__ = [
    "KINDS",
    "Barrier",
    "Certificate",
    "Cluster",
    "Escape",
    "Minima",
    "Symmetry",
    "barrier",
    "certify",
    "escape",
    "find_minima",
    "line",
    "many_minima",
]
