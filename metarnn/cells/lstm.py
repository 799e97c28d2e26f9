"""The LSTM cell: c_t = f c_{t-1} + i g, h_t = o tanh(c_t).

S. Hochreiter, J. Schmidhuber: Long short-term memory. Neural Computation 9 (1997) 1735-1780;
with the forget gate of F. A. Gers, J. Schmidhuber, F. Cummins: Learning to forget. Neural
Computation 12 (2000) 2451-2471. The gates i, f, o are sigmoids and g is a tanh of
W x_t + U h_{t-1} + b, in this order: i, f, g, o.

It remembers over long gaps, with four times the weights of an Elman cell: a population method
has four times as many coordinates to search.
"""

from math import sqrt

import numpy as np

from metarnn.engine.affine import Positions, affine, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vector_math import sigmoid, tanh
from metarnn.engine.vectors import Vector, fma
from metarnn.engine.weight_block import WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, derived, step_routine


def gates(i: Vector, f: Vector, g: Vector, o: Vector, c: Vector) -> tuple[Vector, ...]:
    """Return the kept rows c, i, f, g, o, tanh c, and h, from the four sums and c before."""
    i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c = fma(f, c, i * g)
    shown = tanh(c)
    return c, i, f, g, o, shown, o * shown


def gates_back(
    d_h: Vector, d_c: Vector, c_before: Vector, i: Vector, f: Vector, g: Vector, o: Vector,
    shown: Vector,
) -> tuple[Vector, ...]:  # fmt: skip
    """Return the derivatives by the four sums, and by c before."""
    d_c = fma(d_h * o, 1.0 - shown * shown, d_c)
    return (
        d_c * g * (i * (1.0 - i)),
        d_c * c_before * (f * (1.0 - f)),
        d_c * i * (1.0 - g * g),
        d_h * shown * (o * (1.0 - o)),
        d_c * f,
    )


open_gates, close_gates = elementwise(gates, 7), elementwise(gates_back, 5)


@step_routine
def step(w, x, n_x, before, n_before, kept_before, h, kept, H, size, lanes):
    """Compute h (H, 32), and the kept rows (6 H, 32)."""
    n = H * LANES
    i, f, g, o = at(kept, n), at(kept, 2 * n), at(kept, 3 * n), at(kept, 4 * n)
    affine(w, x, n_x, before, n_before, n_x + H, i, 4 * H, lanes)
    open_gates(i, f, g, o, kept_before, kept, i, f, g, o, at(kept, 5 * n), h, H)


@back_routine
def back(
    w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H, size, lanes
):
    """Compute delta (4 H, 32), the derivatives by the sums; replace d by that by h and c before."""
    n = H * LANES
    d_c = at(d, n)
    close_gates(
        d, d_c, kept_before,
        at(kept, n), at(kept, 2 * n), at(kept, 3 * n), at(kept, 4 * n), at(kept, 5 * n),
        delta, at(delta, n), at(delta, 2 * n), at(delta, 3 * n), d_c, H,
    )  # fmt: skip
    if n_before:
        affine(w, delta, 4 * H, delta, 0, 4 * H, d, n_before, lanes)


class LSTM(Cell):
    """LSTM cell, with the gates in PyTorch's order and the sum of its two biases.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step, back = step, back
    needs_zeros = False

    n_carried = derived(lambda self: self.n_hidden)  # rows of c
    n_kept = derived(lambda self: 6 * self.n_hidden)  # rows of c, i, f, g, o, tanh c
    n_delta = derived(lambda self: 4 * self.n_hidden)  # rows of i, f, g, o
    n_functions = derived(lambda self: 5 * self.n_hidden)  # of i, f, g, o, tanh c

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W, U and b; forget gates begin open, around a bias of 1 (Gers et al. 2000)."""
        H, I = self.n_hidden, self.n_inputs
        open_forget = np.repeat([0.0, 1.0, 0.0, 0.0], H)
        return (
            WeightBlock("weight_ih", (4 * H, I), 1 / sqrt(I)),
            WeightBlock("weight_hh", (4 * H, H), 1 / sqrt(H)),
            WeightBlock("bias_ih", (4 * H,), 1 / sqrt(I + H), mean=open_forget),
        )

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b = (positions[name] for name in self.shapes)
        return Orders(affine_order(b, W, U), affine_order(None, U.T), affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b = (positions[name] for name in self.shapes)
        return [GradientTerm(0, INPUTS, 0, W, b), GradientTerm(0, BEFORE, 0, U)]
