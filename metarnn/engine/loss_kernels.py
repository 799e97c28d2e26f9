"""Losses of the scores of a tile and their derivatives, compiled from formulas.

The scores are rows (K, 32): one for each output, and a lane for each sequence.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from metarnn.compilation import named

from .emission import Code, emitted
from .jit import LANES, Reals, Routine, routine
from .vector_math import exp_of_negative, log_of_normal, sigmoid
from .vector_memory import Pointer
from .vectors import Integer, Vector, fma, sqrt, where


def _over_classes(
    code: Code, scores: Pointer, n_classes: Integer, carry: list[Vector], body: Callable[..., Any]
) -> list[Vector]:
    """Repeat ``carry = body(row, number, *carry)`` for each class: its row and its number."""

    def one(k: Integer, number: Vector, *carry: Vector) -> list[Vector]:
        return [number + 1.0, *body(k * LANES, number, *carry)]

    return code.loop(n_classes, [scores.splat(0.0), *carry], one)[1:]


# --- Cross-entropy of the softmax --------------------------------------------------------


def _softmax(
    code: Code, scores: Pointer, n_classes: Integer, chosen: Vector, powers: Pointer | None
) -> tuple[Vector, Vector]:
    """Return the sum of e^(s - m), m being the largest score, and s - m of chosen classes.

    Stores the powers, if there is a place for them.
    """

    def compare(row: Integer, number: Vector, largest: Vector, least: Vector) -> list[Vector]:
        s = scores.vector(row)
        return [where(s > largest, s, largest), where(s < least, s, least)]

    ends = [scores.splat(-np.inf), scores.splat(np.inf)]
    largest, least = _over_classes(code, scores, n_classes, ends, compare)

    def add(row: Integer, number: Vector, total: Vector, picked: Vector) -> list[Vector]:
        below = scores.vector(row) - largest
        power = exp_of_negative(below)
        if powers is not None:
            powers.store(power, row)
        return [total + power, where(number.equals(chosen), below, picked)]

    zero = scores.splat(0.0)
    total, picked = _over_classes(code, scores, n_classes, [zero, zero], add)
    # 0 times infinity is NaN: no finite loss where a score is infinite.
    return fma(least - largest, 0.0, total), picked


def cross_entropy(
    code: Code, scores: Pointer, n_classes: Integer, labels: Pointer, losses: Pointer,
    weights: Pointer | None = None, delta: Pointer | None = None,
) -> None:  # fmt: skip
    """Log sum_k exp(s_k) - s_y, less the largest score; by s_k: softmax_k - [k = y]."""
    label = labels.vector()
    total, picked = _softmax(code, scores, n_classes, label, delta)
    losses.store(log_of_normal(total) - picked)
    if delta is not None and weights is not None:
        share, weight = 1.0 / total, weights.vector()

        def subtract(row: Integer, number: Vector) -> list[Vector]:
            p = delta.vector(row) * share
            delta.store(weight * where(number.equals(label), p - 1.0, p), row)
            return []

        _over_classes(code, scores, n_classes, [], subtract)


def cross_entropy_factor(
    code: Code, scores: Pointer, n_classes: Integer, weights: Pointer, k: Integer, factor: Pointer
) -> None:
    """Sqrt(p_k) (e_k - p): the sum over k of its outer products is diag(p) - p p'."""
    chosen = scores.converted(k)
    total, picked = _softmax(code, scores, n_classes, chosen, factor)
    share = 1.0 / total
    root = sqrt(weights.vector() * exp_of_negative(picked) * share)

    def scale(row: Integer, number: Vector) -> list[Vector]:
        p = factor.vector(row) * share
        factor.store(root * where(number.equals(chosen), 1.0 - p, -p), row)
        return []

    _over_classes(code, scores, n_classes, [], scale)


# --- Mean squared error: of logistic outputs from 0 and 1, or of numbers from targets -----


def logistic(s: Vector) -> tuple[Vector, Vector | None]:
    """Return p = sigmoid(s) and its derivative p (1 - p)."""
    p = sigmoid(s)
    return p, p * (1.0 - p)


