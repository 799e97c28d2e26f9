"""Multinomial logistic regression by Newton's method, for many models at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .logistic_newton import solved_columns

Floats = NDArray[np.float64]


class LogisticFit(NamedTuple):
    """A logistic regression; NaN where features are not finite."""

    coefficients: Floats  # (P, F, K), which sum to 0 over the classes
    intercepts: Floats  # (P, K)
    losses: Floats  # (P,): mean cross-entropy and penalty


def logistic(
    features: ArrayLike, targets: ArrayLike, penalty: float, weights: ArrayLike | None = None
) -> LogisticFit:
    """Return logistic regressions of the lowest penalized cross-entropy.

    It is the weighted mean of -log p_k for the class k of each row, with p the softmax of
    x C + c, plus penalty/2 times the sum of the squares of C. Newton's method, each step halved
    until the loss falls, goes on until a step decreases the loss by less than a part in 10^8: 3 to
    8 steps, and up to 20 where a low penalty alone bounds the coefficients.

    Parameters
    ----------
    features : (P, B, F) array_like
        Of P models. A step takes time of order P B (F K)^2 / 2 and P (F K)^3 / 6, and
        8 (F K)^2 bytes: for few features and few classes.
    targets : (B, K) array_like
        Indicators of the classes, or probabilities, which add up to 1; K is at least 2.
    penalty : float
        Above 0: where classes can be separated, coefficients would grow without bound.
    weights : (B,) array_like, optional
        Of the rows, positive.

    Notes
    -----
    D. Böhning: Multinomial logistic regression algorithm. Annals of the Institute of Statistical
    Mathematics 44 (1992) 197-200.
    """
    X, Y = np.asarray(features, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    w = np.ones(len(Y)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(penalty) and penalty > 0):
        raise ValueError(f"penalty must be finite and above 0, got {penalty!r}.")
    w = w / w.sum()
    W, losses = solved_columns(X, Y, w, penalty)
    C = np.concatenate([W, np.zeros((len(X), 1, W.shape[2]))], axis=1).mT
    C -= C.mean(axis=2, keepdims=True)
    coefficients, centered = C[:, :-1], C[:, -1]
    with np.errstate(over="ignore", invalid="ignore"):
        means = (w @ X)[:, None]
    return LogisticFit(coefficients, centered - (means @ coefficients)[:, 0], losses)
