"""The compiled floor: sequences as vector lanes, and the arithmetic on them."""

from .jit import LANES
from .losses import LOSSES, Loss
from .passes import Pass
from .tiles import Tiles

__all__ = ["LANES", "LOSSES", "Loss", "Pass", "Tiles"]
