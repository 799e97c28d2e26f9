"""Derivatives of activations from their values, for cells that are written by hand."""

from metarnn.engine.affine import affine_with
from metarnn.engine.emission import elementwise
from metarnn.engine.vectors import Vector, where


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
