"""Random search: the baseline that everything else has to beat."""

from dataclasses import dataclass

import numpy as np

from .optimizer import Ask, Optimizer, Search, setting
from .space import Space


@dataclass
class RandomSearch(Optimizer):
    """Random search: draw fresh points, keep the best.

    Parameters
    ----------
    batch_size : int
        Points drawn at once.

    Notes
    -----
    Called random weight guessing for recurrent networks (Hochreiter and Schmidhuber 1996),
    where it solved several tasks that had been published as hard: a task that it solves
    says little about any other optimizer. It learns nothing from what it has seen, so do
    not expect it to get anywhere in more than a few dimensions.
    """

    batch_size: int = setting(50, low=1)

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        yield Ask(space.initial(self.batch_size, rng))
        while True:
            yield Ask(space.sample(self.batch_size, rng))
