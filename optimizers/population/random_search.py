"""Random search: the baseline that everything else has to beat."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class RandomSearch(Population):
    """Random search: draw fresh points, keep the best.

    Parameters
    ----------
    population_size : int
        Points drawn at once.

    Notes
    -----
    Called random weight guessing for recurrent networks (Hochreiter and Schmidhuber 1996),
    where it solved several tasks that had been published as hard: a task that it solves
    says little about any other optimizer. It learns nothing from what it has seen, so do
    not expect it to get anywhere in more than a few dimensions.
    """

    population_size: int = setting(50, low=1)

    size_param: ClassVar[str | None] = "population_size"

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        points = space.initial(self.population_size, rng)
        while True:
            yield from between(points, (yield Ask(points)).losses)
            points = space.sample(self.population_size, rng)
