"""Random search, the baseline of every other optimizer, and random weight guessing."""

from dataclasses import dataclass, replace

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
    It does not learn from earlier points, so it makes little progress in more than a few
    dimensions. A task that it solves says little about any other optimizer.
    """

    losses_in_step = True

    population_size: int = setting(50, low=1, size=True)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        points = space.initial(self.population_size, rng)
        while True:
            yield from between(points, (yield Ask(points)).losses)
            points = space.sample(self.population_size, rng)


@dataclass
class RandomGuessing(RandomSearch):
    """Random weight guessing: uniform draws from a cube, independent of the space's sampler.

    Parameters
    ----------
    population_size : int
        Points drawn at once.
    width : float
        Every coordinate is uniform in [-width, width], within the bounds if there are any.

    Notes
    -----
    :class:`RandomSearch` draws from the space's own sampler, which for a network is its
    initializer: small weights, with which a network forgets quickly. Hochreiter and Schmidhuber
    (1996) drew from [-100, 100] and solved several tasks that had been published as hard for
    gradients; much depends on the width, and on how near to 0 the minimum is. Do not train with it.

    References
    ----------
    S. Hochreiter, J. Schmidhuber: Bridging long time lags by weight guessing and "Long
    Short-Term Memory". Spatiotemporal Models in Biological and Artificial Systems, 1996, 65-72.
    """

    width: float = setting(10.0, above=0.0)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        low, high = np.full(space.dim, -float(self.width)), np.full(space.dim, float(self.width))
        if space.bounds is not None:
            low, high = np.maximum(low, space.bounds[0]), np.minimum(high, space.bounds[1])
        if not (low < high).all():
            raise ValueError(
                f"RandomGuessing: [-width, width] must overlap the space's bounds in each "
                f"coordinate, got width = {self.width:g} and coordinates beyond it."
            )
        cube = replace(Space.box(low, high), start=space.start)
        yield from super().evolve(cube, rng, between)
