"""Directions in which a loss is constant everywhere."""

import numpy as np
from numpy.typing import NDArray

from .counted_objective import CountedObjective
from .hessian import Floats

#: Singular values below this fraction of the largest are zero up to rounding.
ZERO = 1e-11

#: Relative change of a loss that counts as constant, with respect to itself or its usual size.
CONSTANT = 1e-12

#: Distances at which the loss is compared, in units of the point's length, or of 1 if that is more.
DISTANCES = np.geomspace(1, 1000, 13)


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
