"""Second derivatives of a loss by differences of exact gradients, with error estimates."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Losses (n,) and exact gradients (n, D) of points (n, D), in float64.
Gradient = Callable[[Floats], tuple[Floats, Floats]]

# Steps of the differences: large enough to hide rounding, each a quarter of the one before, so that
# one of them suits saturated weights and one of them others.
FIRST_STEP, RATIO, N_STEPS = 0.02, 4.0, 5

#: The only step of a matrix that guides a search, exact to about 1e-8.
QUICK_STEP = 1e-4


def products(gradient: Gradient, point: Floats, directions: Floats) -> tuple[Floats, float]:
    """Return the Hessian at a point (D,) times unit vectors (m, D), and an error estimate.

    Central differences of gradients at five steps are extrapolated to a step of zero; the result
    is the extrapolation that differs least from its neighbors. The Frobenius norm of the difference
    to these estimates the error from above. It takes 10 m gradients, evaluated in one batch.

    C. J. F. Ridders: Accurate computation of F'(x) and F'(x) F''(x). Advances in Engineering
    Software 4 (1982) 75-76.
    """
    steps = FIRST_STEP / RATIO ** np.arange(N_STEPS)
    shifts = steps[:, None, None] * directions
    points = np.concatenate([point + shifts, point - shifts])
    slopes = gradient(points.reshape(-1, len(point)))[1].reshape(2, N_STEPS, *directions.shape)
    return _extrapolated((slopes[0] - slopes[1]) / (2 * steps[:, None, None]))


def _extrapolated(estimates: Floats) -> tuple[Floats, float]:
    """Return the best extrapolation of estimates (n, ...) at shrinking steps, and its error."""
    best, error = estimates[0], np.inf
    before = [estimates[0]]
    for estimate in estimates[1:]:
        row = [estimate]
        for order, coarser in enumerate(before, start=1):
            factor = RATIO ** (2 * order)  # the errors are even powers of the step
            row.append((factor * row[-1] - coarser) / (factor - 1))
            apart = max(_norm(row[-1] - row[-2]), _norm(row[-1] - coarser))
            if apart <= error:
                best, error = row[-1], apart
        before = row
    return best, error


def hessian(gradient: Gradient, point: Floats) -> tuple[Floats, float]:
    """Return the Hessian (D, D) at a point (D,), symmetric, and an error estimate.

    The estimate, the difference of the extrapolations plus the asymmetry, is of a bound of the
    Frobenius norm of the error, and thus of the error of every eigenvalue (Weyl).
    """
    matrix, error = products(gradient, point, np.eye(len(point)))
    mean = (matrix + matrix.T) / 2
    return mean, error + _norm(matrix - mean)


def quick_hessians(gradient: Gradient, points: Floats) -> Floats:
    """Return Hessians (n, D, D) at points (n, D), by one central difference per coordinate."""
    n, dim = points.shape
    shifts = QUICK_STEP * np.stack([np.eye(dim), -np.eye(dim)])
    slopes = gradient((points[:, None, None] + shifts).reshape(-1, dim))[1].reshape(n, 2, dim, dim)
    matrices = (slopes[:, 0] - slopes[:, 1]) / (2 * QUICK_STEP)
    return np.asarray((matrices + matrices.swapaxes(1, 2)) / 2)


def quick_product(gradient: Gradient, point: Floats, direction: Floats) -> Floats:
    """Return the Hessian times a direction (D,), by one central difference."""
    length = _norm(direction)
    if length == 0:
        return np.zeros_like(direction)
    shift = direction * (QUICK_STEP / length)
    ahead, behind = gradient(np.stack([point + shift, point - shift]))[1]
    return np.asarray((ahead - behind) * (length / (2 * QUICK_STEP)))


def _norm(array: Any) -> float:
    return float(np.linalg.norm(array))
