"""Levenberg-Marquardt: damped Gauss-Newton steps."""

from dataclasses import dataclass

import numpy as np

from metarnn.blas import one_thread

from ..optimizer import Array, Ask, Order, Search, setting
from ..space import Space
from .second_order import Redraw, SecondOrder

#: The largest D for which matrices are requested.
MOST_COORDINATES = 2000

# Limits beyond which only rounding would distinguish one step from the next.
LEAST_DAMPING, MOST_DAMPING = 1e-15, 1e15


@dataclass
class LevenbergMarquardt(SecondOrder):
    """Levenberg-Marquardt: damped Gauss-Newton steps, for up to 2000 weights.

    Parameters
    ----------
    n_starts, tol, restart
        See :class:`~metarnn.optimizers.gradient.second_order.SecondOrder`.
    damping : float
        tau, the first damping as a fraction of the matrix's diagonal: 1 for random points, 1e-3
        or less for starts that are known to be good.
    scaling : {"diagonal", "identity"}
        What the damping is proportional to. "diagonal": the diagonal element of each coordinate
        (Marquardt; the largest so far, as Moré proposed), which makes the method independent of
        the units of the coordinates. "identity": the largest of all elements (Levenberg).

    Notes
    -----
    Each request is for the loss, the gradient g and the Gauss-Newton matrix G at a trial point
    x + h of each start, where (G + mu S) h = -g. The damping mu depends on the ratio of the
    decrease of the loss to the decrease that the quadratic model predicts, by Nielsen's rule (his
    eq. 2.5; Madsen, Nielsen and Tingleff, algorithm 3.16). A trial that does not lower the loss
    is dropped, and the next one uses the old matrix with more damping. At a bound, a coordinate
    that would leave the box is left out of the step.

    Where the loss goes to zero no method needs fewer steps, but a step is expensive: a matrix
    costs as many passes as the objective's ``cost`` says, its solution D^3 / 3 multiply-adds. Use
    it for sums of squares and few weights. On small networks whose loss stays above zero it is no
    better than Adam for the same number of passes; there, and beyond some hundreds of weights,
    use :class:`LBFGS`. Not for mini-batches, which mislead it. It converges to a nearby minimum;
    the rest of the budget goes to new starts.

    References
    ----------
    K. Levenberg: A method for the solution of certain non-linear problems in least squares.
    Quarterly of Applied Mathematics 2 (1944) 164-168.
    D. W. Marquardt: An algorithm for least-squares estimation of nonlinear parameters. Journal
    of SIAM 11 (1963) 431-441.
    H. B. Nielsen: Damping parameter in Marquardt's method. IMM-REP-1999-05, Technical
    University of Denmark, 1999.
    K. Madsen, H. B. Nielsen, O. Tingleff: Methods for non-linear least squares problems. 2nd
    ed., Technical University of Denmark, 2004.
    J. J. Moré: The Levenberg-Marquardt algorithm: implementation and theory. Lecture Notes in
    Mathematics 630 (1978) 105-116.
    """

    damping: float = setting(1.0, above=0.0, tune=(0.01, 100.0), log=True)
    scaling: str = setting("diagonal", choices=("diagonal", "identity"), tune=True)

    order = Order.GAUSS_NEWTON

    def converge(self, points: Array, space: Space, redraw: Redraw | None) -> Search:
        n, dim = points.shape
        if dim > MOST_COORDINATES:
            raise ValueError(
                f"{type(self).__name__}: a point must have at most {MOST_COORDINATES} coordinates, "
                f"got {dim}, for which {n} matrices alone would take {8e-9 * n * dim**2:.2g} GB; "
                "use LBFGS, which needs no matrices."
            )
        points = np.array(points, dtype=float)
        trials, losses = points.copy(), np.full(n, np.inf)
        gradients, scales = np.zeros((n, dim)), np.zeros((n, dim))
        matrices = np.zeros((n, dim, dim))
        damping, growth = np.full(n, float(self.damping)), np.full(n, 2.0)
        promised, arrived = np.ones(n), np.zeros(n, bool)
        while True:
            told = yield Ask(trials, Order.GAUSS_NEWTON)
            begun = np.isinf(losses)
            # The first point of a start has no prediction, and does not change the damping.
            with np.errstate(divide="ignore", invalid="ignore"):
                gain = np.where(begun, 0.5, (losses - told.losses) / promised).clip(0, 1)
            better = told.losses < losses
            points[better], losses[better] = trials[better], told.losses[better]
            gradients[better], matrices[better] = told.gradients[better], told.curvatures[better]
            diagonals = np.diagonal(matrices, axis1=1, axis2=2)
            scales[better] = self._scales(diagonals[better], scales[better])
            less = np.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)
            damping *= np.where(arrived, 1.0, np.where(better, less, growth))
            growth = np.where(better | arrived, 2.0, 2 * growth)
            np.clip(damping, LEAST_DAMPING, MOST_DAMPING, out=damping)
            trials = points.copy()
            with one_thread(dim):
                for i in np.flatnonzero(~arrived):
                    model = points[i], gradients[i], matrices[i], scales[i]
                    trials[i], promised[i], damping[i] = _trial(*model, damping[i], space)
            with np.errstate(invalid="ignore"):  # a tolerance of 0 of an infinite loss
                arrived = ~(promised > self.tol * np.abs(losses))
            trials[arrived] = points[arrived]
            if redraw is not None and arrived.any():
                trials[arrived] = points[arrived] = redraw(int(arrived.sum()))
                losses[arrived], scales[arrived] = np.inf, 0.0
                damping[arrived], growth[arrived] = self.damping, 2.0
                arrived[:] = False

    def _scales(self, diagonals: Array, before: Array) -> Array:
        """Return S from the diagonals of the matrices and the previous S, all (k, D)."""
        largest = np.broadcast_to(diagonals.max(axis=1, keepdims=True), diagonals.shape)
        if self.scaling == "diagonal":
            # Coordinates without effect on the loss must be damped as well.
            largest = np.maximum(diagonals, 1e-14 * largest)
        else:
            largest = np.where(before > 0, before, largest)
        scales = np.maximum(largest, before)
        # Without any curvature this is a step of gradient descent.
        return np.where(scales > 0, scales, 1.0)


