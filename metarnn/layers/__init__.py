"""Layers: one file each, what they compute and its derivative side by side."""

from .dense import Dense, linear
from .grid import Grid
from .layer import Layer, Stream
from .pool import READOUTS
from .recurrent import Recurrent
from .scan import Scan

__all__ = ["READOUTS", "Dense", "Grid", "Layer", "Recurrent", "Scan", "Stream", "linear"]
