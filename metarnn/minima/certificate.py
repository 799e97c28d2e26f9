"""What a point of a loss is: a minimum, a saddle, a plateau, or on a valley without an end."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.optimizers import Objective, Space

from .hessian import Floats, hessian, products
from .inert import CONSTANT, inert_directions
from .looking import Looking
from .newton import MOST_FULL

KINDS = "minimum", "saddle", "plateau", "valley to infinity", "not converged"

#: Newton's step from a minimum is no longer than this share of 1 and the point's length.
ARRIVED = 1e-5

#: Eigenvalues at each end, where they are not all computed.
N_ENDS = 6

# Where a valley is followed to, outwards, and how finely it is looked back.
FAR, N_BACK = 2.0 ** np.arange(11), 50


@dataclass(frozen=True)
class Certificate:
    """What was found out about a point.

    Attributes
    ----------
    kind : str
        "minimum": the gradient is zero, and every eigenvalue is above zero by more than its
        error, but for directions that have no effect at all.
        "saddle": the gradient is zero and an eigenvalue is below zero by more than its error.
        "valley to infinity": there is no finite minimiser here; in some direction the loss only
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
        Directions that have no effect on the loss, see :func:`inert_directions`.
    direction : (D,) array or None
        Of the valley, outwards.
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
    tolerance: float = 1e-8,
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
    tolerance : float
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
    A zero eigenvalue may mean three things. The direction has no effect anywhere: it is left
    out, and counted. The loss has come to the end of a valley that runs to infinity, where all
    saturates: outwards, along the part of the point itself in the soft directions, it is the same
    or falls over distances of 1 to 1024, and on the way back it rises; the same is tested where
    Newton's step is long though the gradient is next to zero, as it is on the way out. Or
    neither: a plateau. A valley that is bent too much to be followed along a line counts as a
    plateau or as not converged; so does a minimum within a curved set of equal ones.

    A penalty (``alpha`` of :class:`metarnn.Fitness`) makes minima of such valleys, a small one
    far out; biases are not penalised.

    All eigenvalues belong to a Hessian by differences; `error` is what these differ by among
    themselves, so it is an estimate and no proof. Of Lanczos's eigenvalues it holds the
    residual as well, but an eigenvalue that the method missed would go unnoticed.
    """
    looking = Looking(objective, space)
    x = looking.point(point)
    return certified(looking, x, inert_directions(looking, x), tolerance, full)


def certified(
    looking: Looking,
    x: Floats,
    inert: Floats,
    tolerance: float = 1e-8,
    full: bool | None = None,
) -> Certificate:
    """Find out what a point (D,) is, given the directions (m, D) that have no effect."""
    before = looking.passes
    (loss,), (slope,) = looking.gradient(x[None])
    if full is None:
        full = len(x) <= MOST_FULL
    values, vectors, error = (_all if full else _ends)(looking, x, inert)
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.nan_to_num(np.abs(vectors @ slope / values), nan=0.0)
    newton_step = float(np.linalg.norm(moves))
    norm = float(np.linalg.norm(slope))
    arrived = moves <= ARRIVED * max(1.0, float(np.linalg.norm(x)))
    soft = ~arrived | (np.abs(values) <= error)
    direction = None
    if not np.isfinite(loss):
        kind = "not converged"
    elif soft.any() and (direction := _valley(looking, x, vectors[soft], loss)) is not None:
        kind = "valley to infinity"
    elif not norm <= tolerance or not arrived.all():
        kind = "not converged"
    elif values.size and values[0] < -error:
        kind = "saddle"
    else:
        kind = "plateau" if soft.any() or not values.size else "minimum"
    return Certificate(
        kind,
        x,
        float(loss),
        norm,
        float(np.linalg.norm(looking.space.scale * slope)),
        values,
        vectors,
        error,
        newton_step,
        len(inert),
        direction,
        looking.passes - before,
    )


def _all(looking: Looking, x: Floats, inert: Floats) -> tuple[Floats, Floats, float]:
    """Return all eigenvalues (m,) and eigenvectors (m, D) outside of the inert directions."""
    matrix, error = hessian(looking.gradient, x)
    # A basis of the other directions: the inert ones come first, or the axes, where none are.
    basis = np.eye(len(x))
    if len(inert):
        basis = np.linalg.svd(inert)[2][len(inert) :]
    values, vectors = np.linalg.eigh(basis @ matrix @ basis.T)
    rounding = len(x) * np.finfo(float).eps * float(np.abs(values).max(initial=0.0))
    return values, vectors.T @ basis, error + rounding


def _ends(looking: Looking, x: Floats, inert: Floats) -> tuple[Floats, Floats, float]:
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
        (found,), error = products(looking.gradient, x, (v - along @ inert)[None] / length)
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
    residuals = [np.linalg.norm(product(v) - value * v) for v, value in zip(vectors, values)]
    return values, vectors, float(max(errors, default=0.0) + max(residuals, default=0.0))


def _valley(looking: Looking, x: Floats, soft: Floats, loss: float) -> Floats | None:
    """Return the direction (D,) in which the loss only falls, by way of soft ones; else None."""
    outwards = soft.T @ (soft @ x)  # where weights saturate, more of the same does
    length = float(np.linalg.norm(outwards))
    if length == 0:
        return None
    outwards /= length
    same = CONSTANT * abs(loss)
    ahead = looking.losses(x + FAR[:, None] * outwards)
    if (np.diff(ahead, prepend=loss) > same).any():
        return None
    if ahead[-1] < loss - same:
        return np.asarray(outwards)
    # Nothing changes any more; what did on the way here?
    back = looking.losses(x - length * np.linspace(0, 1, N_BACK)[:, None] * outwards) - loss
    changed = np.flatnonzero(np.abs(back) > same)
    return outwards if len(changed) and back[changed[0]] > 0 else None
