"""The Jordan cell: its outputs are fed back, s_t = V f(W x_t + U o_{t-1} + b) + c.

M. I. Jordan: Serial order: a parallel distributed processing approach. ICS Report 8604, UC San
Diego, 1986. The outputs o_t = sigmoid(s_t) are its only memory; o_0 = 0. With few outputs it has
few weights, and no more memory than the outputs hold: not for tasks that need a memory of
something that the outputs do not show.
"""

from .expressions import sigmoid
from .formula_cell import cell


@cell(
    "Jordan 1986",
    names={"U": "weight_oh", "V": "weight_ho", "c": "bias_ho"},
    scales={"c": "V"},
    rows={"s": "n_outputs", "o": "n_outputs"},
)
def Jordan(x, s, o, *, W, U, b, V, c, activation="tanh"):
    """Jordan cell: its outputs are fed back. Its state is s; it carries o.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    n_outputs : int
        O.
    activation : {"tanh", "relu", "sigmoid"}
        f.
    """
    s = V @ activation(W @ x + U @ o + b) + c
    return s, sigmoid(s)
