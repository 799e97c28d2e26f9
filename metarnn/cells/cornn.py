"""The coupled oscillatory network: h is moved by a velocity v, which a nonlinear spring drives.

T. K. Rusch, S. Mishra: Coupled oscillatory recurrent neural network (coRNN). ICLR 2021, equation 3
with the damping of the step before.

The gradient of its hidden state is bounded in both directions for small steps, so that it learns
over long sequences. Oscillators forget values at rest: not where a constant must be held.
"""

from .expressions import tanh
from .formula_cell import cell


@cell("Rusch, Mishra 2021")
def CoRNN(x, h, v, *, W, U, V, b, dt=0.1, stiffness=1.0, damping=1.0):
    """Coupled oscillators: a velocity moves each unit, and a nonlinear spring drives it.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    dt, stiffness, damping : float
        The paper's Delta t, gamma and epsilon.
    """
    force = tanh(W @ x + U @ h + V @ v + b) - stiffness * h - damping * v
    v = v + dt * force
    return h + dt * v, v
