"""Linear models in closed form or by a few Newton steps: arrays in, arrays out."""

from .logistic import LogisticFit, logistic
from .ridge import RidgeFit, RidgePath, ridge
from .solved import SOLVES, SolvedReadout

__all__ = [
    "SOLVES", "LogisticFit", "RidgeFit", "RidgePath", "SolvedReadout", "logistic", "ridge",
]  # fmt: skip
