"""Cells: one file each, the step and its derivative side by side."""

from collections.abc import Callable

from .cell import Cell
from .elman import ACTIVATIONS, Elman
from .gru import GRU
from .irnn import IRNN
from .jordan import Jordan
from .linear import Linear
from .lstm import LSTM
from .lstm2d import LSTM2D
from .orthogonal import Orthogonal
from .scrn import SCRN
from .unitary import Unitary

#: Every recurrent cell by the name that networks know it by, made of I, H, the activation and
#: a second size: the outputs of a Jordan cell, the slow units of an SCRN.
CELLS: dict[str, Callable[[int, int, str, int], Cell]] = {
    "elman": lambda I, H, activation, O: Elman(I, H, activation),  # noqa: E741
    "lstm": lambda I, H, activation, O: LSTM(I, H),  # noqa: E741
    "gru": lambda I, H, activation, O: GRU(I, H),  # noqa: E741
    "irnn": lambda I, H, activation, O: IRNN(I, H, "relu"),  # noqa: E741
    "jordan": lambda I, H, activation, O: Jordan(I, H, O, activation),  # noqa: E741
    "orthogonal": lambda I, H, activation, O: Orthogonal(I, H),  # noqa: E741
    "scrn": lambda I, H, activation, O: SCRN(I, H, O),  # noqa: E741
    "scrn_learnt": lambda I, H, activation, O: SCRN(I, H, O, learnt=True),  # noqa: E741
    "unitary": lambda I, H, activation, O: Unitary(I, H),  # noqa: E741
}

#: Those that leave a choice of the activation.
ACTIVATED = "elman", "jordan"

__all__ = [
    "ACTIVATED",
    "ACTIVATIONS",
    "CELLS",
    "GRU",
    "IRNN",
    "LSTM",
    "LSTM2D",
    "SCRN",
    "Cell",
    "Elman",
    "Jordan",
    "Linear",
    "Orthogonal",
    "Unitary",
]
