"""The best points that descents have met, each from its own start.

This module imports numba: import it where it is used.
"""

from metarnn.compilation import stored

from .space import Array

kernel = stored()


@kernel
def keep_lower(points: Array, losses: Array, best: Array, lowest: Array) -> None:
    """Replace each of the best points, and its loss, where that of the point is lower."""
    for i in range(points.shape[0]):
        if losses[i] < lowest[i]:
            lowest[i] = losses[i]
            for d in range(points.shape[1]):
                best[i, d] = points[i, d]