def _trial(
    point: Array, gradient: Array, matrix: Array, scale: Array, damping: float, space: Space
) -> tuple[Array, float, float]:
    """Return a trial point (D,), the predicted decrease of the loss, and the damping used.

    The damping grows where rounding makes the matrix indefinite, and where the projection onto
    the bounds spoils the step.
    """
    from scipy.linalg.lapack import dposv

    out = None  # the coordinates that a descent would push out of bounds
    if space.bounds is not None:
        lower, upper = space.bounds
        out = ((point <= lower) & (gradient > 0)) | ((point >= upper) & (gradient < 0))
        gradient = np.where(out, 0.0, gradient)
    while damping < MOST_DAMPING and gradient.any():
        damped = matrix.copy()
        damped.flat[:: len(point) + 1] += damping * scale
        if out is not None:
            damped[out], damped[:, out] = 0.0, 0.0
            damped[out, out] = 1.0
        # The matrix is symmetric, so its transpose is the same matrix in the order of LAPACK.
        _, step, failed = dposv(damped.T, -gradient, overwrite_a=True)
        if not failed:
            trial = space.repair(point + step)
            step = trial - point
            with np.errstate(over="ignore", invalid="ignore"):
                promised = -(gradient @ step) - 0.5 * (step @ (matrix @ step))
            if promised > 0 and np.isfinite(promised):
                return trial, float(promised), damping
        damping *= 4
    return point, 0.0, min(damping, MOST_DAMPING)
