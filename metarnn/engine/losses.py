"""Losses on lanes, with their derivatives by the scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from .blocks import emitted
from .jit import LANES, Reals, Routine, routine
from .vector_math import exp_of_negative, log_of_normal, sigmoid
from .vectors import Code, Integer, Pointer, Vector, fma, sqrt, where

Array = NDArray[np.floating]


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

    def compare(row: Integer, number: Vector, largest: Vector) -> list[Vector]:
        s = scores.vector(row)
        return [where(s > largest, s, largest)]

    (largest,) = _over_classes(code, scores, n_classes, [scores.splat(-np.inf)], compare)

    def add(row: Integer, number: Vector, total: Vector, picked: Vector) -> list[Vector]:
        below = scores.vector(row) - largest
        # 0 s is NaN where s is infinite: no finite loss from such a score.
        power = fma(below, 0.0, exp_of_negative(below))
        if powers is not None:
            powers.store(power, row)
        return [total + power, where(number.equals(chosen), below, picked)]

    zero = scores.splat(0.0)
    total, picked = _over_classes(code, scores, n_classes, [zero, zero], add)
    return total, picked


def _cross_entropy(
    code: Code,
    scores: Pointer,
    n_classes: Integer,
    labels: Pointer,
    losses: Pointer,
    weights: Pointer | None = None,
    delta: Pointer | None = None,
) -> None:
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


def _cross_entropy_factor(
    code: Code,
    scores: Pointer,
    n_classes: Integer,
    weights: Pointer,
    k: Integer,
    factor: Pointer,
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


# --- Squared distance of logistic outputs ------------------------------------------------


def _mse(
    code: Code,
    scores: Pointer,
    n_classes: Integer,
    labels: Pointer,
    losses: Pointer,
    weights: Pointer | None = None,
    delta: Pointer | None = None,
) -> None:
    """Mean of m_k^2, m_k = p_k - [k = y], p = sigmoid(s); by s_k: 2/K m_k p_k (1 - p_k)."""
    label = labels.vector()
    share = 1.0 / scores.converted(n_classes)
    factor = (share + share) * weights.vector() if weights is not None else share

    def add(row: Integer, number: Vector, total: Vector) -> list[Vector]:
        s = scores.vector(row)
        p = sigmoid(s)
        miss = where(number.equals(label), p - 1.0, p)
        if delta is not None:
            delta.store(factor * miss * (p * (1.0 - p)), row)
        # 0 s is NaN where s is infinite: no finite loss from such a score.
        return [fma(s, 0.0, fma(miss, miss, total))]

    (total,) = _over_classes(code, scores, n_classes, [scores.splat(0.0)], add)
    losses.store(total * share)


def _mse_factor(
    code: Code,
    scores: Pointer,
    n_classes: Integer,
    weights: Pointer,
    k: Integer,
    factor: Pointer,
) -> None:
    """Sqrt(2/K) p_k (1 - p_k) e_k: the derivative of one output, scaled."""
    chosen = scores.converted(k)
    root = sqrt(weights.vector() * 2.0 / scores.converted(n_classes))

    def slope(row: Integer, number: Vector) -> list[Vector]:
        p = sigmoid(scores.vector(row))
        factor.store(where(number.equals(chosen), root * (p * (1.0 - p)), 0.0), row)
        return []

    _over_classes(code, scores, n_classes, [], slope)


# --- Squared distance of numbers ---------------------------------------------------------


def _squared_error(
    code: Code,
    scores: Pointer,
    n_numbers: Integer,
    targets: Pointer,
    losses: Pointer,
    weights: Pointer | None = None,
    delta: Pointer | None = None,
) -> None:
    """Mean of m_k^2, m_k = s_k - y_k, of targets (K, 32); by s_k: 2/K m_k."""
    share = 1.0 / scores.converted(n_numbers)
    factor = (share + share) * weights.vector() if weights is not None else share

    def add(row: Integer, _: Vector, total: Vector) -> list[Vector]:
        s = scores.vector(row)
        miss = s - targets.vector(row)
        if delta is not None:
            delta.store(factor * miss, row)
        # 0 s is NaN where s is infinite: as with the other losses.
        return [fma(s, 0.0, fma(miss, miss, total))]

    (total,) = _over_classes(code, scores, n_numbers, [scores.splat(0.0)], add)
    losses.store(total * share)


def _squared_error_factor(
    code: Code,
    scores: Pointer,
    n_numbers: Integer,
    weights: Pointer,
    k: Integer,
    factor: Pointer,
) -> None:
    """Sqrt(2/K) e_k."""
    chosen = scores.converted(k)
    root = sqrt(weights.vector() * 2.0 / scores.converted(n_numbers))

    def choose(row: Integer, number: Vector) -> list[Vector]:
        factor.store(where(number.equals(chosen), root, 0.0), row)
        return []

    _over_classes(code, scores, n_numbers, [], choose)


# --- The tables --------------------------------------------------------------------------


def _whole_rows(write: Callable[..., None], name: str, n_arguments: int) -> Any:
    """Emit code whose vectors are whole rows: several registers each, at work side by side."""

    def by_rows(code: Code, *arguments: Any) -> None:
        write(code, *(a.by(LANES) if isinstance(a, Pointer) else a for a in arguments))

    return emitted(by_rows, name, n_arguments)


_cross_entropy_only = _whole_rows(_cross_entropy, "cross_entropy", 4)
_cross_entropy_slope = _whole_rows(_cross_entropy, "cross_entropy_slope", 6)
_cross_entropy_factors = _whole_rows(_cross_entropy_factor, "cross_entropy_factor", 5)
_mse_only = _whole_rows(_mse, "mse", 4)
_mse_slope = _whole_rows(_mse, "mse_slope", 6)
_mse_factors = _whole_rows(_mse_factor, "mse_factor", 5)
_squared_error_only = _whole_rows(_squared_error, "squared_error", 4)
_squared_error_slope = _whole_rows(_squared_error, "squared_error_slope", 6)
_squared_error_factors = _whole_rows(_squared_error_factor, "squared_error_factor", 5)


@routine
def cross_entropy_losses(scores: Reals, n_classes: int, labels: Reals, losses: Reals) -> None:
    """Compute losses (32) of scores (K, 32)."""
    _cross_entropy_only(scores, n_classes, labels, losses)


@routine
def cross_entropy_slopes(
    scores: Reals, n_classes: int, labels: Reals, losses: Reals, weights: Reals, delta: Reals
) -> None:
    """Compute losses (32) of scores (K, 32), and weight times the derivatives (K, 32) by these."""
    _cross_entropy_slope(scores, n_classes, labels, losses, weights, delta)


@routine
def cross_entropy_factor(
    scores: Reals, n_classes: int, weights: Reals, k: int, factor: Reals
) -> None:
    """Compute column k (K, 32) of a square root of weight times the second derivative."""
    _cross_entropy_factors(scores, n_classes, weights, k, factor)


@routine
def mse_losses(scores: Reals, n_classes: int, labels: Reals, losses: Reals) -> None:
    """Compute losses (32) of scores (K, 32)."""
    _mse_only(scores, n_classes, labels, losses)


@routine
def mse_slopes(
    scores: Reals, n_classes: int, labels: Reals, losses: Reals, weights: Reals, delta: Reals
) -> None:
    """Compute losses (32) of scores (K, 32), and weight times the derivatives (K, 32) by these."""
    _mse_slope(scores, n_classes, labels, losses, weights, delta)


@routine
def mse_factor(scores: Reals, n_classes: int, weights: Reals, k: int, factor: Reals) -> None:
    """Compute column k (K, 32) of a square root of weight times the Gauss-Newton matrix."""
    _mse_factors(scores, n_classes, weights, k, factor)


@routine
def squared_error_losses(scores: Reals, n_numbers: int, targets: Reals, losses: Reals) -> None:
    """Compute losses (32) of scores (K, 32) where they should be targets (K, 32)."""
    _squared_error_only(scores, n_numbers, targets, losses)


@routine
def squared_error_slopes(
    scores: Reals, n_numbers: int, targets: Reals, losses: Reals, weights: Reals, delta: Reals
) -> None:
    """Compute losses (32) of scores (K, 32), and weight times the derivatives (K, 32) by these."""
    _squared_error_slope(scores, n_numbers, targets, losses, weights, delta)


@routine
def squared_error_factor(
    scores: Reals, n_numbers: int, weights: Reals, k: int, factor: Reals
) -> None:
    """Compute column k (K, 32) of a square root of weight times the second derivative."""
    _squared_error_factors(scores, n_numbers, weights, k, factor)


def _softmax_of(scores: Array) -> Array:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def _normalised_sigmoid(scores: Array) -> Array:
    # log sigmoid first: where all outputs are close to 0, their shares still count.
    return _softmax_of(-np.logaddexp(0.0, -scores))


@dataclass(frozen=True)
class Loss:
    """A loss that networks are trained with.

    Attributes
    ----------
    losses, slopes, factor : Routine
        The losses of a tile; these and their derivatives by the scores; and one of the K
        columns of a square root of the (Gauss-Newton) second derivative by the scores.
    description : str
        One line.
    """

    losses: Routine
    slopes: Routine
    factor: Routine
    description: str


@dataclass(frozen=True)
class ClassLoss(Loss):
    """A loss of scores of classes, one of which is right.

    Attributes
    ----------
    probabilities : callable
        Scores (..., K) to class probabilities (..., K).
    of_shares : callable
        The loss of answering every sequence with the class frequencies (K,): what a network
        that ignores its input can reach.
    """

    probabilities: Callable[[Array], Array]
    of_shares: Callable[[Array], float]


#: Losses of classes.
LOSSES: dict[str, ClassLoss] = {
    "cross_entropy": ClassLoss(
        cross_entropy_losses,
        cross_entropy_slopes,
        cross_entropy_factor,
        "softmax outputs, minus the log-probability of the class",
        _softmax_of,
        lambda shares: float(entr(shares).sum()),
    ),
    "mse": ClassLoss(
        mse_losses,
        mse_slopes,
        mse_factor,
        "logistic outputs, mean squared distance to 0 and 1",
        _normalised_sigmoid,
        lambda shares: float((shares * (1 - shares)).mean()),
    ),
}

#: Losses of numbers, of which a sequence, or each of its steps, has K. A table of its own, since
#: whatever runs over LOSSES gives classes and asks for probabilities, and these have none.
NUMBER_LOSSES: dict[str, Loss] = {
    "squared_error": Loss(
        squared_error_losses,
        squared_error_slopes,
        squared_error_factor,
        "of numbers, not classes: mean squared distance to the targets",
    ),
}
