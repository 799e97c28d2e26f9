"""In which basin points are: the certified minima that descents from them end in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metarnn.optimizers import Objective, Space

from .certificate import certified
from .clusters import Cluster, Clusters
from .counted_objective import CountedObjective
from .find import Minima, descend
from .hessian import Floats
from .valley import inert_directions

#: The number of points that do not descend to a certified minimum.
NO_MINIMUM = -1

#: As those of :func:`find_minima`: steps of a descent, and the norm of the gradient at its end.
STEPS, TOL = 1000, 1e-10


class Basins:
    """The known minima of a loss, and descents that tell in whose basins points are.

    A descent that ends in a copy of a known isolated minimum needs no certificate. Any other end
    is certified, and is a minimum of its own if it is one.
    """

    def __init__(
        self, objective: Objective, found: Minima | Sequence[Cluster], space: Space | None = None
    ) -> None:
        self.objective = CountedObjective(objective, space)
        rng = np.random.default_rng(0)  # any point serves
        self._inert = inert_directions(self.objective, self.objective.space.sample(1, rng)[0])
        self._clusters = Clusters(self._inert, self.objective.network)
        for cluster in minima_of(found):
            self.objective.point(cluster.certificate)
            self._clusters.include(cluster)

    @property
    def minima(self) -> list[Cluster]:
        """The known minima; those that descents have added have no starts, and come last."""
        return self._clusters.found

    def of(self, points: Floats) -> NDArray[np.int64]:
        """Return the index in `minima` for each of the points (n, D), or NO_MINIMUM."""
        ends = np.array(points, dtype=float)
        if not len(ends):
            return np.zeros(0, dtype=np.int64)
        descend(self.objective, ends, STEPS, TOL, np.random.default_rng(0))
        losses = self.objective.losses(ends)
        return np.array([self._index(*end) for end in zip(ends, losses, strict=True)])

    def _index(self, end: Floats, loss: float) -> int:
        known = self._clusters.index_of(end, float(loss))
        if known is not None:
            return known
        (found,) = certified(self.objective, end[None], self._inert, 100 * TOL)
        return self._clusters.add(found) if found.kind == "minimum" else NO_MINIMUM


def minima_of(found: Minima | Sequence[Cluster]) -> list[Cluster]:
    """Return the minima among what was found; raise a sentence about anything else."""
    minima = found.minima if isinstance(found, Minima) else list(found)
    for one in minima:
        if not isinstance(one, Cluster) or one.kind != "minimum":
            raise ValueError(
                "found must be the result of find_minima, or a list of its minima, got "
                f"{one.kind if isinstance(one, Cluster) else one!r}."
            )
    return minima
