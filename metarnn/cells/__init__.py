"""Cells: one file each, the step and its derivative side by side."""

from collections.abc import Callable

from .cell import Cell
from .elman import ACTIVATIONS, Elman
from .gru import GRU
from .linear import Linear
from .lstm import LSTM

#: Every recurrent cell by the name that networks know it by, made of I, H, the activation and
#: the outputs of a Jordan network.
CELLS: dict[str, Callable[[int, int, str, int], Cell]] = {
    "elman": lambda I, H, activation, O: Elman(I, H, activation),  # noqa: E741
    "lstm": lambda I, H, activation, O: LSTM(I, H),  # noqa: E741
    "gru": lambda I, H, activation, O: GRU(I, H),  # noqa: E741
}

#: Those that leave a choice of the activation.
ACTIVATED = "elman", "jordan"

__all__ = ["ACTIVATED", "ACTIVATIONS", "CELLS", "GRU", "LSTM", "Cell", "Elman", "Linear"]
