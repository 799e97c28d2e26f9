"""Optimizers of other libraries, under the same budget."""

from .deap import DeapProgram
from .mealpy import Mealpy
from .nevergrad import Nevergrad
from .pycma import PyCMA
from .scipy import SciPyBasinHopping, SciPyDE, SciPyDualAnnealing, SciPyLBFGSB

__all__ = [
    "DeapProgram",
    "Mealpy",
    "Nevergrad",
    "PyCMA",
    "SciPyBasinHopping",
    "SciPyDE",
    "SciPyDualAnnealing",
    "SciPyLBFGSB",
]
