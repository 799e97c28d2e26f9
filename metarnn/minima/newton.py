"""Newton's method to stationary points, damped by the gradient, for many starts at once."""

import numpy as np

from metarnn.blas import one_thread
from metarnn.optimizers import LBFGS

from .hessian import Floats, Gradient, quick_hessians, quick_product

#: The largest number of weights with explicit matrices; beyond it, only products are computed.
MOST_FULL = 100

# Damping as a fraction of the gradient's norm. Its inverse bounds the length of a step.
LEAST_DAMPING, MOST_DAMPING = 0.1, 1e12

#: Relative difference of losses that are equal up to rounding.
ROUNDING = 1e-14


def first_descent(n: int) -> LBFGS:
    """Return what moves n points near to where their gradients are zero, for Newton's method.

    Its settings stay, whatever the defaults: which minima are met depends on them.
    """
    return LBFGS(n, tol=0.0, restart="stay", history_size=10, initial_step_size=0.1)


def newton(gradient: Gradient, points: Floats, *, tol: float = 1e-10, steps: int = 100) -> Floats:
    """Take regularized Newton steps from each point until its gradient is nearly zero.

    A step is -(|H| + c |g| I)^-1 g, where |H| has the absolute eigenvalues of H, so that it
    descends from saddles, too. The damping goes to zero with the gradient, so that convergence is
    quadratic, even where minima are not isolated (Li et al. 2004, theorem 3.1). c decreases after
    a step that lowers the loss, or the gradient where rounding hides the decrease of the loss; it
    grows after any other step, which is undone.

    D. Li, M. Fukushima, L. Qi, N. Yamashita: Regularized Newton methods for convex minimization
    problems with singular solutions. Computational Optimization and Applications 28 (2004)
    131-147.

    The points (n, D) are best near stationary ones: from far away a gradient method is cheaper.
    A point has converged where the Euclidean norm of its gradient is at most `tol`. A step takes
    2 D + 1 gradients for each point, all points in one batch. For more than 100 weights MINRES
    solves the equations with products of H, at two gradients each. These use H instead of |H|, so
    that c grows at saddles until the step descends.
    """
    points = points.copy()
    losses, slopes = gradient(points)
    factors = np.ones(len(points))
    for _ in range(steps):
        norms = np.linalg.norm(slopes, axis=1)
        at = np.flatnonzero((norms > tol) & (factors < MOST_DAMPING) & np.isfinite(losses))
        if not len(at):
            break
        dampings = factors[at] * norms[at]
        trials = points[at] + _steps(gradient, points[at], slopes[at], dampings)
        new_losses, new_slopes = gradient(trials)
        same = new_losses <= losses[at] + ROUNDING * np.abs(losses[at])
        flatter = np.linalg.norm(new_slopes, axis=1) < norms[at]
        better = (new_losses < losses[at]) | (same & flatter)
        taken = at[better]
        points[taken], losses[taken] = trials[better], new_losses[better]
        slopes[taken] = new_slopes[better]
        factors[at] *= np.where(better, 0.25, 8.0)
        np.maximum(factors, LEAST_DAMPING, out=factors)
    return points


def _steps(gradient: Gradient, points: Floats, slopes: Floats, dampings: Floats) -> Floats:
    """Return a step (n, D) for each point."""
    if points.shape[1] > MOST_FULL:
        each = zip(points, slopes, dampings, strict=True)
        return np.stack([_solved(gradient, *one) for one in each])
    matrices = quick_hessians(gradient, points)
    with one_thread(points.shape[1]):
        values, vectors = np.linalg.eigh(matrices)
    along = np.einsum("ndk,nd->nk", vectors, slopes) / (np.abs(values) + dampings[:, None])
    return np.asarray(-np.einsum("ndk,nk->nd", vectors, along))


def _solved(gradient: Gradient, point: Floats, slope: Floats, damping: float) -> Floats:
    """Return the step (D,) of one point, by products with the Hessian only."""
    from scipy.sparse.linalg import LinearOperator, minres

    dim = len(point)
    operator = LinearOperator(
        (dim, dim), lambda v: quick_product(gradient, point, v.ravel()) + damping * v.ravel()
    )
    # An inexact solution keeps convergence fast while its residual shrinks with the gradient.
    exactness = min(1e-2, float(np.linalg.norm(slope)))
    step, _ = minres(operator, -slope, rtol=max(exactness, 1e-8), maxiter=2 * dim)
    return np.asarray(step)
