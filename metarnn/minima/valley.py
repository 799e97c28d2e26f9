"""Directions in which a loss is constant, and valleys to infinity, without a minimum nearby."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .counted_objective import CountedObjective
from .hessian import Floats
from .newton import first_descent, newton

#: Singular values below this fraction of the largest are zero up to rounding.
ZERO = 1e-11

#: Relative change of a loss that counts as constant, with respect to itself or its usual size.
CONSTANT = 1e-12

#: Distances at which the loss is compared, in units of the point's length, or of 1 if that is more.
DISTANCES = np.geomspace(1, 1000, 13)

#: Successive penalties, as fractions of the typical loss of random weights.
PENALTIES = 1e-6, 1e-7, 1e-8, 1e-9

#: Gradient steps that bring points back into the valley, and that then follow it.
BACK, ON = 300, 100

# Towards an isolated minimum a step of the path is 0.1 of the one before. In a valley steps are
# about equal, and at least a fraction of the weights' length.
STEADY, LEAST_STEP = 0.6, 0.01

#: Relative decrease of the loss with which a path has left its valley.
LEFT = 0.1

# Distances along the line outwards, and the number of points on the way back.
FAR, N_BACK = 2.0 ** np.arange(11), 50


def inert_directions(objective: CountedObjective, point: Floats) -> Floats:
    """Return an orthonormal basis (m, D) of the directions that have no effect on the loss.

    They are flat by construction, such as recurrent weights for sequences of one step, or shifts
    that a softmax cancels. A direction is inert if the gradients at D + 10 random points, from
    the space and around the given point, have no component along it, and if the loss stays
    constant to 1e-12 of itself at distances of 1 to 1000 from the given point (D,), both ways.
    """
    dim = len(point)
    rng = np.random.default_rng(0)  # any points serve
    drawn = objective.space.sample(dim + 10, rng)
    drawn[::2] += point
    slopes = objective.gradient(drawn)[1]
    lengths = np.linalg.norm(slopes, axis=1, keepdims=True)
    slopes = slopes / np.where(lengths > 0, lengths, 1.0)
    _, sizes, directions = np.linalg.svd(slopes)
    directions = directions[sizes <= ZERO * sizes[0]]
    if not len(directions):
        return directions
    return np.asarray(directions[constant_along(objective, point, directions)])


def constant_along(
    objective: CountedObjective, point: Floats, directions: Floats
) -> NDArray[np.bool_]:
    """Return along which of the directions (m, D) from a point the loss is constant."""
    walks = DISTANCES[:, None, None] * max(1.0, float(np.linalg.norm(point))) * directions
    points = (point + np.concatenate([walks, -walks])).reshape(-1, len(point))
    losses = objective.losses(np.concatenate([point[None], points]))
    changes = np.abs(losses[1:] - losses[0]).reshape(-1, len(directions)).max(axis=0)
    return np.asarray(changes <= CONSTANT * max(abs(losses[0]), objective.unit))


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
    """Return a direction (D,) from x in which the loss only decreases; None if there is none.

    It is the projection of the point onto the soft directions (m, D), which are orthonormal, since
    saturated units saturate further in this direction. Over distances of 1 to 1024 the loss must
    never increase. It must decrease; or, where it is constant, the last change on the way out must
    be a decrease.
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
    """Return which end points (n, D) of descents are in valleys to infinity, and which way (n, D).

    Under a penalty alpha |x|^2 / 2 every valley that traps has a minimum. As alpha goes to zero,
    it moves to the minimizer of the loss if there is one, by steps that shrink with alpha. If
    there is none, it moves outwards without limit, by about the same step for each factor of ten
    of alpha, since logistic units saturate. Each point first descends into the minimum under a
    small penalty, which is then followed under decreasing penalties. It is in such a valley if the
    steps of this path do not shrink and its losses decrease, but to no less than 0.9 times that of
    the point: with a larger decrease the path has left the valley for another one. The way is the
    last step, scaled to length 1.

    S. Rosset, J. Zhu, T. Hastie: Margin maximizing loss functions. NIPS 16 (2003) 1237-1244.
    """
    n, at, rng = len(points), points, np.random.default_rng(0)
    losses = objective.losses(points)
    path: list[Floats] = []
    levels: list[Floats] = []
    for alpha in PENALTIES:
        penalized = CountedObjective(_Penalized(objective, alpha * objective.unit))
        descent = first_descent(n)
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
