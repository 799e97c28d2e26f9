"""The LSTM cell: c_t = f c_{t-1} + i g, h_t = o tanh(c_t).

S. Hochreiter, J. Schmidhuber: Long short-term memory. Neural Computation 9 (1997) 1735-1780;
with the forget gate of F. A. Gers, J. Schmidhuber, F. Cummins: Learning to forget. Neural
Computation 12 (2000) 2451-2471. The gates i, f, o are sigmoids and g is a tanh of
W x_t + U h_{t-1} + b, in this order: i, f, g, o.

It remembers over long gaps, with four times the weights of an Elman cell: a population method
has four times as many coordinates to search.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Hochreiter, Schmidhuber 1997; Gers et al. 2000", means={"b_f": 1.0})
def LSTM(x, h, c, *, W_i, W_f, W_g, W_o, U_i, U_f, U_g, U_o, b_i, b_f, b_g, b_o):
    """LSTM cell, with the gates in PyTorch's order and the sum of its two biases.

    Forget gates begin open, around a bias of 1 (Gers et al. 2000).

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    i, f = sigmoid(W_i @ x + U_i @ h + b_i), sigmoid(W_f @ x + U_f @ h + b_f)
    g, o = tanh(W_g @ x + U_g @ h + b_g), sigmoid(W_o @ x + U_o @ h + b_o)
    c = f * c + i * g
    return o * tanh(c), c
