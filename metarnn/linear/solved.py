"""Losses of features whose linear readout is solved, and their derivatives by the features.

The solution follows the features, so a loss depends on these alone, and a search for good features
need not find the readout (variable projection). Where the readout minimizes the loss itself, its
own derivative vanishes, and the derivative by the features is that of the loss with the readout
held (the envelope theorem).

G. H. Golub, V. Pereyra: The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate. SIAM Journal on Numerical Analysis 10 (1973) 413-432.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from .logistic import logistic
from .ridge import RidgePath
from .ridge_losses import ridge_losses

Floats = NDArray[np.float64]

#: The least penalties: of a ridge, below which rounding errors would decide, and of logits, which
#: would grow without bound where classes can be separated.
LEAST_OF_RIDGE, LEAST_OF_LOGITS = 1e-13, 1e-8
#: The penalties of which leave-one-out chooses, for each sequence of weight 1.
GRID = np.logspace(-6, 0, 7)
#: Factors of the scores of a ridge, of which the best turns them into logits.
FACTORS = np.logspace(-1, 2, 61)


class SolvedReadout(ABC):
    """A linear readout as the solution of a problem, and its loss.

    Features are (P, B, F), targets (B, K): numbers, or indicators of classes, 0 and 1; weights
    (B,) are positive.

    Parameters
    ----------
    alpha : float
        L2 penalty: the loss has alpha/2 times the sum of the squared coefficients, intercepts left
        out.
    """

    for_numbers: ClassVar[bool] = True  # or for classes only
    least: ClassVar[float] = LEAST_OF_RIDGE  # of alpha
    description: ClassVar[str]  # one line

    def __init__(self, alpha: float) -> None:
        self.alpha = max(alpha, self.least)

    def on(self, rows: NDArray[np.bool_]) -> Self:
        """Return it for data of which it is solved on some rows (B,) and judged on the others.

        By default the same: it is solved and judged on all.
        """
        return self

    @abstractmethod
    def losses(self, X: Floats, Y: Floats, w: Floats) -> Floats:
        """Return the losses (P,); NaN where features are not finite."""

    @abstractmethod
    def derivatives(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        """Return the losses (P,) and their derivatives by the features, (P, B, F)."""

    @abstractmethod
    def maps(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        """Return coefficients (P, F, K) and intercepts (P, K) that predict the targets."""

    def logits(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        """Return coefficients and intercepts whose softmax has the probabilities of classes."""
        return self.maps(X, Y, w)


class RidgeReadout(SolvedReadout):
    """The readout of the least penalized squared error, which is the loss."""

    description = "the least squared error of numbers, or of classes as 0 and 1, and its penalty"

    def losses(self, X: Floats, Y: Floats, w: Floats) -> Floats:
        penalties = np.array([self._penalty(Y, w)])
        return ridge_losses(X, Y, w, penalties, leave_one_out=False)[:, 0]

    def derivatives(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        losses, residuals, C = self._fitted(X, Y, w)
        scale = -2 * w[:, None] / (w.sum() * Y.shape[1])
        return losses, (scale * residuals) @ C.mT

    def maps(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        return RidgePath(X, Y, w).coefficients(self._penalty(Y, w))

    def logits(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        path, penalty = RidgePath(X, Y, w), self._penalty(Y, w)
        C, c = path.coefficients(penalty)
        factors = _factors(path.predictions([penalty])[:, 0], Y, w)
        return C * factors[:, None, None], c * factors[:, None]

    def _penalty(self, Y: Floats, w: Floats) -> float:
        """Return the penalty of a sum of squares, of which the loss is a mean."""
        return float(self.alpha / 2 * w.sum() * Y.shape[1])

    def _fitted(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
        """Return losses (P,), residuals (P, B, K) and coefficients (P, F, K)."""
        C, c = self.maps(X, Y, w)
        residuals = Y - X @ C - c[:, None]
        errors = (residuals**2).mean(axis=2) @ (w / w.sum())
        return errors + self.alpha / 2 * (C**2).sum(axis=(1, 2)), residuals, C


class LeaveOneOutReadout(SolvedReadout):
    """A ridge with the penalty that predicts each row best by the others; that error is the loss.

    The penalty is chosen for each model, so that `alpha` has no effect.
    """

    description = "the squared error of each prediction by the other sequences; chooses penalties"

    def losses(self, X: Floats, Y: Floats, w: Floats) -> Floats:
        return ridge_losses(X, Y, w, GRID * w.sum(), leave_one_out=True).min(axis=1)

    def derivatives(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        return RidgePath(X, Y, w).loss_derivatives(GRID * w.sum())

    def maps(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        fit = RidgePath(X, Y, w).best(GRID * w.sum())
        return fit.coefficients, fit.intercepts

    def logits(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        fit = RidgePath(X, Y, w).best(GRID * w.sum())
        factors = _factors(fit.predictions, Y, w)
        return fit.coefficients * factors[:, None, None], fit.intercepts * factors[:, None]


class LogisticReadout(SolvedReadout):
    """The readout of the least penalized cross-entropy, which is the loss."""

    for_numbers = False
    least = LEAST_OF_LOGITS
    description = "the least cross-entropy of classes and its penalty, by Newton's method"

    def losses(self, X: Floats, Y: Floats, w: Floats) -> Floats:
        return logistic(X, Y, self.alpha, w).losses

    def derivatives(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        C, c, losses = logistic(X, Y, self.alpha, w)
        scores = X @ C + c[:, None]
        p = np.exp(scores - scores.max(axis=2, keepdims=True))
        p /= p.sum(axis=2, keepdims=True)
        return losses, ((p - Y) * (w / w.sum())[:, None]) @ C.mT

    def maps(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        fit = logistic(X, Y, self.alpha, w)
        return fit.coefficients, fit.intercepts


def _factors(predictions: Floats, Y: Floats, w: Floats) -> Floats:
    """Return the factors (P,) with which predictions (P, B, K) have the least cross-entropy.

    The targets are smoothed as if there were one more row, of all classes alike: where no
    prediction is wrong, no factor would be too large.

    J. C. Platt: Probabilistic outputs for support vector machines. Advances in Large Margin
    Classifiers (1999) 61-74.
    """
    found = []
    n, K = Y.shape
    Y = (n * Y + 1 / K) / (n + 1)
    for factor in FACTORS:
        scores = factor * predictions
        scores = scores - scores.max(axis=2, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=2, keepdims=True))
        found.append(-((Y * logs).sum(axis=2) @ w))
    return FACTORS[np.argmin(found, axis=0)]
