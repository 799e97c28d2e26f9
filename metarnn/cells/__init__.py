"""Cells: one file each, the step and its derivative side by side."""

from .elman import ACTIVATIONS, Elman
from .linear import Linear

#: Every recurrent cell by the name that networks know it by.
CELLS: dict[str, type[Elman]] = {"elman": Elman}

__all__ = ["ACTIVATIONS", "CELLS", "Elman", "Linear"]
