"""The Elman cell: h_t = f(W x_t + U h_{t-1} + b), h_0 = 0.

J. L. Elman: Finding structure in time. Cognitive Science 14 (1990) 179-211. With tanh
gradients vanish over long sequences; with relu they may explode; with sigmoid the state is
never negative and gradients vanish even faster, since its derivative is at most 1/4.
"""

from dataclasses import dataclass
from math import sqrt

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
from metarnn.engine.jit import Routine
from metarnn.engine.vectors import Vector, where
from metarnn.engine.weight_block import WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, step_routine


@step_routine
def tanh_step(w, x, n_x, before, n_before, kept_before, h, kept, H, n_u, lanes):
    """Compute h (H, 32) from x (I, 32) and n_u previous rows, of which n_before are not 0."""
    affine_tanh(w, x, n_x, before, n_before, n_x + n_u, h, H, lanes)


@step_routine
def relu_step(w, x, n_x, before, n_before, kept_before, h, kept, H, n_u, lanes):
    """See :func:`tanh_step`."""
    affine_relu(w, x, n_x, before, n_before, n_x + n_u, h, H, lanes)


@step_routine
def sigmoid_step(w, x, n_x, before, n_before, kept_before, h, kept, H, n_u, lanes):
    """See :func:`tanh_step`."""
    affine_sigmoid(w, x, n_x, before, n_before, n_x + n_u, h, H, lanes)


def tanh_slope(d_h: Vector, h: Vector) -> Vector:
    """d_h (1 - h^2)."""
    return d_h * (1.0 - h * h)


def relu_slope(d_h: Vector, h: Vector) -> Vector:
    """d_h where h is positive."""
    return where(h > 0.0, d_h, 0.0)


def sigmoid_slope(d_h: Vector, h: Vector) -> Vector:
    """d_h h (1 - h)."""
    return d_h * (h * (1.0 - h))


times_tanh_slope, affine_tanh_slope = elementwise(tanh_slope), affine_with(tanh_slope)
times_relu_slope, affine_relu_slope = elementwise(relu_slope), affine_with(relu_slope)
times_sigmoid_slope, affine_sigmoid_slope = elementwise(sigmoid_slope), affine_with(sigmoid_slope)


@back_routine
def tanh_back(
    w,
    before,
    n_before,
    kept_before,
    h,
    kept,
    d_h,
    delta,
    ready,
    delta_before,
    wanted,
    H,
    n_u,
    lanes,
):
    """Compute delta, the derivative by the sum of the step; replace d_h by that by `before`."""
    if not ready:
        times_tanh_slope(d_h, h, delta, H)
    if n_before and wanted:  # apply f' while the sums are in registers, instead of storing d_h
        affine_tanh_slope(w, delta, H, delta, 0, H, delta_before, H, lanes, before)
    elif n_before:
        affine(w, delta, H, delta, 0, H, d_h, n_before, lanes)


@back_routine
def relu_back(
    w,
    before,
    n_before,
    kept_before,
    h,
    kept,
    d_h,
    delta,
    ready,
    delta_before,
    wanted,
    H,
    n_u,
    lanes,
):
    """See :func:`tanh_back`."""
    if not ready:
        times_relu_slope(d_h, h, delta, H)
    if n_before and wanted:  # apply f' while the sums are in registers, instead of storing d_h
        affine_relu_slope(w, delta, H, delta, 0, H, delta_before, H, lanes, before)
    elif n_before:
        affine(w, delta, H, delta, 0, H, d_h, n_before, lanes)


@back_routine
def sigmoid_back(
    w,
    before,
    n_before,
    kept_before,
    h,
    kept,
    d_h,
    delta,
    ready,
    delta_before,
    wanted,
    H,
    n_u,
    lanes,
):
    """See :func:`tanh_back`."""
    if not ready:
        times_sigmoid_slope(d_h, h, delta, H)
    if n_before and wanted:  # apply f' while the sums are in registers, instead of storing d_h
        affine_sigmoid_slope(w, delta, H, delta, 0, H, delta_before, H, lanes, before)
    elif n_before:
        affine(w, delta, H, delta, 0, H, d_h, n_before, lanes)


ACTIVATIONS = {
    "tanh": (tanh_step, tanh_back),
    "relu": (relu_step, relu_back),
    "sigmoid": (sigmoid_step, sigmoid_back),
}


@dataclass(frozen=True)
class Elman(Cell):
    """Elman cell: h_t = f(W x_t + U h_{t-1} + b).

    Parameters
    ----------
    activation : {"tanh", "relu", "sigmoid"}
        f.
    n_directions : int
        2 for h = f(W x + U [h_left; h_up] + b), on images.
    """

    activation: str = "tanh"
    n_directions: int = 1
    needs_zeros = False

    @property
    def step(self) -> Routine:
        return ACTIVATIONS[self.activation][0]

    @property
    def back(self) -> Routine:
        return ACTIVATIONS[self.activation][1]

    @property
    def size(self) -> int:
        """Columns of U."""
        return self.n_hidden * self.n_directions

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
