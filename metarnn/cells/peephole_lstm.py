"""The LSTM cell with peepholes: its gates see the memory c as well.

F. A. Gers, N. N. Schraudolph, J. Schmidhuber: Learning precise timing with LSTM recurrent networks.
Journal of Machine Learning Research 3 (2002) 115-143, equations 1 to 6: i and f see c_{t-1}, o sees
c_t, each unit its own.

For counting and exact timing, where an LSTM whose output gate is closed cannot see what it holds.
Elsewhere the peepholes are more weights for nothing.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Gers et al. 2002", means={"b_f": 1.0})
def PeepholeLSTM(
    x, h, c, *, W_i, W_f, W_g, W_o, U_i, U_f, U_g, U_o, b_i, b_f, b_g, b_o, p_i, p_f, p_o,
):  # fmt: skip
    """LSTM cell with peepholes: its gates see its memory as well.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    i = sigmoid(W_i @ x + U_i @ h + b_i + p_i * c)
    f = sigmoid(W_f @ x + U_f @ h + b_f + p_f * c)
    c = f * c + i * tanh(W_g @ x + U_g @ h + b_g)
    o = sigmoid(W_o @ x + U_o @ h + b_o + p_o * c)
    return o * tanh(c), c
