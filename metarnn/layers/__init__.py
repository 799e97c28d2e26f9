"""Layers: one file each, what they compute and its derivative side by side."""

from .attention import Attention
from .dense import Dense, linear
from .layer import Layer, Stream
from .pool import READOUTS
from .recurrent import Recurrent
from .scan import Scan

__all__ = ["READOUTS", "Attention", "Dense", "Layer", "Recurrent", "Scan", "Stream", "linear"]
