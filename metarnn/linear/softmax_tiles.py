"""Cross-entropy of linear scores and its two derivatives, compiled, over tiles of rows.

The last of K classes has score 0, and the scores of the others are x W': W is (K - 1, n), of n
features of which the last one is 1. What is penalized are the K columns that sum to 0 and have the
same probabilities; if the columns of W sum to s, the squares of those add up to |W|^2 - |s|^2 / K.

Rows are the lanes of tiles, (tiles, numbers of a row, 32), as the blocks of the engine read them:
features x, scores of the first K - 1 classes, targets y and probabilities p of all K. Weights w are
(tiles, 32), 0 for what fills the last tile up.
"""

import numpy as np

from metarnn.engine.emission import Code, elementwise, emitted
from metarnn.engine.jit import LANES, subroutine
from metarnn.engine.outer import outer
from metarnn.engine.pointers import at, doubles_at
from metarnn.engine.vector_math import exp_of_negative, log_of_normal
from metarnn.engine.vector_memory import Pointer
from metarnn.engine.vectors import Integer, Vector

_exp = elementwise(exp_of_negative)
_log = elementwise(log_of_normal)


def _weighted(
    code: Code, w: Pointer, p: Pointer, q: Pointer, is_own: Integer, x: Pointer, n_rows: Integer,
    out: Pointer,
) -> None:  # fmt: skip
    x, out, q = x.by(LANES), out.by(LANES), q.by(LANES)
    h = w.by(LANES).vector() * p.by(LANES).vector() * (q.converted(is_own) - q.vector())

    def row(i: Integer) -> list[Vector]:
        out.store(h * x.vector(i * LANES), i * LANES)
        return []

    code.loop(n_rows, [], row)


#: _weigh(w, p, q, is_own, x, n_rows, out): out = w p ([is_own] - q) x, for each row of x.
_weigh = emitted(_weighted, "weighted")


@subroutine
def cross_entropy(scores, y, w, p):
    """Write the probabilities p (tiles, K, 32) of all classes; return the mean cross-entropy."""
    G, M, _ = scores.shape
    largest, total, losses = np.empty(LANES), np.empty(LANES), np.zeros(LANES)
    for g in range(G):
        largest[:] = 0.0
        for m in range(M):
            for lane in range(LANES):
                largest[lane] = max(largest[lane], scores[g, m, lane])
        for lane in range(LANES):
            p[g, M, lane] = -largest[lane]
        for m in range(M):
            for lane in range(LANES):
                p[g, m, lane] = scores[g, m, lane] - largest[lane]
        for k in range(M + 1):
            for lane in range(LANES):
                losses[lane] -= w[g, lane] * y[g, k, lane] * p[g, k, lane]
        powers = doubles_at(p[g].ctypes.data)
        _exp(powers, powers, M + 1, LANES)
        total[:] = 0.0
        for k in range(M + 1):
            for lane in range(LANES):
                total[lane] += p[g, k, lane]
        unit = 1 / total
        for k in range(M + 1):
            for lane in range(LANES):
                p[g, k, lane] *= unit[lane]
        _log(doubles_at(total.ctypes.data), doubles_at(total.ctypes.data), 1, LANES)
        for lane in range(LANES):
            losses[lane] += w[g, lane] * total[lane]
    return losses.sum()


@subroutine
def penalty(W, penalties):
    """Return half the penalized squares of the K columns that sum to 0."""
    M, n = W.shape
    total = 0.0
    for i in range(n):
        squares = column_sum = 0.0
        for m in range(M):
            squares += W[m, i] ** 2
            column_sum += W[m, i]
        total += penalties[i] * (squares - column_sum**2 / (M + 1)) / 2
    return total


@subroutine
def differentiate(x, y, w, p, W, penalties, delta, gradient):
    """Write the gradient by W; delta is memory for as many numbers as there are scores."""
    G, M, _ = delta.shape
    for i in range(W.shape[1]):
        mean = 0.0
        for m in range(M):
            mean += W[m, i] / (M + 1)
        for m in range(M):
            gradient[m, i] = penalties[i] * (W[m, i] - mean)
    for g in range(G):
        for m in range(M):
            for lane in range(LANES):
                delta[g, m, lane] = w[g, lane] * (p[g, m, lane] - y[g, m, lane])
    _add_products(delta, x, gradient)


@subroutine
def curve(x, w, p, penalties, hx, block, curvature):
    """Write the upper triangle of the second derivatives, ((K - 1) n, at least as many)."""
    G, n, _ = x.shape
    K, M = p.shape[1], p.shape[1] - 1
    at_x, at_hx = doubles_at(x.ctypes.data), doubles_at(hx.ctypes.data)
    at_w, at_p = doubles_at(w.ctypes.data), doubles_at(p.ctypes.data)
    for m in range(M):
        for k in range(m, M):
            is_own = 1 if k == m else 0
            for g in range(G):
                of_m, of_k = at(at_p, (g * K + m) * LANES), at(at_p, (g * K + k) * LANES)
                tile, out = at(at_x, g * n * LANES), at(at_hx, g * n * LANES)
                _weigh(at(at_w, g * LANES), of_m, of_k, is_own, tile, n, out)
            block[:] = 0.0
            _add_products(hx, x, block)
            for i in range(n):
                for j in range(n):
                    curvature[m * n + i, k * n + j] = block[i, j]
                curvature[m * n + i, k * n + i] += penalties[i] * (is_own - 1 / K)


@subroutine
def _add_products(a, b, sums):
    """Add the sums over tiles and lanes of the products of two matrices' columns."""
    to = doubles_at(sums.ctypes.data)
    rows, columns = a.shape[1], b.shape[1]
    left, right = doubles_at(a.ctypes.data), doubles_at(b.ctypes.data)
    outer(left, rows * LANES, rows, right, columns * LANES, columns, len(a), to, to, 0, LANES)
