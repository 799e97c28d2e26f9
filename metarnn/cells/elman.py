"""The Elman cell: h_t = f(W x_t + U h_{t-1} + b), h_0 = 0.

J. L. Elman: Finding structure in time. Cognitive Science 14 (1990) 179-211. With tanh
gradients vanish over long sequences; with relu they may explode; with sigmoid the state is
never negative and gradients vanish even faster, since its derivative is at most 1/4.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from metarnn.compilation import named
from metarnn.engine.affine import (
    Positions,
    affine,
    affine_order,
    affine_relu,
    affine_sigmoid,
    affine_tanh,
    affine_with,
)
from metarnn.engine.emission import elementwise
from metarnn.engine.vectors import Vector, where
from metarnn.engine.weight_block import WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, derived, step_routine


def tanh_slope(d_h: Vector, h: Vector) -> Vector:
    """d_h (1 - h^2)."""
    return d_h * (1.0 - h * h)


def relu_slope(d_h: Vector, h: Vector) -> Vector:
    """d_h where h is positive."""
    return where(h > 0.0, d_h, 0.0)


def sigmoid_slope(d_h: Vector, h: Vector) -> Vector:
    """d_h h (1 - h)."""
    return d_h * (h * (1.0 - h))


affine_tanh_slope, affine_relu_slope = affine_with(tanh_slope), affine_with(relu_slope)
affine_sigmoid_slope, times_sigmoid_slope = affine_with(sigmoid_slope), elementwise(sigmoid_slope)


def routines(name: str, affine_f: Any, affine_slope: Any, times_slope: Any) -> tuple[Any, Any]:
    """Return the step and its derivative with an activation f."""

    @step_routine
    @named(f"{name}_step")
    def step(w, x, n_x, before, n_before, kept_before, h, kept, H, n_u, lanes):
        """Compute h (H, 32) from x (I, 32) and n_u previous rows, of which n_before are not 0."""
        affine_f(w, x, n_x, before, n_before, n_x + n_u, h, H, lanes)

    @back_routine
    @named(f"{name}_back")
    def back(
        w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H, n_u,
        lanes,
    ):  # fmt: skip
        """Compute delta, the derivative by the sum of the step; replace d by that by `before`."""
        if not ready:
            times_slope(d, h, delta, H)
        if n_before and wanted:  # apply f' while the sums are in registers, instead of storing d
            affine_slope(w, delta, H, delta, 0, H, delta_before, H, lanes, before)
        elif n_before:
            affine(w, delta, H, delta, 0, H, d, n_before, lanes)

    return step, back


ACTIVATIONS = {
    "tanh": routines("tanh", affine_tanh, affine_tanh_slope, elementwise(tanh_slope)),
    "relu": routines("relu", affine_relu, affine_relu_slope, elementwise(relu_slope)),
    "sigmoid": routines("sigmoid", affine_sigmoid, affine_sigmoid_slope, times_sigmoid_slope),
}


@dataclass(frozen=True)
class Elman(Cell):
    """Elman cell: h_t = f(W x_t + U h_{t-1} + b).

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    activation : {"tanh", "relu", "sigmoid"}
        f.
    n_directions : int
        2 for h = f(W x + U [h_left; h_up] + b), on images.
    """

    activation: str = "tanh"
    n_directions: int = 1
    needs_zeros = False

    step = derived(lambda self: ACTIVATIONS[self.activation][0])
    back = derived(lambda self: ACTIVATIONS[self.activation][1])
    size = derived(lambda self: self.n_hidden * self.n_directions)  # columns of U

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W, U and the sum of PyTorch's two biases, which only ever act as their sum."""
        H, I, n = self.n_hidden, self.n_inputs, self.size
        return (
            WeightBlock("weight_ih", (H, I), 1 / sqrt(I)),
            WeightBlock("weight_hh", (H, n), 1 / sqrt(n)),
            WeightBlock("bias_ih", (H,), 1 / sqrt(I + n)),
        )

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b = (positions[name] for name in self.shapes)
        return Orders(affine_order(b, W, U), affine_order(None, U.T), affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b = (positions[name] for name in self.shapes)
        return [GradientTerm(0, INPUTS, 0, W, b), GradientTerm(0, BEFORE, 0, U)]
