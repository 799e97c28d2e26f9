"""Whether there is no minimum nearby, only a valley that runs to infinity: two tests."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metarnn.optimizers import LBFGS

from .counted_objective import CountedObjective
from .hessian import Floats
from .inert import CONSTANT
from .newton import newton

#: Penalties, as shares of the loss of drawn weights, one after the other.
PENALTIES = 1e-6, 1e-7, 1e-8, 1e-9

#: Gradient steps that bring points back into the valley, and that follow it from there.

BACK, ON = 300, 100

# Towards an isolated minimum a step of the path is a tenth of the one before; in a valley, about
# the same, and no less than this share of the weights' length.
STEADY, LEAST_STEP = 0.6, 0.01

#: A path whose points have so much less loss than the point has left its valley.
LEFT = 0.1

# How far a line is followed, and how finely it is looked back.
FAR, N_BACK = 2.0 ** np.arange(11), 50


@dataclass
class _Penalized:
    """A loss with alpha/2 times the squared length of the weights."""

    objective: CountedObjective
    alpha: float

    def __post_init__(self) -> None:
        self.space = replace(self.objective.space, bounds=None)

    def __call__(self, points: Floats) -> Floats:
        return np.asarray(self.objective.losses(points) + self._penalty(points))

    def gradient(self, points: Floats) -> tuple[Floats, Floats]:
        losses, slopes = self.objective.gradient(points)
        return losses + self._penalty(points), slopes + self.alpha * points

    def _penalty(self, points: Floats) -> Floats:
        return np.asarray(0.5 * self.alpha * (points**2).sum(axis=1))


def line_outwards(
    objective: CountedObjective, x: Floats, soft: Floats, loss: float
) -> Floats | None:
    """Return a direction (D,) in which the loss only falls, for ever; None where none is seen.

    It is the part of the point in the soft directions, as where units saturate more of the
    same does. Over distances of 1 to 1024 the loss must never rise. It must fall; or, where
    nothing changes any more, the last change on the way out must have been a fall.

    Parameters
    ----------
    objective : CountedObjective
    x : (D,) array
        The point.
    soft : (m, D) array
        Orthonormal directions.
    loss : float
        Its loss.
    """
    outwards = soft.T @ (soft @ x)
    length = float(np.linalg.norm(outwards))
    if length == 0:
        return None
    outwards /= length
    same = CONSTANT * abs(loss)
    ahead = objective.losses(x + FAR[:, None] * outwards)
    if not (np.diff(ahead, prepend=loss) <= same).all():
        return None
    if ahead[-1] < loss - same:
        return np.asarray(outwards)
    back = objective.losses(x - length * np.linspace(0, 1, N_BACK)[:, None] * outwards) - loss
    changed = np.flatnonzero(np.abs(back) > same)
    return outwards if len(changed) and back[changed[0]] > 0 else None


def penalty_paths(objective: CountedObjective, points: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Tell which points lie in valleys whose minima under penalties run away to infinity.

    Under a penalty alpha |x|^2 / 2 every valley that traps has a minimum. As alpha goes to zero,
    that goes to the minimizer of the loss if there is one, by steps that shrink as alpha does; if
    there is none, it goes out for ever, by about the same step for each factor of ten of alpha,
    as logistic units saturate. Each point is first pulled into the minimum of a small penalty,
    which is then followed as the penalty gets smaller still.

    S. Rosset, J. Zhu, T. Hastie: Margin maximizing loss functions. NIPS 16 (2003) 1237-1244.

    Parameters
    ----------
    objective : CountedObjective
    points : (n, D) array
        Where descents of the bare loss ended.

    Returns
    -------
    runs_away : (n,) array of bool
        Whether the path's steps do not shrink, and its losses fall, but not below that of the
        point by a tenth: then the path has left the valley for another, as it also does where
        the way back from far out leads over its edge.
    directions : (n, D) array
        The last step of each path, of length 1.
    """
    n = len(points)
    rng = np.random.default_rng(0)
    losses = objective.losses(points)
    at = points
    path: list[Floats] = []
    levels: list[Floats] = []
    for alpha in PENALTIES:
        penalized = CountedObjective(_Penalized(objective, alpha * objective.unit))
        descent = LBFGS(n_starts=n, tol=0.0, restart="stay")
        steps = ON if path else BACK
        at, _ = penalized.answers(descent.refine(at, penalized.space, steps, rng))
        at = newton(penalized.gradient, at, tol=1e-4 * alpha * objective.unit, steps=30)
        path.append(at)
        levels.append(objective.losses(at))
    moves = np.diff(path, axis=0)
    lengths = np.linalg.norm(moves, axis=2)
    outwards = np.diff(np.linalg.norm(path, axis=2), axis=0)
    steady = (lengths[1:] >= STEADY * lengths[:-1]).all(axis=0) & (outwards > 0).all(axis=0)
    falling = (np.diff(levels, axis=0) <= 0).all(axis=0)
    stayed = levels[-1] >= (1 - LEFT) * losses
    far = lengths[-1] >= LEAST_STEP * np.linalg.norm(at, axis=1)
    directions = moves[-1] / np.maximum(lengths[-1], 1e-300)[:, None]
    return steady & falling & stayed & far, directions
