"""Linear models in closed form or by a few Newton steps: arrays in, arrays out."""

from .held_out import HeldOutReadout
from .logistic import LogisticFit, logistic
from .ridge import RidgeFit, RidgePath, ridge
from .solved import LeaveOneOutReadout, LogisticReadout, RidgeReadout, SolvedReadout

#: Every way to solve a readout by its name.
SOLVES: dict[str, type[SolvedReadout]] = {
    "leave_one_out": LeaveOneOutReadout,
    "held_out": HeldOutReadout,
    "ridge": RidgeReadout,
    "logistic": LogisticReadout,
}

__all__ = [
    "SOLVES", "LogisticFit", "RidgeFit", "RidgePath", "SolvedReadout", "logistic", "ridge",
]  # fmt: skip
