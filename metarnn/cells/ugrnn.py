"""The update gate network: one gate g, h_t = g h_{t-1} + (1 - g) tanh(W x_t + U h_{t-1} + b).

J. Collins, J. Sohl-Dickstein, D. Sussillo: Capacity and trainability in recurrent neural networks.
ICLR 2017, section 2. The gate begins around a bias of 1, which keeps the state.

Half of an LSTM's weights; as easy to train on shallow tasks as a GRU by that paper. Without a reset
the new content always sees the old state: not where contents must be replaced at once.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Collins et al. 2017", means={"b_g": 1.0})
def UGRNN(x, h, *, W_g, W_c, U_g, U_c, b_g, b_c):
    """Update gate network: one gate keeps or replaces the state.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    g = sigmoid(W_g @ x + U_g @ h + b_g)
    c = tanh(W_c @ x + U_c @ h + b_c)
    return c + g * (h - c)
