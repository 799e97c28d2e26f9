"""The minimal gated unit: one gate f forgets and resets, h_t = (1 - f) h_{t-1} + f n.

G.-B. Zhou, J. Wu, C.-L. Zhang, Z.-H. Zhou: Minimal gated unit for recurrent neural networks.
International Journal of Automation and Computing 13 (2016) 226-234, equations 12 to 14.

Two thirds of a GRU's weights, which is as much less for a population to search. A state that is
to be kept cannot be read by the new content at the same time: not for counting while keeping.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Zhou et al. 2016")
def MGU(x, h, *, W_f, W_n, U_f, U_n, b_f, b_n):
    """Minimal gated unit: one gate forgets and resets.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    f = sigmoid(W_f @ x + U_f @ h + b_f)
    n = tanh(W_n @ x + U_n @ (f * h) + b_n)
    return h + f * (n - h)
