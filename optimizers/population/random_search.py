"""Random search: the baseline of every other optimizer."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class RandomSearch(Population):
    """Random search: draw new points, keep the best.

    Parameters
    ----------
    population_size : int
        Points drawn at once.

    Notes
    -----
    For recurrent networks it is known as random weight guessing (Hochreiter and Schmidhuber
    1996), and solved several tasks that had been published as hard: a task that it solves says
    little about any other optimizer. It does not learn from earlier points, so it makes little
    progress in more than a few dimensions.
    """

    population_size: int = setting(50, low=1, size=True)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        points = space.initial(self.population_size, rng)
        while True:
            yield from between(points, (yield Ask(points)).losses)
            points = space.sample(self.population_size, rng)
