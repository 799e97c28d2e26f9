"""The gated recurrent unit: h_t = (1 - z) n + z h_{t-1}.

K. Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine
translation. EMNLP 2014, in the form that PyTorch and cuDNN compute, with the reset gate after
the product: r and z are sigmoids of W x_t + U h_{t-1} + b, and
n = tanh(W_n x_t + b_n + r (U_n h_{t-1} + b_hn)).

It remembers nearly as well as an LSTM with three quarters of the weights. It cannot count as well,
since its state stays between -1 and 1.
"""

from math import sqrt

import numpy as np

from metarnn.engine.affine import Positions, affine, affine_added, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vector_math import sigmoid, tanh
from metarnn.engine.vectors import Vector, fma
from metarnn.engine.weight_block import WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, derived, step_routine


def gates(r: Vector, z: Vector, n: Vector, m: Vector, h: Vector) -> tuple[Vector, ...]:
    """Return r, z, n and h from the sums, where m = U_n h + b_hn, and from h before."""
    r, z = sigmoid(r), sigmoid(z)
    n = tanh(fma(r, m, n))
    return r, z, n, fma(z, h - n, n)


def gates_back(
    d_h: Vector, h: Vector, r: Vector, z: Vector, n: Vector, m: Vector
) -> tuple[Vector, ...]:
    """Return the derivatives by the sums of r, z, n and m, and by h before through z."""
    d_n = d_h * (1.0 - z) * (1.0 - n * n)
    return d_n * m * (r * (1.0 - r)), d_h * (h - n) * (z * (1.0 - z)), d_n, d_n * r, d_h * z


open_gates, close_gates = elementwise(gates, 4), elementwise(gates_back, 5)


@step_routine
def step(w, x, n_x, before, n_before, kept_before, h, kept, H, size, lanes):
    """Compute h (H, 32), and r, z, n and m (4 H, 32)."""
    rows = H * LANES
    r, z, n, m = kept, at(kept, rows), at(kept, 2 * rows), at(kept, 3 * rows)
    w_n = at(w, 2 * H * (1 + n_x + H))
    w_m = at(w_n, H * (1 + n_x))
    affine(w, x, n_x, before, n_before, n_x + H, r, 2 * H, lanes)
    affine(w_n, x, n_x, before, 0, n_x, n, H, lanes)
    affine(w_m, before, n_before, before, 0, H, m, H, lanes)
    open_gates(r, z, n, m, before, r, z, n, h, H)


@back_routine
def back(
    w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H, size, lanes
):
    """Compute delta (4 H, 32), the derivatives by the sums; replace d by that by h before."""
    rows = H * LANES
    d_m = at(delta, 3 * rows)
    close_gates(
        d, before, kept, at(kept, rows), at(kept, 2 * rows), at(kept, 3 * rows),
        delta, at(delta, rows), at(delta, 2 * rows), d_m, d, H,
    )  # fmt: skip
    if n_before:
        affine_added(w, delta, 2 * H, d_m, H, 3 * H, d, n_before, lanes, d)


class GRU(Cell):
    """Gated recurrent unit, with the gates in PyTorch's order.

    PyTorch has two biases. Those of r and z only act as their sum, so there is one here; the
    second bias of n, which the reset gate multiplies, is bias_hn.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step, back = step, back

    n_kept = derived(lambda self: 4 * self.n_hidden)  # rows of r, z, n, m
    n_delta = derived(lambda self: 4 * self.n_hidden)  # likewise
    n_input_delta = derived(lambda self: 3 * self.n_hidden)  # rows of r, z, n
    n_functions = derived(lambda self: 3 * self.n_hidden)  # of r, z, n

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W, U and b of r, z, n, and b_hn."""
        H, I = self.n_hidden, self.n_inputs
        return (
            WeightBlock("weight_ih", (3 * H, I), 1 / sqrt(I)),
            WeightBlock("weight_hh", (3 * H, H), 1 / sqrt(H)),
            WeightBlock("bias_ih", (3 * H,), 1 / sqrt(I + H)),
            WeightBlock("bias_hn", (H,), 1 / sqrt(I + H)),
        )

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b, b_m = (positions[name] for name in self.shapes)
        n = 2 * self.n_hidden
        step = (
            affine_order(b[:n], W[:n], U[:n]),
            affine_order(b[n:], W[n:]),
            affine_order(b_m, U[n:]),
        )
        return Orders(np.concatenate(step), affine_order(None, U.T), affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b, b_m = (positions[name] for name in self.shapes)
        H = self.n_hidden
        return [
            GradientTerm(0, INPUTS, 0, W, b),
            GradientTerm(0, BEFORE, 0, U[: 2 * H]),
            GradientTerm(3 * H, BEFORE, 0, U[2 * H :]),
            GradientTerm.of_biases(3 * H, b_m),
        ]
