"""The independently recurrent network: h_t = f(W x_t + u h_{t-1} + b), each unit on its own.

S. Li, W. Li, C. Cook, C. Zhu, Y. Gao: Independently recurrent neural network (IndRNN): building a
longer and deeper RNN. CVPR 2018, equation 2. The recurrent weights u begin around 1/2.

H recurrent weights in place of H^2, and a gradient that one number per unit lets grow or vanish.
Units of one layer do not see each other: take two layers or more.
"""

from .formula_cell import cell


@cell("Li et al. 2018", names={"u": "weight_hh"}, means={"u": 0.5}, scales={"u": 0.25})
def IndRNN(x, h, *, W, u, b, activation="relu"):
    """Independently recurrent network: each unit sees no state but its own.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    activation : {"tanh", "relu", "sigmoid"}
        f.
    """
    return activation(W @ x + u * h + b)
