"""Optimizers that follow gradients."""

from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .first_order import FirstOrder as FirstOrder
from .gradient_descent import GradientDescent as GradientDescent
from .lbfgs import LBFGS as LBFGS
from .levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from .rmsprop import RMSprop as RMSprop
from .rprop import Rprop as Rprop
from .second_order import SecondOrder as SecondOrder
