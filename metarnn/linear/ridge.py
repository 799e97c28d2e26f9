"""Ridge regression and its leave-one-out predictions in closed form, for many models at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.blas import one_thread

Floats = NDArray[np.float64]

#: Eigenvalues below this fraction of the largest are rounding errors, and so would be what a
#: lower penalty finds along them.
RESOLUTION = 1e-12


class RidgeFit(NamedTuple):
    """A ridge regression with the penalty that predicts best what it has not seen.

    Without the axis P where there was one matrix of features. NaN where features are not finite.
    """

    coefficients: Floats  # (P, F, K)
    intercepts: Floats  # (P, K)
    predictions: Floats  # (P, B, K): of each row by the others
    penalties: Floats  # (P,)
    losses: Floats  # (P, n): the leave-one-out error of each penalty of the grid


class RidgePath:
    """Ridge regressions with any penalty, from one decomposition.

    It minimizes sum_b weight_b |y_b - x_b C - c|^2 + penalty |C|^2; the intercept c has no
    penalty. With S the roots of the weights, X and Y centered by their weighted means and X'S^2X
    = V diag(v) V' (or, of fewer rows than columns, S X X' S = Q diag(v) Q'), the solution of
    another penalty is a division by v + penalty. A prediction without row b follows from its
    leverage h_b: the residual becomes r_b / (1 - h_b).

    Parameters
    ----------
    features : (P, B, F) or (B, F) array_like
        Of P models, or of one. Not scaled here: the penalty is the same for each column. Time is
        of order P B F min(B, F), memory P B F numbers of 8 bytes and P min(B, F)^2.
    targets : (B, K) array_like
        Numbers, or indicators of classes.
    weights : (B,) array_like, optional
        Of the rows, positive. A row of weight 2 is as two rows, which are left out together.

    Raises
    ------
    ValueError
        Shapes that do not fit, fewer than two rows, or targets or weights that are not finite.

    Notes
    -----
    Use an iterative solver where both B and F are above some ten thousands.

    Rows with weights so small against the others that their squares vanish lose digits.

    D. M. Allen: The relationship between variable selection and data augmentation and a method
    for prediction. Technometrics 16 (1974) 125-127. R. M. Rifkin, R. A. Lippert: Notes on
    regularized least squares. MIT-CSAIL-TR-2007-025.
    """

    def __init__(
        self, features: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
    ) -> None:
        X = np.array(features, dtype=np.float64)  # a copy, which is centered in place
        Y = np.asarray(targets, dtype=np.float64)
        w = np.ones(len(Y)) if weights is None else np.asarray(weights, dtype=np.float64)
        _check(X, Y, w)
        self._single = X.ndim == 2
        X = X[None] if self._single else X
        with one_thread(min(X.shape[1:])):
            self._decompose(X, Y, w)

    def _decompose(self, X: Floats, Y: Floats, w: Floats) -> None:
        """Center the features in place, and find the eigenvalues of their products."""
        roots, total = np.sqrt(w)[:, None], w.sum()
        wide = X.shape[2] > X.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            self._x_mean = w / total @ X
            X -= self._x_mean[:, None]
            X *= roots
            gram = X @ X.mT if wide else X.mT @ X
        finite = np.isfinite(gram).all(axis=(1, 2))
        for broken in (X, gram, self._x_mean):
            broken[~finite] = 0.0
        self._valid = np.where(finite, 1.0, np.nan)
        self._X, self._Y, self._roots = X, Y, roots
        self._y_mean = w @ Y / total
        self._centered = roots * (Y - self._y_mean)
        if wide:
            # The direction of the intercept, along which there is nothing, comes last.
            traces = np.trace(gram, axis1=1, axis2=2)
            apart = np.where(traces > 0, 2 * traces, 1.0)[:, None, None]
            values, Q = np.linalg.eigh(gram + apart * (roots @ roots.T / total))
            self._values, self._rotated = values[:, :-1].clip(0.0), Q[:, :, :-1]
            self._moments = self._rotated.mT @ self._centered
            self._V = None
        else:
            values, self._V = np.linalg.eigh(gram)
            self._values, self._rotated = values.clip(0.0), X @ self._V
            self._moments = self._rotated.mT @ self._centered

    def losses(self, penalties: ArrayLike) -> Floats:
        """Return the leave-one-out errors (P, n): weighted mean squares, for n penalties."""
        residuals = self._residuals(_checked(penalties))
        squares = np.einsum("pnkb,pnkb->pn", residuals, residuals)
        return self._shown(squares / (self._Y.shape[1] * (self._roots**2).sum()))

    def loss_derivatives(self, penalties: ArrayLike) -> tuple[Floats, Floats]:
        """Return the lowest of the errors (P,) of a grid, and its derivatives by the features.

        These are (P, B, F). With M = (X'X + penalty)^-1 of what is centered and H = X M X', the
        error is a function of H alone, and for G its derivative by H plus its transpose, that by
        X is (1 - H) G X M.
        """
        grid = _checked(penalties)
        losses = np.atleast_2d(self.losses(grid))
        places = losses.argmin(axis=1)
        inverse = 1 / self._divisors(grid[places][:, None])  # (P, 1, rank)
        X, Z = self._X, self._rotated
        if self._V is None:
            # X'(XX' + penalty)^-1 is M X', and X = Q diag(v)^(1/2) R': H by v / (v + penalty).
            Z = Z * np.sqrt(self._values * inverse[:, 0])[:, None]
            XM = (self._rotated * inverse) @ (self._rotated.mT @ X)
        else:
            Z = Z * np.sqrt(inverse)
            XM = (self._rotated * inverse) @ self._V.mT
        w = self._roots**2
        left = (1 - w / w.sum() - (Z**2).sum(axis=2, keepdims=True)).clip(RESOLUTION)
        residuals = (self._centered - Z @ (Z.mT @ self._centered)) / left
        d_fitted = 2 * residuals / (left * w.sum() * self._Y.shape[1])  # by E = (1 - H) Y
        d_leverage = (d_fitted * residuals).sum(axis=2, keepdims=True)
        G = -d_fitted @ (self._centered.T @ XM) - self._centered @ (d_fitted.mT @ XM)
        G += 2 * d_leverage * XM
        d_X = self._roots * (G - Z @ (Z.mT @ G))
        derivatives = d_X - w / w.sum() * d_X.sum(axis=1, keepdims=True)
        best = losses[np.arange(len(losses)), places]
        valid = self._valid[:, None, None]
        return (best[0], derivatives[0]) if self._single else (best, derivatives * valid)

    def training_losses(self, penalties: ArrayLike) -> Floats:
        """Return what is minimized, divided by the sum of weights and K, (P, n)."""
        found = []
        for penalty in _checked(penalties):
            C, _ = (
                np.reshape(part, (len(self._X), -1, self._Y.shape[1]))
                for part in self.coefficients(penalty)
            )
            residuals = self._centered - self._X @ C
            found.append((residuals**2).sum(axis=(1, 2)) + penalty * (C**2).sum(axis=(1, 2)))
        losses = np.stack(found, axis=1) / (self._Y.shape[1] * (self._roots**2).sum())
        return self._shown(losses)

    def predictions(self, penalties: ArrayLike) -> Floats:
        """Return the predictions (P, n, B, K) of each row by the others, for n penalties."""
        residuals = self._residuals(_checked(penalties)).swapaxes(2, 3)
        return self._shown(self._Y - residuals / self._roots)

    def coefficients(self, penalty: ArrayLike) -> tuple[Floats, Floats]:
        """Return coefficients (P, F, K) and intercepts (P, K) for a penalty, or one each, (P,)."""
        divisors = self._divisors(_checked(penalty)[:, None])[:, 0, :, None]
        moments = self._moments / divisors
        wide = self._V is None
        found = self._X.mT @ (self._rotated @ moments) if wide else self._V @ moments
        intercepts = self._y_mean - (self._x_mean[:, None] @ found)[:, 0]
        return self._shown(found), self._shown(intercepts)

    def inverse_times(self, G: Floats, penalty: float) -> Floats:
        """Return (X'X + penalty)^-1 G for G (P, F, K), X centered and weighted."""
        divisors = self._divisors(_checked(penalty)[:, None])[:, 0, :, None]
        if self._V is not None:
            return self._V @ ((self._V.mT @ G) / divisors)
        Z, X = self._rotated, self._X
        least = (divisors - self._values[..., None]).max(axis=1, keepdims=True)
        return (G - X.mT @ (Z @ ((Z.mT @ (X @ G)) / divisors))) / least

    def best(self, penalties: ArrayLike) -> RidgeFit:
        """Return the regressions with the penalties that predict each row best by the others.

        That is the penalty of the lowest weighted mean square; of equals, the largest.
        """
        grid = _checked(penalties)
        losses = np.atleast_2d(self.losses(grid))
        largest_first = np.argsort(grid)[::-1]
        chosen = grid[largest_first[losses[:, largest_first].argmin(axis=1)]]
        residuals = self._residuals(chosen[:, None])[:, 0].swapaxes(1, 2)
        found = self.coefficients(chosen)
        predictions = self._shown(self._Y - residuals / self._roots)
        if self._single:
            return RidgeFit(*found, predictions, chosen[0], losses[0])
        return RidgeFit(*found, predictions, chosen, losses)

    def _residuals(self, penalties: Floats) -> Floats:
        """Return what is left of each row, times its root, when the others predict it.

        (P, n, K, B), for penalties (n,) or (P, n).
        """
        inverse = 1 / self._divisors(penalties)  # (P, n, rank)
        P, n, rank = inverse.shape
        B, K = self._Y.shape
        rows = np.ascontiguousarray(self._rotated.mT)  # (P, rank, B)
        moments = inverse[:, :, None] * self._moments.mT[:, None]
        fitted = (moments.reshape(P, n * K, rank) @ rows).reshape(P, n, K, B)
        leverages = (inverse @ rows**2)[:, :, None]
        if self._V is None:  # both without the factor, which may be all but 0
            return fitted / leverages.clip(np.finfo(float).tiny)
        left = 1 - self._roots[:, 0] ** 2 / (self._roots**2).sum() - leverages
        return (self._centered.T - fitted) / left.clip(RESOLUTION)

    def _divisors(self, penalties: Floats) -> Floats:
        """Return eigenvalues plus penalties, (P, n, rank), for penalties (n,) or (P, n)."""
        values = self._values[:, None]
        least = RESOLUTION * values.max(axis=2, keepdims=True, initial=0.0)
        return values + np.maximum(np.atleast_2d(penalties)[..., None], least)

    def _shown(self, array: Floats) -> Floats:
        valid = self._valid.reshape(-1, *[1] * (array.ndim - 1))
        shown = array * valid
        return shown[0] if self._single else shown


def ridge(
    features: ArrayLike,
    targets: ArrayLike,
    penalties: ArrayLike,
    weights: ArrayLike | None = None,
) -> RidgeFit:
    """Return ridge regressions, each with the best penalty of a grid (n,) by leave-one-out.

    The other parameters are those of :class:`RidgePath`.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn.linear import ridge
    >>> X = np.random.default_rng(0).normal(size=(30, 100))
    >>> fit = ridge(X, X[:, :1] - 2.0, np.logspace(-3, 3, 7))
    >>> fit.coefficients.shape, fit.predictions.shape
    ((100, 1), (30, 1))
    """
    return RidgePath(features, targets, weights).best(penalties)


def _check(X: Floats, Y: Floats, w: Floats) -> None:
    if X.ndim not in (2, 3) or Y.ndim != 2 or w.ndim != 1 or not X.size:
        raise ValueError(
            "Features must be (P, B, F) or (B, F), targets (B, K) and weights (B,), got shapes "
            f"{X.shape}, {Y.shape} and {w.shape}."
        )
    if not X.shape[-2] == len(Y) == len(w):
        raise ValueError(
            f"Features, targets and weights must have as many rows, got {X.shape[-2]}, {len(Y)} "
            f"and {len(w)}."
        )
    if len(Y) < 2:
        raise ValueError("Leave-one-out needs two rows at least, got one.")
    if not (np.isfinite(Y).all() and np.isfinite(w).all() and (w > 0).all()):
        raise ValueError("Targets must be finite, and weights finite and above 0.")


def _checked(penalties: ArrayLike) -> Floats:
    grid = np.atleast_1d(np.asarray(penalties, dtype=np.float64))
    if grid.ndim != 1 or not len(grid) or not (np.isfinite(grid).all() and (grid > 0).all()):
        raise ValueError(f"Penalties must be finite and above 0, (n,), got {penalties!r}.")
    return grid