def linear(s: Vector) -> tuple[Vector, Vector | None]:
    """Return s, whose derivative is 1."""
    return s, None


def from_class(labels: Pointer) -> Callable[..., Vector]:
    """Return the error p_k - [k = y] as a function of p_k, its row and k; y is one label (32)."""
    label = labels.vector()
    return lambda p, row, k: where(k.equals(label), p - 1.0, p)


def from_number(targets: Pointer) -> Callable[..., Vector]:
    """Return the error p_k - y_k as a function of p_k, its row and k; y are numbers (K, 32)."""
    return lambda p, row, k: p - targets.vector(row)


def mean_square(
    output: Callable[[Vector], tuple[Vector, Vector | None]],
    error_from: Callable[[Pointer], Callable[..., Vector]],
) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return the formulas of the mean of e_k^2, e_k being the error of the output p_k."""

    def loss(
        code: Code, scores: Pointer, n_outputs: Integer, targets: Pointer, losses: Pointer,
        weights: Pointer | None = None, delta: Pointer | None = None,
    ) -> None:  # fmt: skip
        """Mean of e_k^2; by s_k: 2/K e_k p_k'."""
        error_of = error_from(targets)
        unit = 1.0 / scores.converted(n_outputs)
        factor = (unit + unit) * weights.vector() if weights is not None else unit

        def add(row: Integer, k: Vector, total: Vector) -> list[Vector]:
            s = scores.vector(row)
            p, slope = output(s)
            error = error_of(p, row, k)
            if delta is not None:
                delta.store(factor * error if slope is None else factor * error * slope, row)
            # 0 s is NaN where s is infinite: no finite loss from such a score.
            return [fma(s, 0.0, fma(error, error, total))]

        (total,) = _over_classes(code, scores, n_outputs, [scores.splat(0.0)], add)
        losses.store(total * unit)

    def factor(
        code: Code,
        scores: Pointer,
        n_outputs: Integer,
        weights: Pointer,
        k: Integer,
        column: Pointer,
    ) -> None:
        """Sqrt(2/K) p_k' e_k: the derivative of one output, scaled; e_k is a unit vector."""
        chosen = scores.converted(k)
        root = sqrt(weights.vector() * 2.0 / scores.converted(n_outputs))

        def choose(row: Integer, number: Vector) -> list[Vector]:
            _, slope = output(scores.vector(row))
            scaled = root if slope is None else root * slope
            column.store(where(number.equals(chosen), scaled, 0.0), row)
            return []

        _over_classes(code, scores, n_outputs, [], choose)

    return loss, factor


# --- From formulas to routines -----------------------------------------------------------


def _whole_rows(write: Callable[..., None], name: str, n_arguments: int) -> Any:
    """Emit code whose vectors are whole rows: several registers each, at work side by side."""

    def by_rows(code: Code, *arguments: Any) -> None:
        write(code, *(a.by(LANES) if isinstance(a, Pointer) else a for a in arguments))

    return emitted(by_rows, name, n_arguments)


def loss_routines(
    name: str, loss: Callable[..., None], factor: Callable[..., None]
) -> tuple[Routine, Routine, Routine]:
    """Return the three routines of a loss, as ``losses.Loss`` lists them, from its two formulas."""
    write_losses = _whole_rows(loss, f"{name}_losses", 4)
    write_gradients = _whole_rows(loss, f"{name}_gradients", 6)
    write_factor = _whole_rows(factor, f"{name}_factor", 5)

    @routine
    @named(f"{name}_losses")
    def losses(scores: Reals, n: int, targets: Reals, losses: Reals) -> None:
        write_losses(scores, n, targets, losses)

    @routine
    @named(f"{name}_gradients")
    def gradients(
        scores: Reals, n: int, targets: Reals, losses: Reals, weights: Reals, delta: Reals
    ) -> None:
        write_gradients(scores, n, targets, losses, weights, delta)

    @routine
    @named(f"{name}_factor")
    def factor_column(scores: Reals, n: int, weights: Reals, k: int, column: Reals) -> None:
        write_factor(scores, n, weights, k, column)

    return losses, gradients, factor_column
