"""The last population of a search, for ensembles and for searches that continue from it."""

import numpy as np

from .optimizer import Array, Ask, Optimizer, Search, Told
from .population_based import Population
from .space import Space


class FinalPopulation:
    """Watches a search and keeps its last population.

    For a :class:`~metarnn.optimizers.Population` this is the population from which the next
    generation would be made. For any other optimizer it is the points of the last request that
    was answered in full and on all data, such as the current points of a gradient method.

    Attributes
    ----------
    points : (n, D) array or None
        None before the first generation.
    losses : (n,) array or None
        The losses of the points.
    """

    def __init__(self) -> None:
        self.points: Array | None = None
        self.losses: Array | None = None
        self._by_asks = True

    def watch(self, optimizer: Optimizer, space: Space, rng: np.random.Generator) -> Search:
        """Return the optimizer's search, watched."""
        if isinstance(optimizer, Population) and type(optimizer).search is Population.search:
            self._by_asks = False
            return optimizer.evolve(space, rng, self._note)
        return optimizer.search(space, rng)

    def answered(self, ask: Ask, told: Told) -> None:
        """Take note of a request and its answer."""
        if self._by_asks and ask.mini_batch is None:
            self._keep(ask.points, told.losses)

    def _note(self, points: Array, losses: Array) -> Search:
        self._keep(points, losses)
        yield from ()

    def _keep(self, points: Array, losses: Array) -> None:
        if self.points is None or self.points.shape != np.shape(points):
            self.points, self.losses = np.array(points), np.array(losses)
        else:  # in place, since this happens in every generation
            np.copyto(self.points, points)
            np.copyto(self.losses, losses)  # type: ignore[arg-type]
