"""The diagonal linear recurrence: h_t = a h_{t-1} + (1 - a) (W x_t + b), with a between 0 and 1.

E. Martin, C. Cundy: Parallelizing linear recurrent neural nets over sequence length. ICLR 2018;
with real a = exp(-exp(nu)) as A. Orvieto et al.: Resurrecting recurrent neural networks for long
sequences. ICML 2023, section 3.2, which has complex numbers, and 1 - a for their normalization.

Each unit is a moving average of its inputs, over time constants that begin around ten steps. It
is linear in the inputs: not alone, but with layers between that are not.
"""

from .expressions import exp
from .formula_cell import cell


@cell("Martin, Cundy 2018; Orvieto et al. 2023", means={"nu": -2.0}, scales={"nu": 1.0})
def Diagonal(x, h, *, W, b, nu):
    """Diagonal linear recurrence: each unit is a moving average of its inputs.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    a = exp(-exp(nu))
    u = W @ x + b
    return u + a * (h - u)
