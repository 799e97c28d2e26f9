"""The base of population methods: generations, with a hook between them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .optimizer import Array, Optimizer, Search
from .space import Space

#: between(points, losses) may request points, and change points (n, D) and losses (n,) in place.
Between = Callable[[Array, Array], Search]


def nothing(points: Array, losses: Array) -> Search:
    """Do nothing between generations."""
    yield from ()


@dataclass
class Population(Optimizer):
    """Base of the population methods; a method defines :meth:`evolve` only."""

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield from self.evolve(space, rng, nothing)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        """Search like :meth:`Optimizer.search`, with a hook between generations.

        After the first losses and after each generation, ``yield from between(points, losses)``
        passes on the arrays from which the next generation is made. The hook may replace points
        and their losses, or losses alone: :class:`~metarnn.optimizers.Memetic` takes gradient
        steps, :class:`~metarnn.optimizers.Islands` brings migrants.
        """
        raise TypeError(f"{type(self).__name__} does not define evolve(space, rng, between).")


def replace_if_better(points: Array, losses: Array, rivals: Array, rival_losses: Array) -> None:
    """Replace each point whose rival is no worse, in both arrays."""
    better = rival_losses <= losses
    points[better] = rivals[better]
    losses[better] = rival_losses[better]
