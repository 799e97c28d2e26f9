"""Random weight guessing: a test of the difficulty of a benchmark."""

from dataclasses import dataclass, replace

import numpy as np

from ..optimizer import Search, setting
from ..population_based import Between
from ..space import Space
from .random_search import RandomSearch


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
    initializer: small weights, with which a network forgets quickly. Hochreiter and
    Schmidhuber (1996) drew from [-100, 100] and solved several tasks that had been published
    as hard for gradients; much depends on the width. A task that a few thousand guesses solve
    says little about any other optimizer. Guessing does not learn from earlier points, so do not
    train with it.

    References
    ----------
    S. Hochreiter, J. Schmidhuber: Bridging long time lags by weight guessing and "Long
    Short-Term Memory". Spatiotemporal Models in Biological and Artificial Systems, 1996, 65-72.
    """

    width: float = setting(10.0, above=0.0)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        yield from super().evolve(self._cube(space), rng, between)

    def _cube(self, space: Space) -> Space:
        """Return the intersection of the cube and the space's bounds."""
        low, high = np.full(space.dim, -float(self.width)), np.full(space.dim, float(self.width))
        if space.bounds is not None:
            low, high = np.maximum(low, space.bounds[0]), np.minimum(high, space.bounds[1])
        if not (low < high).all():
            raise ValueError(
                f"RandomGuessing: [-width, width] must overlap the space's bounds in each "
                f"coordinate, got width = {self.width:g} and coordinates beyond it."
            )
        return replace(Space.box(low, high), start=space.start)
