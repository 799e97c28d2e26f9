"""The LSTM cell of two dimensions: c = f_left c_left + f_up c_up + i g, h = o tanh(c).

A. Graves, S. Fernandez, J. Schmidhuber: Multi-dimensional recurrent neural networks. ICANN 2007,
section 2.2, for two dimensions and without peepholes. The gates i, f_left, f_up, o are
sigmoids and g is a tanh of W x + U [h_left; h_up] + b, in this order: i, f_left, f_up, g, o.

Where both forget gates are open, c is a sum of two, and may grow with the number of paths between
two places: not for large images without smaller initial weights.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Graves et al. 2007", n_directions=2)
def LSTM2D(
    x, h, c_left, c_up, *,
    W_i, W_l, W_u, W_g, W_o, U_i, U_l, U_u, U_g, U_o, b_i, b_l, b_u, b_g, b_o,
):  # fmt: skip
    """LSTM cell on images: each step has two steps before it.

    Forget gates begin half open: two open ones would let c grow.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    i, g = sigmoid(W_i @ x + U_i @ h + b_i), tanh(W_g @ x + U_g @ h + b_g)
    left, up = sigmoid(W_l @ x + U_l @ h + b_l), sigmoid(W_u @ x + U_u @ h + b_u)
    o = sigmoid(W_o @ x + U_o @ h + b_o)
    c = left * c_left + (up * c_up + i * g)
    return o * tanh(c), c
