"""Losses on lanes, with their derivative by the scores."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from .functions import exp, sigmoid
from .jit import kernel
from .tiles import LANES

Array = NDArray[np.floating]

CROSS_ENTROPY, MSE = 0, 1


@kernel
def lane_losses(loss, scores, labels, losses, delta):  # type: ignore[no-untyped-def]
    """Compute the losses of 32 sequences and their derivatives by the scores.

    Parameters
    ----------
    loss : int
        CROSS_ENTROPY or MSE.
    scores : (K, 32) array
        Overwritten.
    labels : (32,) int64 array
        Class of each sequence.
    losses : (32,) array
        Output.
    delta : (K, 32) array
        Output: the derivative of each sequence's loss by its scores.
    """
    if loss == CROSS_ENTROPY:
        _cross_entropy(scores, labels, losses, delta)
    else:
        _mse(scores, labels, losses, delta)


@kernel
def _cross_entropy(scores, labels, losses, delta):  # type: ignore[no-untyped-def]
    """Log sum_k exp(s_k) - s_y, less the largest score; by s_k: softmax_k - [k = y]."""
    one, zero = scores.dtype.type(1), scores.dtype.type(0)
    K = scores.shape[0]
    for lane in range(LANES):
        losses[lane] = scores[0, lane]
    for k in range(1, K):
        for lane in range(LANES):
            losses[lane] = max(losses[lane], scores[k, lane])
    for k in range(K):
        for lane in range(LANES):
            scores[k, lane] -= losses[lane]
            delta[k, lane] = exp(scores[k, lane])
    for lane in range(LANES):
        losses[lane] = -scores[labels[lane], lane]
    for k in range(K):
        for lane in range(LANES):
            losses[lane] += zero * scores[k, lane]  # NaN where a score is infinite
    total = scores[0]
    for lane in range(LANES):
        total[lane] = delta[0, lane]
    for k in range(1, K):
        for lane in range(LANES):
            total[lane] += delta[k, lane]
    for k in range(K):
        for lane in range(LANES):
            delta[k, lane] /= total[lane]
    for lane in range(LANES):
        losses[lane] += log(total[lane])
        delta[labels[lane], lane] -= one


@kernel
def _mse(scores, labels, losses, delta):  # type: ignore[no-untyped-def]
    """Mean of m_k^2, m_k = p_k - [k = y], p = sigmoid(s); by s_k: 2/K m_k p_k (1 - p_k)."""
    one, zero = scores.dtype.type(1), scores.dtype.type(0)
    K = scores.shape[0]
    share = one / scores.dtype.type(K)
    losses[:] = zero
    for k in range(K):
        for lane in range(LANES):
            p = sigmoid(scores[k, lane])
            miss = p - (one if labels[lane] == k else zero)
            # 0 s is NaN where s is infinite: no finite loss from such a score.
            losses[lane] += share * miss * miss + zero * scores[k, lane]
            delta[k, lane] = (share + share) * miss * p * (one - p)


def _softmax(scores: Array) -> Array:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def _normalised_sigmoid(scores: Array) -> Array:
    # log sigmoid first: where all outputs are close to 0, their shares still count.
    return _softmax(-np.logaddexp(0.0, -scores))


@dataclass(frozen=True)
class Loss:
    """A loss that networks are trained with.

    Attributes
    ----------
    code : int
        How compiled code knows it.
    probabilities : callable
        Scores (..., K) to class probabilities (..., K).
    of_shares : callable
        The loss of answering every sequence with the class frequencies (K,): what a network
        that ignores its input can reach.
    description : str
        One line.
    """

    code: int
    probabilities: Callable[[Array], Array]
    of_shares: Callable[[Array], float]
    description: str


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(
        CROSS_ENTROPY,
        _softmax,
        lambda shares: float(entr(shares).sum()),
        "softmax outputs, minus the log-probability of the class",
    ),
    "mse": Loss(
        MSE,
        _normalised_sigmoid,
        lambda shares: float((shares * (1 - shares)).mean()),
        "logistic outputs, mean squared distance to 0 and 1",
    ),
}
