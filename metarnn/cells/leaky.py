"""The leaky unit: h_t = z h_{t-1} + (1 - z) tanh(W x_t + U h_{t-1} + b).

H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert: Optimization and applications of echo state
networks with leaky-integrator neurons. Neural Networks 20 (2007) 335-352, equation 3 with a
= 1 - z. It is a GRU whose gates see nothing (C. Tallec, Y. Ollivier: Can recurrent neural networks
warp time? ICLR 2018): each unit keeps a fraction z = sigmoid(decay) of its state, and so has a time
constant of its own, 1 / (1 - z) steps, which is trained or drawn.

It smooths its inputs as slowly as the time constant says, at a third of a GRU's cost. It cannot
hold a value for as long as it likes and then let it go: not for latches.
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


def leak(n: Vector, h: Vector, decay: Vector) -> tuple[Vector, ...]:
    """Return n = tanh of the sum, and z h + (1 - z) n, from the sum and h before."""
    n, z = tanh(n), sigmoid(decay)
    return n, fma(z, h - n, n)


def leak_back(d_h: Vector, n: Vector, h: Vector, decay: Vector) -> tuple[Vector, ...]:
    """Return the derivatives by the sum, by decay, and by h before through z."""
    z = sigmoid(decay)
    return d_h * (1.0 - z) * (1.0 - n * n), d_h * (h - n) * (z * (1.0 - z)), d_h * z


blend, blend_back = elementwise(leak, 2, n_weights=1), elementwise(leak_back, 3, n_weights=1)


@step_routine
def step(w, x, n_x, before, n_before, kept_before, h, kept, H, size, lanes):
    """Compute h (H, 32), and n (H, 32); the weights begin with decay (H)."""
    affine(at(w, H), x, n_x, before, n_before, n_x + H, kept, H, lanes)
    blend(kept, before, w, kept, h, H)


@back_routine
def back(
    w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H, size, lanes
):
    """Compute delta (2 H, 32), by the sums and by decay; replace d by that by h before."""
    blend_back(d, kept, before, w, delta, at(delta, H * LANES), d, H)
    if n_before:
        affine_added(at(w, H), delta, H, delta, 0, H, d, n_before, lanes, d)


class Leaky(Cell):
    """Leaky unit: an Elman cell that keeps a fraction of its state, learned for each unit.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step, back = step, back

    n_kept = derived(lambda self: self.n_hidden)  # rows of n
    n_delta = derived(lambda self: 2 * self.n_hidden)  # by the sums and by decay
    n_input_delta = derived(lambda self: self.n_hidden)
    n_functions = derived(lambda self: 2 * self.n_hidden)

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W, U, b, and the decay, which begins at time constants from 2 to some 50 steps."""
        H, I = self.n_hidden, self.n_inputs
        return (
            WeightBlock("weight_ih", (H, I), 1 / sqrt(I)),
            WeightBlock("weight_hh", (H, H), 1 / sqrt(H)),
            WeightBlock("bias_ih", (H,), 1 / sqrt(I + H)),
            WeightBlock("decay", (H,), 1.0, mean=2.0),
        )

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b, decay = (positions[name] for name in self.shapes)
        step, state = (decay, affine_order(b, W, U)), (decay, affine_order(None, U.T))
        return Orders(np.concatenate(step), np.concatenate(state), affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b, decay = (positions[name] for name in self.shapes)
        H = self.n_hidden
        return [
            GradientTerm(0, INPUTS, 0, W, b),
            GradientTerm(0, BEFORE, 0, U),
            GradientTerm.of_biases(H, decay),
        ]
