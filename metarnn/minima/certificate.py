"""What a point of a loss is: a minimum, a saddle, a plateau, or on a valley without an end."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metarnn.optimizers import Objective, Space

from .counted_objective import CountedObjective
from .hessian import Floats, hessian, products
from .inert import constant_along, inert_directions
from .newton import MOST_FULL
from .valley import line_outwards, penalty_paths

KINDS = "minimum", "saddle", "plateau", "valley to infinity", "not converged"

#: Newton's step from a minimum is no longer than this share of 1 and the point's length.
ARRIVED = 1e-5

#: Eigenvalues at each end, where they are not all computed.
N_ENDS = 6


@dataclass(frozen=True)
class Certificate:
    """What was found out about a point.

    Attributes
    ----------
    kind : str
        "minimum": the gradient is zero, and every eigenvalue is above zero by more than its
        error, but for directions that have no effect at all.
        "saddle": the gradient is zero and an eigenvalue is below zero by more than its error.
        "valley to infinity": there is no finite minimizer here; in some direction the loss only
        falls, or has already come down to where its fall is lost in rounding.
        "plateau": the gradient is zero and an eigenvalue, within its error, as well: second
        derivatives do not tell.
        "not converged": none of these.
    point : (D,) array
    loss : float
    gradient_norm : float
        Euclidean.
    scaled_gradient_norm : float
        Of the gradient times the space's scale: what one natural step in each weight would
        change of the loss.
    eigenvalues : (m,) array
        Of the Hessian, from the lowest up; all, or up to 6 at each end. Without the directions
        that have no effect.
    eigenvectors : (m, D) array
    error : float
        Bound of what is wrong with each eigenvalue, by the differences it is from.
    newton_step : float
        Length of Newton's step: how far the minimum is.
    n_flat : int
        Directions along which the loss is constant: everywhere, see :func:`inert_directions`, or
        from this point.
    direction : (D,) array or None
        Of a valley, outwards.
    trap : bool or None
        Of a valley, whether the minima that small penalties make of it stay at its loss, so
        that a descent is caught as in a minimum; see :func:`penalty_paths`.
    passes : float
        What it took to find out.
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
        """Say what it is in a sentence."""
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
    """Find out what a point is.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64, such as a :class:`metarnn.Fitness`. Bounds of its space
        are not looked at.
    point : (D,) array_like
        As exact as can be; :func:`find_minima` polishes its own.
    tol : float
        Norm of a gradient that counts as zero.
    space : Space, optional
        Where other weights are drawn, and its scale; by default that of the objective.
    full : bool, optional
        Whether the whole Hessian is computed (10 D gradients), or the ends of its spectrum by
        Lanczos's method with products (10 gradients each). By default, up to 100 weights.

    Raises
    ------
    ValueError
        No gradients, no space, a network in float32, or a point that does not fit.

    Notes
    -----
    A zero eigenvalue may mean four things. The direction has no effect on the loss, here or
    anywhere: it is counted, and the point is a minimum nevertheless. The loss has come near the
    end of a valley that runs to infinity, where all saturates; the same is looked for where
    Newton's step is long though the gradient is next to zero, as it is on the way out. Two things
    tell a valley: along the part of the point itself in the soft directions the loss falls, or
    stays after it has fallen, as far as one goes (:func:`line_outwards`); and the minima of
    smaller and smaller penalties run away (:func:`penalty_paths`). Or neither is the case: a
    plateau. So counts also a minimum within a curved set of equal ones.

    A penalty (``alpha`` of :class:`metarnn.Fitness`) makes minima of such valleys, a small one
    far out; biases are not penalized.

    All eigenvalues belong to a Hessian by differences; `error` is what these differ by among
    themselves, so it is an estimate and no proof. Of Lanczos's eigenvalues it holds the
    residual as well, but an eigenvalue that the method missed would go unnoticed.
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
    """Find out what points (n, D) are, given the directions (m, D) that have no effect."""
    drafts = [_draft(objective, x, inert, tol, full) for x in points]
    doubtful = [i for i, (_, soft) in enumerate(drafts) if len(soft)]
    if doubtful:
        before = objective.passes
        traps, ways = penalty_paths(objective, points[doubtful])
        share = (objective.passes - before) / len(doubtful)
        for i, trap, way in zip(doubtful, traps, ways, strict=True):
            draft, soft = drafts[i]
            drafts[i] = _settled(objective, draft, soft, bool(trap), way, share), soft
    return [draft for draft, _ in drafts]


def _draft(
    objective: CountedObjective, x: Floats, inert: Floats, tol: float, full: bool | None
) -> tuple[Certificate, Floats]:
    """Return what second derivatives tell, and the directions (m, D) that leave it in doubt.

    These are the ones with an eigenvalue of zero, and those in which Newton's step is long.
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
    certificate = Certificate(
        kind,
        x,
        float(loss),
        norm,
        float(np.linalg.norm(objective.space.scale * slope)),
        values,
        vectors,
        error,
        float(np.linalg.norm(moves)),
        len(inert),
        None,
        None,
        objective.passes - before,
    )
    return certificate, vectors[soft] if np.isfinite(loss) else vectors[:0]


def _settled(
    objective: CountedObjective,
    draft: Certificate,
    soft: Floats,
    trap: bool,
    way: Floats,
    share: float,
) -> Certificate:
    """Return the certificate of a point with soft directions: valley, flat or what it was."""
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
        passes=draft.passes + share + objective.passes - before,
    )


def _all(objective: CountedObjective, x: Floats, inert: Floats) -> tuple[Floats, Floats, float]:
    """Return all eigenvalues (m,) and eigenvectors (m, D) outside of the inert directions."""
    matrix, error = hessian(objective.gradient, x)
    # A basis of the other directions: the inert ones come first, or the axes, where none are.
    basis = np.eye(len(x))
    if len(inert):
        basis = np.linalg.svd(inert)[2][len(inert) :]
    values, vectors = np.linalg.eigh(basis @ matrix @ basis.T)
    rounding = len(x) * np.finfo(float).eps * float(np.abs(values).max(initial=0.0))
    return values, vectors.T @ basis, error + rounding


def _ends(objective: CountedObjective, x: Floats, inert: Floats) -> tuple[Floats, Floats, float]:
    """Return the lowest and highest eigenvalues outside of the inert directions, by Lanczos."""
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    dim = len(x)
    errors = []

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
        except ArpackNoConvergence as ended:  # what has converged is still an eigenpair
            return ended.eigenvalues, ended.eigenvectors

    high, high_vectors = extreme("LA", 0.0)
    # The inert directions are lifted to the top, where they do not hide the lowest others.
    low, low_vectors = extreme("SA", float(np.abs(high).max(initial=1.0)))
    values, vectors = np.concatenate([low, high]), np.concatenate([low_vectors.T, high_vectors.T])
    outside = np.linalg.norm(vectors @ inert.T, axis=1) < 0.5
    order = np.argsort(values[outside])
    values, vectors = values[outside][order], vectors[outside][order]
    pairs = zip(vectors, values, strict=True)
    residuals = [np.linalg.norm(product(v) - value * v) for v, value in pairs]
    return values, vectors, float(max(errors, default=0.0) + max(residuals, default=0.0))
