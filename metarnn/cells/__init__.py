"""Cells: one file each, the step and its derivative side by side."""

from collections.abc import Callable

from metarnn.own_parts import watch

from .cell import Cell as Cell
from .cornn import CoRNN
from .diagonal import Diagonal
from .elman import ACTIVATIONS as ACTIVATIONS
from .elman import Elman as Elman
from .formula_cell import FormulaCell as FormulaCell
from .formula_cell import cell as cell
from .gru import GRU
from .indrnn import IndRNN
from .irnn import IRNN
from .jordan import Jordan
from .leaky import Leaky
from .lem import LEM
from .linear import Linear as Linear
from .linear import Unbiased as Unbiased
from .lstm import LSTM
from .lstm2d import LSTM2D as LSTM2D
from .mgu import MGU
from .orthogonal import Orthogonal
from .peephole_lstm import PeepholeLSTM
from .scrn import SCRN, SCRNLearnt
from .ugrnn import UGRNN
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
    "scrn_learnt": lambda I, H, activation, O: SCRNLearnt(I, H, O),
    "unitary": lambda I, H, activation, O: Unitary(I, H),
    "mgu": lambda I, H, activation, O: MGU(I, H),
    "ugrnn": lambda I, H, activation, O: UGRNN(I, H),
    "peephole_lstm": lambda I, H, activation, O: PeepholeLSTM(I, H),
    "indrnn": lambda I, H, activation, O: IndRNN(I, H),
    "diagonal": lambda I, H, activation, O: Diagonal(I, H),
    "cornn": lambda I, H, activation, O: CoRNN(I, H),
    "lem": lambda I, H, activation, O: LEM(I, H),
}

#: Names of the cells above; another one may be added again, as a notebook does.
BUILT_IN = watch("metarnn.cells.CELLS", CELLS)

#: Cells with a choice of activation.
ACTIVATED = "elman", "jordan"


def add_cell(name: str, make: Callable[[int, int], Cell]) -> None:
    """Let networks have a cell of your own by a name, which goes along into other processes.

    A saved model has the formula of its cell, as plain data; see
    :meth:`metarnn.RNNClassifier.save`. What is pickled takes its cell along, as to the workers of
    a study.

    Parameters
    ----------
    name : str
        A new name, as Python has them.
    make : callable
        ``make(I, H)`` returns the cell; what :func:`cell` makes of a formula is one.

    Raises
    ------
    ValueError
        Another cell has the name, or it is no name.
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(f"name must be a name as Python has them, got {name!r}.")
    if name in BUILT_IN:
        raise ValueError(f"there is a cell {name!r} already, choose another name.")
    try:
        made = make(1, 1)
    except TypeError as error:
        raise TypeError(
            f"make(n_inputs, n_hidden) must return a cell, but {error}: a cell with a second size "
            "is added as lambda n_inputs, n_hidden: Own(n_inputs, n_hidden, 4)."
        ) from error
    if not isinstance(made, Cell):
        raise TypeError(f"make must return a cell, got {made!r}: see metarnn.cells.cell.")
    if made.n_directions > 1:
        raise ValueError(f"make must return a cell of sequences, got one of images, {made!r}.")
    _ = made.blocks  # where a formula is wrong, this says so
    CELLS[name] = lambda I, H, activation, O: make(I, H)


def is_own(made: object) -> bool:
    """Return whether something is a cell that is none of metarnn's."""
    ours = {type(CELLS[name](1, 1, "tanh", 1)) for name in BUILT_IN}
    return isinstance(made, Cell) and type(made) not in {*ours, Linear, Unbiased, LSTM2D}


def cell_name(made: Cell) -> str:
    """Return the name under which networks have a cell, or else that of its class."""
    names = (n for n, make in CELLS.items() if type(make(1, 1, "tanh", 1)) is type(made))
    return next(names, type(made).__name__.lower())
