"""What population methods share: generations, between which others may work on the population."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .optimizer import Array, Optimizer, Search
from .space import Space

#: between(points, losses) may ask, and may change points (n, D) and losses (n,) in place.
Between = Callable[[Array, Array], Search]


def nothing(points: Array, losses: Array) -> Search:
    """Leave a population as it is, and ask nothing."""
    yield from ()


@dataclass
class Population(Optimizer):
    """Base of the population methods; a method writes :meth:`evolve` and nothing else."""

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        yield from self.evolve(space, rng, nothing)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        """Search as :meth:`Optimizer.search` does, and hand over between generations.

        After the first losses and after each generation comes ``yield from between(points,
        losses)``, with the arrays from which the next generation is made. What it writes to
        them is a better point and its loss, or a loss alone: gradient steps
        (:class:`~metarnn.optimizers.Memetic`), a neighbour's best
        (:class:`~metarnn.optimizers.Islands`).
        """
        raise TypeError(f"{type(self).__name__} does not define evolve(space, rng, between).")


def replace_if_better(points: Array, losses: Array, rivals: Array, rival_losses: Array) -> None:
    """Let each rival that is no worse take the place of its point, in both arrays."""
    better = rival_losses <= losses
    points[better] = rivals[better]
    losses[better] = rival_losses[better]
