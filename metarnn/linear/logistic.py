"""Multinomial logistic regression by Newton's method, for many models at once."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: Penalty of the intercepts, which bounds that of a class without a row.
LEAST = 1e-9
#: Newton steps at most, halvings of each, and the decrease of the loss that is worth one more.
MAX_STEPS, MAX_HALVINGS, TOL = 50, 20, 1e-13


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
    x C + c, plus penalty/2 times the sum of the squares of C. Newton's method in the K - 1
    directions in which scores differ, each step halved until the loss falls, goes on until a step
    no longer pays: some 5 to 10.

    Parameters
    ----------
    features : (P, B, F) array_like
        Of P models. A step takes time of order P B (F K)^2 / 2 and P (F K)^3 / 3, and
        8 P (F K)^2 bytes: for few features and few classes.
    targets : (B, K) array_like
        Indicators of the classes, or probabilities.
    penalty : float
        Above 0: where classes can be separated, coefficients would grow without bound.
    weights : (B,) array_like, optional
        Of the rows, positive.

    Notes
    -----
    D. Böhning: Multinomial logistic regression algorithm. Annals of the Institute of Statistical
    Mathematics 44 (1992) 197-200.
    """
    X, Y = np.array(features, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    w = np.ones(len(Y)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(penalty) and penalty > 0):
        raise ValueError(f"penalty must be finite and above 0, got {penalty!r}.")
    w = w / w.sum()
    with np.errstate(over="ignore", invalid="ignore"):
        mean = w @ X
        X -= mean[:, None]
        finite = np.isfinite((X**2).sum(axis=(1, 2)))
    X[~finite], mean[~finite] = 0.0, 0.0
    X = np.concatenate([X, np.ones((*X.shape[:2], 1))], axis=2)
    problem = _Problem(X, Y, w, penalty)
    V, losses = problem.solved()
    C = V @ problem.directions.T
    coefficients = C[:, :-1]
    intercepts = C[:, -1] - (mean[:, None] @ coefficients)[:, 0]
    valid = np.where(finite, 1.0, np.nan)
    return LogisticFit(
        coefficients * valid[:, None, None], intercepts * valid[:, None], losses * valid
    )


class _Problem:
    """Losses, gradients and curvatures by V (P, F + 1, K - 1), where C = V directions'."""

    def __init__(self, X: Floats, Y: Floats, w: Floats, penalty: float) -> None:
        self.X, self.Y, self.w = X, Y, w
        n, K = X.shape[2], Y.shape[1]
        # Orthonormal columns that sum to 0.
        self.directions = np.linalg.svd(np.eye(K) - 1 / K)[0][:, : K - 1]
        self.penalties = np.append(np.full(n - 1, penalty), LEAST)[:, None]

    def solved(self) -> tuple[Floats, Floats]:
        """Return V and the losses (P,) there."""
        P, _, n = self.X.shape
        V = np.zeros((P, n, self.Y.shape[1] - 1))
        losses, logs = self.losses(V, slice(None))
        left = np.arange(P)
        for _ in range(MAX_STEPS):
            gradient, curvature = self.derivatives(V[left], logs[left], left)
            flat = gradient.reshape(len(left), -1, 1)
            step = np.linalg.solve(curvature, flat).reshape(gradient.shape)
            fall = (gradient * step).sum(axis=(1, 2))
            sizes = np.ones(len(left))
            trial, found = np.arange(len(left)), V[left].copy()
            for _ in range(MAX_HALVINGS):
                there = V[left[trial]] - sizes[trial, None, None] * step[trial]
                new, new_logs = self.losses(there, left[trial])
                lower = new <= losses[left[trial]] - 1e-4 * sizes[trial] * fall[trial]
                done = trial[lower]
                found[done] = there[lower]
                losses[left[done]], logs[left[done]] = new[lower], new_logs[lower]
                trial = trial[~lower]
                if not len(trial):
                    break
                sizes[trial] /= 2
            V[left] = found
            stuck = np.isin(np.arange(len(left)), trial)
            left = left[(fall > TOL) & ~stuck]
            if not len(left):
                break
        return V, losses

    def losses(self, V: Floats, some: Any) -> tuple[Floats, Floats]:
        """Return penalized losses (P,) and log-probabilities (P, B, K)."""
        scores = self.X[some] @ (V @ self.directions.T)
        scores -= scores.max(axis=2, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=2, keepdims=True))
        means = -((self.Y * scores).sum(axis=2) @ self.w)
        return means + 0.5 * (self.penalties * V**2).sum(axis=(1, 2)), scores

    def derivatives(self, V: Floats, logs: Floats, some: Any) -> tuple[Floats, Floats]:
        """Return gradients (P, F + 1, K - 1) and second derivatives (P, n, n)."""
        X, U = self.X[some], self.directions
        P, _, n = X.shape
        p = np.exp(logs)
        gradient = X.mT @ ((p - self.Y) * self.w[:, None] @ U) + self.penalties * V
        M = U.shape[1]
        curvature = np.empty((P, n, M, n, M))
        means = p @ U
        for i in range(M):
            for k in range(i + 1):
                h = (p @ (U[:, i] * U[:, k]) - means[..., i] * means[..., k]) * self.w
                block = (X * h[..., None]).mT @ X
                curvature[:, :, i, :, k] = block
                curvature[:, :, k, :, i] = block
        curvature = curvature.reshape(P, n * M, n * M)
        diagonal = np.arange(n * M)
        curvature[:, diagonal, diagonal] += np.repeat(self.penalties[:, 0], M)
        return gradient, curvature
