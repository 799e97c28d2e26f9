"""Optimizers of other libraries, under the same budget."""

from .deap import DeapProgram as DeapProgram
from .mealpy import Mealpy as Mealpy
from .nevergrad import Nevergrad as Nevergrad
from .pycma import PyCMA as PyCMA
from .scipy import SciPyBasinHopping as SciPyBasinHopping
from .scipy import SciPyDE as SciPyDE
from .scipy import SciPyDualAnnealing as SciPyDualAnnealing
from .scipy import SciPyLBFGSB as SciPyLBFGSB
