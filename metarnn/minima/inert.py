"""Directions in which a loss never changes, wherever one stands."""

import numpy as np
from numpy.typing import NDArray

from .counted_objective import CountedObjective
from .hessian import Floats

#: Singular values below this share of the largest are zero, but for rounding.
ZERO = 1e-11

#: A loss that changes by less than this share of itself, or of what it is elsewhere, has not.
CONSTANT = 1e-12

#: How far it is followed, in shares of 1 or, if that is more, of the point's length.
DISTANCES = np.geomspace(1, 1000, 13)


def inert_directions(objective: CountedObjective, point: Floats) -> Floats:
    """Return an orthonormal basis (m, D) of the directions that have no effect on the loss.

    They are flat by construction: recurrent weights of sequences of one step, what a softmax
    cancels. A direction is one of them if no gradient anywhere points along it, as D + 10 points
    from the space and around the given one tell, and if from this one the loss stays the same to
    1e-12 of it over distances of 1 to 1000, either way.

    Parameters
    ----------
    objective : CountedObjective
    point : (D,) array
    """
    dim = len(point)
    rng = np.random.default_rng(0)  # any points tell the same
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
    """Tell along which of the directions (m, D) from a point the loss never changes."""
    walks = DISTANCES[:, None, None] * max(1.0, float(np.linalg.norm(point))) * directions
    points = (point + np.concatenate([walks, -walks])).reshape(-1, len(point))
    losses = objective.losses(np.concatenate([point[None], points]))
    changes = np.abs(losses[1:] - losses[0]).reshape(-1, len(directions)).max(axis=0)
    return np.asarray(changes <= CONSTANT * max(abs(losses[0]), objective.unit))
