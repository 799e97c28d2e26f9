"""A ridge that is solved on some of the rows and judged on the others."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from .ridge import RidgePath
from .solved import Floats, RidgeReadout


class HeldOutReadout(RidgeReadout):
    """A ridge of some of the rows; its squared error on the other rows is the loss.

    A model is judged by what its readout has not seen, such as longer sequences or later steps.
    The readout that is kept, :meth:`maps` and :meth:`logits`, is solved on all rows.

    Parameters
    ----------
    alpha : float
        As for :class:`SolvedReadout`; the penalty is no part of the loss.
    rows : (B,) array of bool, optional
        The rows that it is solved on; by default every second one.

    Notes
    -----
    With X and Y of the rows that are solved on, both centered, A = X'X + penalty, C = A^-1 X'Y
    and G the derivative of the loss by C, that by X is (Y - X C) (A^-1 G)' - X (A^-1 G) C'.
    """

    description = "the squared error on sequences, or later steps, that it is not solved on"

    def __init__(self, alpha: float, rows: NDArray[np.bool_] | None = None) -> None:
        super().__init__(alpha)
        self._rows = rows

    def on(self, rows: NDArray[np.bool_]) -> Self:
        n = int(rows.sum())
        if n < 2 or n == len(rows):
            raise ValueError(
                "solve='held_out' needs two sequences or scored steps to solve on and another to "
                f"judge by, at least, got {n} and {len(rows) - n}; a mini-batch is solved by "
                "itself, so with several n_batches take fewer."
            )
        return type(self)(self.alpha, rows)

    def losses(self, X: Floats, Y: Floats, w: Floats) -> Floats:
        _, C, c = self._solved(X, Y, w)
        _, others = self._split(Y)
        residuals = Y[others] - X[:, others] @ C - c[:, None]
        return (residuals**2).mean(axis=2) @ (w[others] / w[others].sum())

    def derivatives(self, X: Floats, Y: Floats, w: Floats) -> tuple[Floats, Floats]:
        path, C, c = self._solved(X, Y, w)
        rows, others = self._split(Y)
        residuals = Y[others] - X[:, others] @ C - c[:, None]
        weights = w[others] / w[others].sum()
        losses = (residuals**2).mean(axis=2) @ weights
        means = (w[rows] / w[rows].sum()) @ X[:, rows]
        d_scores = -2 * weights[:, None] / Y.shape[1] * residuals
        G = (X[:, others] - means[:, None]).mT @ d_scores
        M = path.inverse_times(G, self._penalty(Y[rows], w[rows]))
        left = w[rows][:, None] * (Y[rows] - X[:, rows] @ C - c[:, None])
        centered = w[rows][:, None] * (X[:, rows] - means[:, None])
        d_X = np.empty_like(X)
        d_X[:, others] = d_scores @ C.mT
        d_X[:, rows] = left @ M.mT - (centered @ M) @ C.mT
        # All rows are centered by the mean of those that are solved on.
        share = (w[rows] / w[rows].sum())[:, None]
        d_X[:, rows] -= share * d_X.sum(axis=1, keepdims=True)
        return losses, d_X

    def _solved(self, X: Floats, Y: Floats, w: Floats) -> tuple[RidgePath, Floats, Floats]:
        rows, _ = self._split(Y)
        path = RidgePath(X[:, rows], Y[rows], w[rows])
        return path, *path.coefficients(self._penalty(Y[rows], w[rows]))

    def _split(self, Y: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the rows (B,) that it is solved on, and the others."""
        rows = np.arange(len(Y)) % 2 == 0 if self._rows is None else self._rows
        return rows, ~rows
