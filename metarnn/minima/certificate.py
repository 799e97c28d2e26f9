"""Certificates of points: a minimum, a saddle, a plateau, or a valley to infinity."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metarnn.blas import one_thread
from metarnn.optimizers import Objective, Space

from .counted_objective import CountedObjective
from .hessian import Floats, hessian, products
from .newton import MOST_FULL
from .valley import constant_along, inert_directions, line_outwards, penalty_paths

KINDS = "minimum", "saddle", "plateau", "valley to infinity", "not converged"

#: Newton's step from a minimum is at most this fraction of the point's length, or of 1.
ARRIVED = 1e-5

#: Eigenvalues at each end of the spectrum, if not all are computed.
N_ENDS = 6


@dataclass(frozen=True)
class Certificate:
    """The classification of a point.

    Attributes
    ----------
    kind : str
        "minimum": the gradient is zero, and every eigenvalue is above zero by more than its
        error, except in directions without any effect.
        "saddle": the gradient is zero, and an eigenvalue is below zero by more than its error.
        "valley to infinity": there is no finite minimizer nearby; in some direction the loss only
        decreases, or has decreased so far that rounding hides the rest.
        "plateau": the gradient is zero, and so is an eigenvalue within its error, so that second
        derivatives do not decide.
        "not converged": none of these.
    point : (D,) array
    loss : float
    gradient_norm : float
        Euclidean.
    scaled_gradient_norm : float
        Of the gradient times the space's scale: the change of the loss by a natural step in each
        weight.
    eigenvalues : (m,) array
        Of the Hessian, in increasing order: all of them, or up to 6 at each end, without the
        directions that have no effect.
    eigenvectors : (m, D) array
    error : float
        Estimated bound of the error of each eigenvalue, from the finite differences.
    newton_step : float
        Length of Newton's step: the distance of the minimum.
    n_flat : int
        Number of directions along which the loss is constant, either everywhere or from this
        point.
    direction : (D,) array or None
        The outward direction of a valley.
    trap : bool or None
        For a valley, whether its minima under small penalties stay at its loss, so that it traps
        a descent like a minimum.
    passes : float
        The cost of the certificate.
    """

    kind: str
    point: Floats
    loss: float
    gradient_norm: float
    scaled_gradient_norm: float
    eigenvalues: Floats
    eigenvectors: Floats
    error: float
    newton_step: float
    n_flat: int
    direction: Floats | None
    trap: bool | None
    passes: float

    def __str__(self) -> str:
        """Describe the certificate in a line."""
        words = f"{self.kind}, loss {self.loss:.6g}, gradient {self.gradient_norm:.2g}"
        low, high = self.eigenvalues[[0, -1]] if len(self.eigenvalues) else (np.nan, np.nan)
        words += f", eigenvalues {low:.3g} to {high:.3g} (±{self.error:.1g})"
        flat = f"degenerate with {self.n_flat} flat direction{'s'[: self.n_flat > 1]}"
        return f"{words}, {flat}" if self.n_flat else words


def certify(
    objective: Objective,
    point: Any,
    *,
    tol: float = 1e-8,
    space: Space | None = None,
    full: bool | None = None,
) -> Certificate:
    """Classify a point.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64, such as a :class:`metarnn.Fitness`. The bounds of its
        space are ignored.
    point : (D,) array_like
        The point, as exact as possible; :func:`find_minima` refines its points.
    tol : float
        Norm of a gradient that counts as zero.
    space : Space, optional
        The space for other weights, and its scale; by default that of the objective.
    full : bool, optional
        Whether to compute the whole Hessian (10 D gradients), or the ends of its spectrum by
        Lanczos's method with products (10 gradients each). By default, for up to 100 weights.

    Returns
    -------
    Certificate
        The kind of the point, and the figures that it follows from.

    Raises
    ------
    ValueError
        No gradients, no space, a network in float32, or a point that does not fit.

    Notes
    -----
    A zero eigenvalue has one of these causes. The direction has no effect on the loss, here or
    anywhere: it counts in `n_flat`, and the point is still a minimum. Or the point is far out in
    a valley to infinity, where units saturate; a long Newton step at a gradient near zero also
    points to a valley. There are two tests of a valley: along the projection of the point onto
    the soft directions the loss decreases, or stays constant after a decrease, at all distances;
    and the minima under decreasing penalties move away without limit.
    Otherwise the point is on a plateau; a minimum within a curved set of
    equal minima counts as a plateau, too.

    A penalty (``alpha`` of :class:`metarnn.Fitness`) turns such valleys into minima, further out
    the smaller it is; biases are not penalized.

    All eigenvalues are those of a Hessian by finite differences. `error` is the spread of the
    differences, an estimate and not a proof. For Lanczos's eigenvalues it includes the residual,
    but the method may miss an eigenvalue.
    """
    counted = CountedObjective(objective, space)
    x = counted.point(point)
    return certified(counted, x[None], inert_directions(counted, x), tol, full)[0]


def certified(
    objective: CountedObjective,
    points: Floats,
    inert: Floats,
    tol: float = 1e-8,
    full: bool | None = None,
) -> list[Certificate]:
    """Classify points (n, D), given the directions (m, D) that have no effect."""
    drafts = [_draft(objective, x, inert, tol, full) for x in points]
    doubtful = [i for i, (_, soft) in enumerate(drafts) if len(soft)]
    if doubtful:
        before = objective.passes
        traps, ways = penalty_paths(objective, points[doubtful])
        cost = (objective.passes - before) / len(doubtful)
        for i, trap, way in zip(doubtful, traps, ways, strict=True):
            draft, soft = drafts[i]
            drafts[i] = _settled(objective, draft, soft, bool(trap), way, cost), soft
    return [draft for draft, _ in drafts]


def _draft(
    objective: CountedObjective, x: Floats, inert: Floats, tol: float, full: bool | None
) -> tuple[Certificate, Floats]:
    """Classify by second derivatives; return the soft directions (m, D), which leave doubt.

    These have an eigenvalue of zero, or a long component of Newton's step.
    """
    before = objective.passes
    (loss,), (slope,) = objective.gradient(x[None])
    whole = len(x) <= MOST_FULL if full is None else full
    values, vectors, error = (_all if whole else _ends)(objective, x, inert)
    zero = np.abs(values) <= error
    moves = vectors @ slope / np.where(zero, np.inf, values)
    norm = float(np.linalg.norm(slope))
    soft = zero | (np.abs(moves) > ARRIVED * max(1.0, float(np.linalg.norm(x))))
    if not np.isfinite(loss) or norm > tol or (soft & ~zero).any():
        kind = "not converged"
    elif len(values) and values[0] < -error:
        kind = "saddle"
    else:
        kind = "plateau" if soft.any() or not len(values) else "minimum"
    scaled, step = np.linalg.norm(objective.space.scale * slope), float(np.linalg.norm(moves))
    spectrum, passes = (values, vectors, error), objective.passes - before
    certificate = Certificate(
        kind, x, float(loss), norm, float(scaled), *spectrum, step, len(inert), None, None, passes
    )
    return certificate, vectors[soft] if np.isfinite(loss) else vectors[:0]


def _settled(
    objective: CountedObjective,
    draft: Certificate,
    soft: Floats,
    trap: bool,
    way: Floats,
    cost: float,
) -> Certificate:
    """Return the certificate of a point with soft directions, after the tests of a valley."""
    before = objective.passes
    direction = line_outwards(objective, draft.point, soft, draft.loss)
    kind, n_flat = draft.kind, draft.n_flat
    if trap or direction is not None:
        kind = "valley to infinity"
        direction = way if trap else direction
    elif kind == "plateau" and constant_along(objective, draft.point, soft).all():
        kind, n_flat = "minimum", n_flat + len(soft)
    return replace(
        draft,
        kind=kind,
        n_flat=n_flat,
        direction=direction,
        trap=trap if kind == "valley to infinity" else None,
        passes=draft.passes + cost + objective.passes - before,
    )


def _all(objective: CountedObjective, x: Floats, inert: Floats) -> tuple[Floats, Floats, float]:
    """Return all eigenvalues (m,) and eigenvectors (m, D) outside of the inert directions."""
    matrix, error = hessian(objective.gradient, x)
    # A basis of the other directions; the axes, if there are no inert directions.
    with one_thread(len(x)):
        basis = np.linalg.svd(inert)[2][len(inert) :] if len(inert) else np.eye(len(x))
        values, vectors = np.linalg.eigh(basis @ matrix @ basis.T)
    rounding = len(x) * np.finfo(float).eps * float(np.abs(values).max(initial=0.0))
    return values, vectors.T @ basis, error + rounding


def _ends(objective: CountedObjective, x: Floats, inert: Floats) -> tuple[Floats, Floats, float]:
    """Return the lowest and highest eigenvalues outside of the inert directions, by Lanczos."""
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    dim, errors = len(x), []

    def product(v: Floats, lift: float = 0.0) -> Floats:
        v = v.ravel()
        along = inert @ v
        length = float(np.linalg.norm(v - along @ inert))
        if length == 0:
            return lift * v
        (found,), error = products(objective.gradient, x, (v - along @ inert)[None] / length)
        errors.append(error)
        return length * (found - (inert @ found) @ inert) + lift * (along @ inert)

    def extreme(which: str, lift: float) -> tuple[Floats, Floats]:
        operator = LinearOperator((dim, dim), lambda v: product(v, lift), dtype=float)
        start = np.random.default_rng(0).standard_normal(dim)
        try:
            return eigsh(operator, min(N_ENDS, dim - 1), which=which, v0=start)
        except ArpackNoConvergence as ended:  # what has converged are still eigenpairs
            return ended.eigenvalues, ended.eigenvectors

    high, high_vectors = extreme("LA", 0.0)
    # The inert directions are shifted to the top, so that they do not hide the lowest others.
    low, low_vectors = extreme("SA", float(np.abs(high).max(initial=1.0)))
    values, vectors = np.concatenate([low, high]), np.concatenate([low_vectors.T, high_vectors.T])
    outside = np.linalg.norm(vectors @ inert.T, axis=1) < 0.5
    order = np.argsort(values[outside])
    values, vectors = values[outside][order], vectors[outside][order]
    pairs = zip(vectors, values, strict=True)
    residuals = [np.linalg.norm(product(v) - value * v) for v, value in pairs]
    return values, vectors, float(max(errors, default=0.0) + max(residuals, default=0.0))
