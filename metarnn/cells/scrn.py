"""The structurally constrained network: units that change slowly beside an Elman cell's.

T. Mikolov, A. Joulin, S. Chopra, M. Mathieu, M. Ranzato: Learning longer memory in recurrent
neural networks. ICLR workshop 2015, equations 5 to 7:

    s_t = (1 - a) B x_t + a s_{t-1}
    h_t = sigmoid(P s_t + A x_t + R h_{t-1} + b)

with a = 0.95, or trained for each slow unit (section 3.4 of the paper). The slow units are an
exponential average of the inputs, so gradients reach at least some 20 steps back, with far fewer
weights than an LSTM's. They remember what was read, not when: not for tasks in which the order of
distant inputs matters.
"""

from math import log
from typing import Any

from .expressions import sigmoid
from .formula_cell import cell

#: a, where it is not trained.
DECAY = 0.95

ABOUT: dict[str, Any] = {
    "names": {"A": "weight_ih", "R": "weight_hh", "P": "weight_sh", "B": "weight_is"},
    "rows": {"s": "n_slow"},
    "n_shown": 2,
}


@cell("Mikolov et al. 2015", **ABOUT)
def SCRN(x, h, s, *, A, R, b, P, B, a=DECAY):
    """Structurally constrained cell: slow context units beside fast ones. Its state is [h; s].

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    n_slow : int
        Slow units.
    a : float
        How much of them stays in a step.
    """
    s = (1 - a) * (B @ x) + a * s
    return sigmoid(P @ s + A @ x + R @ h + b), s


@cell(
    "Mikolov et al. 2015", means={"decay": log(DECAY / (1 - DECAY))}, scales={"decay": 1}, **ABOUT
)
def SCRNLearnt(x, h, s, *, A, R, b, P, B, decay):
    """Structurally constrained cell whose slow units learn how slow they are, from 0.95 on.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    n_slow : int
        Slow units.
    """
    a, b_s = sigmoid(decay), B @ x
    s = b_s + a * (s - b_s)
    return sigmoid(P @ s + A @ x + R @ h + b), s
