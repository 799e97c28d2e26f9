"""The leaky unit: h_t = z h_{t-1} + (1 - z) tanh(W x_t + U h_{t-1} + b).

H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert: Optimization and applications of echo state
networks with leaky-integrator neurons. Neural Networks 20 (2007) 335-352, equation 3 with a
= 1 - z. It is a GRU whose gates see nothing (C. Tallec, Y. Ollivier: Can recurrent neural networks
warp time? ICLR 2018): each unit keeps a fraction z = sigmoid(decay) of its state, and so has a time
constant of its own, 1 / (1 - z) steps, which is trained or drawn.

It smooths its inputs as slowly as the time constant says, at a third of a GRU's cost. It cannot
hold a value for as long as it likes and then let it go: not for latches.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Jaeger et al. 2007", means={"decay": 2.0}, scales={"decay": 1.0})
def Leaky(x, h, *, W, U, b, decay):
    """Leaky unit: an Elman cell that keeps a fraction of its state, learned for each unit.

    The decay begins at time constants from 2 to some 50 steps.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    n, z = tanh(W @ x + U @ h + b), sigmoid(decay)
    return n + z * (h - n)
