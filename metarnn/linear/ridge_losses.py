"""Losses of ridge regressions of many models with few features, compiled.

The arrays that NumPy would make for hundreds of models with some thousand numbers each take longer
to allocate than to fill. Here a model is centered, factorized and judged in memory that the next
one reuses. Columns are rows in memory, so that all loops over the data are over neighbors.
"""

import numpy as np
from numpy.typing import NDArray

from metarnn.compilation import stored

from .ridge import RESOLUTION, RidgePath

Floats = NDArray[np.float64]


def ridge_losses(
    X: Floats, Y: Floats, w: Floats, penalties: Floats, *, leave_one_out: bool
) -> Floats:
    """Return the losses (P, n) of ridge regressions with each of n penalties.

    They are the weighted mean squares of the residuals: of each row by a model without it, or of a
    model of all rows, with the penalty as part of the mean. The arguments are those of
    :class:`RidgePath`; it does the work where there are more features than rows.
    """
    if X.shape[2] > X.shape[1]:
        path = RidgePath(X, Y, w)
        return path.losses(penalties) if leave_one_out else path.training_losses(penalties)
    roots = np.sqrt(w)
    centered = roots * (Y - w @ Y / w.sum()).T
    losses = np.empty((len(X), len(penalties)))
    _judge(X, centered, roots, np.asarray(penalties, float), leave_one_out, RESOLUTION, losses)
    return losses


@stored()
def _judge(X, Y, roots, penalties, leave_one_out, resolution, losses):  # type: ignore[no-untyped-def]
    """Write losses (P, n) of X (P, B, F) and centered targets (K, B)."""
    P, B, F = X.shape
    K = len(Y)
    rows, z, L, u = np.empty((F, B)), np.empty((F, B)), np.empty((F, F)), np.empty((F, K))
    total = (roots**2).sum()
    for p in range(P):
        for i in range(F):
            mean = 0.0
            for b in range(B):
                rows[i, b] = X[p, b, i]
                mean += roots[b] ** 2 * rows[i, b]
            mean /= total
            for b in range(B):
                rows[i, b] = roots[b] * (rows[i, b] - mean)
        gram, moments = np.dot(rows, rows.T), np.dot(rows, Y.T)
        trace = 0.0
        for i in range(F):
            trace += gram[i, i]
        for q in range(len(penalties)):
            penalty = max(penalties[q], resolution * trace)
            for i in range(F):  # L L' = gram + penalty
                for j in range(i + 1):
                    total_ij = gram[i, j] + (penalty if i == j else 0.0)
                    for k in range(j):
                        total_ij -= L[i, k] * L[j, k]
                    L[i, j] = np.sqrt(total_ij) if i == j else total_ij / L[j, j]
            leverages = np.zeros(B)
            left = Y.copy()
            for i in range(F):
                for b in range(B):
                    z[i, b] = rows[i, b]
                for j in range(i):
                    factor = L[i, j]
                    for b in range(B):
                        z[i, b] -= factor * z[j, b]
                inverse = 1 / L[i, i]
                for b in range(B):
                    z[i, b] *= inverse
                    leverages[b] += z[i, b] ** 2
                for k in range(K):
                    u[i, k] = moments[i, k]
                    for j in range(i):
                        u[i, k] -= L[i, j] * u[j, k]
                    u[i, k] *= inverse
                    factor = u[i, k]
                    for b in range(B):
                        left[k, b] -= factor * z[i, b]
            loss = 0.0
            for k in range(K):
                for b in range(B):
                    residual = left[k, b]
                    if leave_one_out:
                        rest = 1 - roots[b] ** 2 / total - leverages[b]
                        residual /= max(rest, resolution)
                    loss += residual**2
            if not leave_one_out:
                for k in range(K):  # and the squares of the coefficients, L' C = u
                    for i in range(F - 1, -1, -1):
                        for j in range(i + 1, F):
                            u[i, k] -= L[j, i] * u[j, k]
                        u[i, k] /= L[i, i]
                        loss += penalty * u[i, k] ** 2
            losses[p, q] = loss / (total * K)
