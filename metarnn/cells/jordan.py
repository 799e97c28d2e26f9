"""The Jordan cell: its outputs are fed back, s_t = V f(W x_t + U o_{t-1} + b) + c.

M. I. Jordan: Serial order: a parallel distributed processing approach. ICS Report 8604, UC San
Diego, 1986. The outputs o_t = sigmoid(s_t) are its only memory; o_0 = 0. With few outputs it has
few weights, and no more memory than the outputs hold: not for tasks that need a memory of
something that the outputs do not show.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from metarnn.compilation import named
from metarnn.engine.affine import (
    Positions,
    affine,
    affine_order,
    affine_relu,
    affine_sigmoid,
    affine_tanh,
)
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vector_math import sigmoid
from metarnn.engine.vectors import Vector
from metarnn.engine.weight_block import WeightBlock

from .cell import (
    INPUTS,
    KEPT,
    KEPT_BEFORE,
    Cell,
    GradientTerm,
    Orders,
    back_routine,
    derived,
    step_routine,
)
from .slopes import affine_relu_slope, affine_sigmoid_slope, affine_tanh_slope


def output_back(d_s: Vector, d_o: Vector, o: Vector) -> tuple[Vector, ...]:
    """Return the derivative by s, where o = sigmoid(s), and 0 for s before, which is not read."""
    return d_s + d_o * (o * (1.0 - o)), d_s.splat(0.0)


output, through_output = elementwise(sigmoid), elementwise(output_back, 2)


def routines(name: str, affine_f: Any, affine_slope: Any) -> tuple[Any, Any]:
    """Return the step and its derivative with an activation f."""

    @step_routine
    @named(f"{name}_step")
    def step(w, x, n_x, before, n_before, o_before, s, kept, O, H, lanes):
        """Compute s (O, 32), and the kept rows o and h, from x and from o before."""
        h = at(kept, O * LANES)
        affine_f(w, x, n_x, o_before, n_before, n_x + O, h, H, lanes)
        affine(at(w, H * (1 + n_x + O)), h, H, h, 0, H, s, O, lanes)
        output(s, kept, O)

    @back_routine
    @named(f"{name}_back")
    def back(
        w, before, n_before, o_before, s, kept, d, delta, ready, delta_before, wanted, O, H, lanes
    ):
        """Compute delta, the derivatives by h's sum and s; replace d by that by o before."""
        n, d_s = O * LANES, at(delta, H * LANES)
        through_output(d, at(d, n), kept, d_s, d, O)
        affine_slope(w, d_s, O, d_s, 0, O, delta, H, lanes, at(kept, n))
        if n_before:
            affine(at(w, H * (1 + O)), delta, H, delta, 0, H, at(d, n), O, lanes)

    return step, back


ROUTINES = {
    "tanh": routines("tanh", affine_tanh, affine_tanh_slope),
    "relu": routines("relu", affine_relu, affine_relu_slope),
    "sigmoid": routines("sigmoid", affine_sigmoid, affine_sigmoid_slope),
}


@dataclass(frozen=True)
class Jordan(Cell):
    """Jordan cell: its outputs are fed back. Its state is s; it keeps [o; h] and carries o.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    n_outputs : int
        O.
    activation : {"tanh", "relu", "sigmoid"}
        f.
    """

    n_outputs: int
    activation: str = "tanh"
    needs_zeros = False

    step = derived(lambda self: ROUTINES[self.activation][0])
    back = derived(lambda self: ROUTINES[self.activation][1])
    n_state = derived(lambda self: self.n_outputs)  # rows of s
    n_carried = derived(lambda self: self.n_outputs)  # rows of o
    #: The rows of o: s is not read by the next step.
    decoder_state = derived(lambda self: (self.n_state, self.n_outputs))
    n_kept = derived(lambda self: self.n_outputs + self.n_hidden)  # rows of o and h
    n_delta = derived(lambda self: self.n_hidden + self.n_outputs)  # rows of h and s
    n_input_delta = derived(lambda self: self.n_hidden)  # rows of h
    size = derived(lambda self: self.n_hidden)  # H
    n_functions = derived(lambda self: self.n_hidden + self.n_outputs)  # also of outputs fed back

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W, U, b, V, c."""
        I, H, O = self.n_inputs, self.n_hidden, self.n_outputs
        return (
            WeightBlock("weight_ih", (H, I), 1 / sqrt(I)),
            WeightBlock("weight_oh", (H, O), 1 / sqrt(O)),
            WeightBlock("bias_ih", (H,), 1 / sqrt(I + O)),
            WeightBlock("weight_ho", (O, H), 1 / sqrt(H)),
            WeightBlock("bias_ho", (O,), 1 / sqrt(H)),
        )

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b, V, c = (positions[name] for name in self.shapes)
        return Orders(
            np.concatenate([affine_order(b, W, U), affine_order(c, V)]),
            np.concatenate([affine_order(None, V.T), affine_order(None, U.T)]),
            affine_order(None, W.T),
        )

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b, V, c = (positions[name] for name in self.shapes)
        H, O = self.n_hidden, self.n_outputs
        return [
            GradientTerm(0, INPUTS, 0, W, b),
            GradientTerm(0, KEPT_BEFORE, 0, U),
            GradientTerm(H, KEPT, O, V, c),
        ]
