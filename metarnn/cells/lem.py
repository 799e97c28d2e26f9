"""Long expressive memory: two states on time scales of their own, which the inputs choose.

T. K. Rusch, S. Mishra, N. B. Erichson, M. W. Mahoney: Long expressive memory for sequence modeling.
ICLR 2022, equations 3 and 4, with the step of 1 that the paper takes for most tasks.

As many weights as an LSTM, with gradients that the paper bounds for long sequences. What is new
reaches the output by way of the slow state z: not for tasks that need the last input alone.
"""

from .expressions import sigmoid, tanh
from .formula_cell import cell


@cell("Rusch et al. 2022")
def LEM(x, h, z, *, W_1, W_2, W_z, W_h, U_1, U_2, U_z, V_h, b_1, b_2, b_z, b_h, dt=1.0):
    """Long expressive memory: two states, on time scales that the inputs choose.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    dt : float
        The largest step of time, the paper's Delta t.
    """
    fast = dt * sigmoid(W_1 @ x + U_1 @ h + b_1)
    slow = dt * sigmoid(W_2 @ x + U_2 @ h + b_2)
    z = z + fast * (tanh(W_z @ x + U_z @ h + b_z) - z)
    return h + slow * (tanh(W_h @ x + V_h @ z + b_h) - h), z
