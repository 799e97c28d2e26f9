"""Newton's method for logistic regressions of many models, compiled.

``softmax_tiles.py`` says how features, scores and columns of coefficients are laid out.
"""

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.affine import affine, affine_order
from metarnn.engine.jit import LANES, kernel, subroutine
from metarnn.engine.pointers import doubles_at

from .cholesky import NUMBERS, solve_positive
from .softmax_tiles import cross_entropy, curve, differentiate, penalty

Floats = NDArray[np.float64]

#: Penalty of the intercepts, which bounds that of a class without a row.
LEAST = 1e-9
#: Newton steps at most, halvings of each, and the decrease, as a fraction of the loss, after which
#: there is no other step: near the minimum that would decrease the loss by about the square of it.
MAX_STEPS, MAX_HALVINGS, TOL = 50, 20, 1e-8
#: Differences of losses below this fraction are rounding errors.
ROUNDING = 1e-14


def solved_columns(X: Floats, Y: Floats, w: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Return the columns W (P, K - 1, F + 1) of the least losses, and these, (P,).

    The last number of a column is the intercept, of features less their weighted means. Both are
    NaN where features are not finite. The arguments are those of :func:`logistic`, and weights
    that add up to 1.
    """
    P, B, F = X.shape
    K, n_tiles = Y.shape[1], -(-B // LANES)
    targets, weights = np.zeros((n_tiles * LANES, K)), np.zeros((n_tiles, LANES))
    targets[:B], weights.flat[:B] = Y, w
    y = np.ascontiguousarray(targets.reshape(n_tiles, LANES, K).mT)
    penalties = np.append(np.full(F, penalty), LEAST)
    W, losses = np.zeros((P, K - 1, F + 1)), np.empty(P)
    order = affine_order(None, np.arange((K - 1) * (F + 1)).reshape(K - 1, F + 1))
    _solve(np.ascontiguousarray(X), y, weights, penalties, order, W, losses)
    return W, losses


@kernel
def _solve(X, y, w, penalties, order, W, losses):
    """Write the columns W (P, K - 1, n) and losses (P,) of models with features X (P, B, F)."""
    G, M, n = len(y), W.shape[1], W.shape[2]
    x, hx, block = np.ones((G, n, LANES)), np.empty((G, n, LANES)), np.empty((n, n))
    scores, trial = np.empty((G, M, LANES)), np.empty((G, M, LANES))
    by_step = np.empty((G, M, LANES))
    p, new_p = np.empty(y.shape), np.empty(y.shape)
    gradient, step = np.empty((M, n)), np.empty((M, n))
    stride = -(-M * n // NUMBERS) * NUMBERS
    curvature, packed = np.zeros((M * n, stride)), np.empty(len(order))
    for model in range(len(X)):
        if not _center(X[model], w, x):
            W[model] = losses[model] = np.nan
            continue
        here = np.zeros((M, n))
        scores[:] = 0.0
        loss = cross_entropy(scores, y, w, p)
        for _ in range(MAX_STEPS):
            differentiate(x, y, w, p, here, penalties, trial, gradient)
            curve(x, w, p, penalties, hx, block, curvature)
            solve_positive(curvature, gradient.ravel(), step.reshape(M * n))
            fall = (gradient * step).sum()
            _map(x, step, order, packed, by_step)
            size, is_lower = 1.0, False
            for _ in range(MAX_HALVINGS):
                there = here - size * step
                _move(scores, size, by_step, trial)
                new = cross_entropy(trial, y, w, new_p) + penalty(there, penalties)
                is_lower = new <= (1 + ROUNDING) * loss - 1e-4 * size * fall
                if is_lower:
                    break
                size /= 2
            if not is_lower:
                break
            here, loss, scores, trial, p, new_p = there, new, trial, scores, new_p, p
            if fall <= TOL * loss:
                break
        W[model], losses[model] = here, loss


@subroutine
def _center(X, w, x):
    """Write features (B, F) less their means into tiles; return whether all are finite."""
    B, F = X.shape
    for g in range(len(x)):
        for lane in range(LANES):
            b = g * LANES + lane
            for i in range(F):
                x[g, i, lane] = X[b, i] if b < B else 0.0
    finite = True
    for i in range(F):
        by_lane = np.zeros(LANES)
        for g in range(len(x)):
            for lane in range(LANES):
                by_lane[lane] += w[g, lane] * x[g, i, lane]
        mean = by_lane.sum()
        for g in range(len(x)):
            for lane in range(LANES):
                x[g, i, lane] -= mean
                by_lane[lane] += x[g, i, lane] ** 2
        finite &= np.isfinite(by_lane.sum())
    return finite


@subroutine
def _map(x, W, order, packed, scores):
    """Write the scores W x."""
    W = W.ravel()
    for q in range(len(order)):
        packed[q] = W[order[q]] if order[q] >= 0 else 0.0
    (G, n, _), M = x.shape, scores.shape[1]
    w = doubles_at(packed.ctypes.data)
    for g in range(G):
        tile = doubles_at(x[g].ctypes.data)
        affine(w, tile, n, tile, 0, n, doubles_at(scores[g].ctypes.data), M, LANES)


@subroutine
def _move(scores, size, step, moved):
    """Write the scores less a step of some size."""
    for g in range(len(scores)):
        for m in range(scores.shape[1]):
            for lane in range(LANES):
                moved[g, m, lane] = scores[g, m, lane] - size * step[g, m, lane]
