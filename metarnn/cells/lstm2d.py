"""The LSTM cell of two dimensions: c = f_left c_left + f_up c_up + i g, h = o tanh(c).

A. Graves, S. Fernandez, J. Schmidhuber: Multi-dimensional recurrent neural networks. ICANN 2007,
section 2.2, for two dimensions and without peepholes. The gates i, f_left, f_up, o are
sigmoids and g is a tanh of W x + U [h_left; h_up] + b, in this order: i, f_left, f_up, g, o.

Where both forget gates are open, c is a sum of two, and may grow with the number of paths between
two places: not for large images without smaller initial weights.
"""

from math import sqrt

from metarnn.engine.affine import Positions, affine, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vector_math import sigmoid, tanh
from metarnn.engine.vectors import Vector, fma
from metarnn.engine.weight_block import WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, derived, step_routine


def gates(
    i: Vector, f: Vector, f_up: Vector, g: Vector, o: Vector, c: Vector, c_up: Vector
) -> tuple[Vector, ...]:
    """Return the kept rows c, the gates, tanh c, and h, from the five sums and both c before."""
    i, f, f_up, g, o = sigmoid(i), sigmoid(f), sigmoid(f_up), tanh(g), sigmoid(o)
    c = fma(f, c, fma(f_up, c_up, i * g))
    shown = tanh(c)
    return c, i, f, f_up, g, o, shown, o * shown


def gates_back(
    d_h: Vector, d_c: Vector, c_left: Vector, c_up: Vector, i: Vector, f: Vector, f_up: Vector,
    g: Vector, o: Vector, shown: Vector,
) -> tuple[Vector, ...]:  # fmt: skip
    """Return the derivatives by the five sums, and by both c before."""
    d_c = fma(d_h * o, 1.0 - shown * shown, d_c)
    return (
        d_c * g * (i * (1.0 - i)),
        d_c * c_left * (f * (1.0 - f)),
        d_c * c_up * (f_up * (1.0 - f_up)),
        d_c * i * (1.0 - g * g),
        d_h * shown * (o * (1.0 - o)),
        d_c * f,
        d_c * f_up,
    )


open_gates, close_gates = elementwise(gates, 8), elementwise(gates_back, 7)


@step_routine
def step(w, x, n_x, before, n_before, c_before, h, kept, H, size, lanes):
    """Compute h (H, 32), and the kept rows (7 H, 32)."""
    n = H * LANES
    i, f, f_up = at(kept, n), at(kept, 2 * n), at(kept, 3 * n)
    g, o, shown = at(kept, 4 * n), at(kept, 5 * n), at(kept, 6 * n)
    affine(w, x, n_x, before, n_before, n_x + 2 * H, i, 5 * H, lanes)
    open_gates(
        i, f, f_up, g, o, c_before, at(c_before, n), kept, i, f, f_up, g, o, shown, h, H
    )  # fmt: skip


@back_routine
def back(
    w, before, n_before, c_before, h, kept, d, delta, ready, delta_before, wanted, H, size, lanes
):
    """Compute delta (5 H, 32); replace d by [h; c] by that by [h_left; h_up; c_left; c_up]."""
    n = H * LANES
    close_gates(
        d, at(d, n), c_before, at(c_before, n),
        at(kept, n), at(kept, 2 * n), at(kept, 3 * n), at(kept, 4 * n), at(kept, 5 * n),
        at(kept, 6 * n),
        delta, at(delta, n), at(delta, 2 * n), at(delta, 3 * n), at(delta, 4 * n),
        at(d, 2 * n), at(d, 3 * n), H,
    )  # fmt: skip
    if n_before:
        affine(w, delta, 5 * H, delta, 0, 5 * H, d, n_before, lanes)


class LSTM2D(Cell):
    """LSTM cell on images: each step has two steps before it.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step, back = step, back
    needs_zeros = False

    n_carried = derived(lambda self: self.n_hidden)  # rows of c
    n_directions = derived(lambda self: 2)
    n_kept = derived(lambda self: 7 * self.n_hidden)  # rows of c, i, f_left, f_up, g, o, tanh c
    n_functions = derived(lambda self: 6 * self.n_hidden)  # of i, f_left, f_up, g, o, tanh c
    n_delta = derived(lambda self: 5 * self.n_hidden)  # rows of i, f_left, f_up, g, o

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W, U and b; forget gates begin half open: two open ones would let c grow."""
        H, I = self.n_hidden, self.n_inputs
        return (
            WeightBlock("weight_ih", (5 * H, I), 1 / sqrt(I)),
            WeightBlock("weight_hh", (5 * H, 2 * H), 1 / sqrt(2 * H)),
            WeightBlock("bias_ih", (5 * H,), 1 / sqrt(I + 2 * H)),
        )

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b = (positions[name] for name in self.shapes)
        return Orders(affine_order(b, W, U), affine_order(None, U.T), affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b = (positions[name] for name in self.shapes)
        return [GradientTerm(0, INPUTS, 0, W, b), GradientTerm(0, BEFORE, 0, U)]
