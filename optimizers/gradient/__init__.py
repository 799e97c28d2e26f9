"""Optimizers that follow gradients."""

from .adam import Adam, AdamW
from .first_order import FirstOrder
from .gradient_descent import GradientDescent
from .lbfgs import LBFGS
from .levenberg_marquardt import LevenbergMarquardt
from .rmsprop import RMSprop
from .rprop import Rprop
from .second_order import SecondOrder

__all__ = [
    "LBFGS",
    "Adam",
    "AdamW",
    "FirstOrder",
    "GradientDescent",
    "LevenbergMarquardt",
    "RMSprop",
    "Rprop",
    "SecondOrder",
]
