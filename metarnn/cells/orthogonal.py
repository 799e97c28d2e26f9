"""The orthogonal cell: z = Q h_{t-1} + W x_t, h_t = sign(z) relu(|z| + b), Q orthogonal.

Q is a product of Householder reflections: Z. Mhammedi, A. Hellicar, A. Rahman, J. Bailey:
Efficient orthogonal parametrisation of recurrent neural networks using Householder
reflections. ICML 2017, equation 6 with all H of them. The function of each unit, modReLU, is
equation 8 of M. Arjovsky, A. Shah, Y. Bengio: Unitary evolution recurrent neural networks.
ICML 2016, on real numbers.

Q keeps the length of a state, so gradients reach far back and old inputs are remembered. They are
just as hard to forget: not for tasks in which old inputs are noise. Computing Q takes O(H^3) time
for each candidate, as much as a hundred steps of 32 sequences.
"""

from .expressions import mod_relu
from .formula_cell import cell
from .reflections import reflected


@cell(
    "Mhammedi et al. 2017",
    names={"v": "reflections", "b": "bias"},
    scales={"v": 1.0},
    spreads={"b": 0.01},
)
def Orthogonal(x, h, *, W, v, b):
    """Orthogonal cell: a recurrent matrix that neither stretches nor shrinks, and modReLU.

    Q = H_1 H_2 ... H_H, H_k = 1 - 2 v v' / (v'v), where v_k begins with k - 1 zeros and its
    other numbers are weights. v = 0 stands for no reflection. With normal v, Q is distributed
    uniformly over the matrices of determinant (-1)^H. The bias b begins near 0, so that states
    keep their length.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """
    Q = reflected(v)
    return mod_relu(W @ x + Q @ h, b)
