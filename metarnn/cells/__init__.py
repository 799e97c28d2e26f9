"""Cells: one file each, the step and its derivative side by side."""

from collections.abc import Callable

from .cell import Cell as Cell
from .elman import ACTIVATIONS as ACTIVATIONS
from .elman import Elman as Elman
from .gru import GRU
from .irnn import IRNN
from .jordan import Jordan
from .leaky import Leaky
from .linear import Linear as Linear
from .lstm import LSTM
from .lstm2d import LSTM2D as LSTM2D
from .orthogonal import Orthogonal
from .scrn import SCRN
from .unitary import Unitary

#: Every recurrent cell by its name in networks. The arguments are I, H, the activation and a
#: second size: the outputs of a Jordan cell, the slow units of an SCRN.
CELLS: dict[str, Callable[[int, int, str, int], Cell]] = {
    "elman": lambda I, H, activation, O: Elman(I, H, activation),
    "lstm": lambda I, H, activation, O: LSTM(I, H),
    "gru": lambda I, H, activation, O: GRU(I, H),
    "irnn": lambda I, H, activation, O: IRNN(I, H, "relu"),
    "jordan": lambda I, H, activation, O: Jordan(I, H, O, activation),
    "leaky": lambda I, H, activation, O: Leaky(I, H),
    "orthogonal": lambda I, H, activation, O: Orthogonal(I, H),
    "scrn": lambda I, H, activation, O: SCRN(I, H, O),
    "scrn_learnt": lambda I, H, activation, O: SCRN(I, H, O, learned=True),
    "unitary": lambda I, H, activation, O: Unitary(I, H),
}

#: Cells with a choice of activation.
ACTIVATED = "elman", "jordan"
