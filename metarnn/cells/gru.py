"""The gated recurrent unit: h_t = (1 - z) n + z h_{t-1}.

K. Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine
translation. EMNLP 2014, in the form that PyTorch and cuDNN compute, with the reset gate after
the product: r and z are sigmoids of W x_t + U h_{t-1} + b, and
n = tanh(W_n x_t + b_n + r (U_n h_{t-1} + b_hn)).

It remembers nearly as well as an LSTM with three quarters of the weights. It cannot count as well,
since its state stays between -1 and 1.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Cho et al. 2014", names={"c_n": "bias_hn"})
def GRU(x, h, *, W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n):
    """Gated recurrent unit, with the gates in PyTorch's order.

    PyTorch has two biases. Those of r and z only act as their sum, so there is one here; the
    second bias of n, which the reset gate multiplies, is bias_hn.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    r = sigmoid(W_r @ x + U_r @ h + b_r)
    z = sigmoid(W_z @ x + U_z @ h + b_z)
    n = tanh(W_n @ x + b_n + r * (U_n @ h + c_n))
    return n + z * (h - n)
