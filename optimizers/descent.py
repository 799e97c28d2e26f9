"""What all gradient methods share: independent starts in lockstep, and refinement."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .optimizer import Array, Ask, Optimizer, Order, Search, Told, setting
from .space import Space

Refinement = Generator[Ask, Told, tuple[Array, Array]]


@dataclass
class Descent(Optimizer):
    """Base of the gradient methods; a method writes :meth:`descend` and nothing else.

    Parameters
    ----------
    n_starts : int
        Independent descents, asked for in one batch. The budget is shared among them: more
        starts escape more minima, and each takes fewer steps.
    """

    n_starts: int = setting(1, low=1)

    size_param: ClassVar[str | None] = "n_starts"

    @property
    def order(self) -> Order:
        """Gradients."""
        return Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        yield from self.descend(space.initial(self.n_starts, rng), space, rng)

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        """Descend from each of the points (n, D), for ever.

        Every ask has one row for each of the points, in their order.
        """
        raise TypeError(f"{type(self).__name__} does not define descend(points, space, rng).")

    def refine(
        self, points: Array, space: Space, steps: int, rng: np.random.Generator
    ) -> Refinement:
        """Descend `steps` steps from each of the points, for use with ``yield from``.

        Parameters
        ----------
        points : (n, D) array
            Where to start.
        space : Space
            Bounds and scale.
        steps : int
            Asks to answer; the last move is judged by its value, so a point costs
            ``3 steps + 1`` passes where each of them is for a gradient.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        points : (n, D) array
            The best point met from each start, itself included.
        losses : (n,) array
            Their losses.
        """
        best, lowest = points.copy(), np.full(len(points), np.inf)

        def judge(asked: Array, losses: Array) -> None:
            better = losses < lowest
            best[better], lowest[better] = asked[better], losses[better]

        descent = self.descend(points, space, rng)
        ask = next(descent)
        for _ in range(steps):
            told = yield ask
            if ask.mini_batch is None:
                judge(ask.points, told.losses)
            ask = descent.send(told)
        judge(ask.points, (yield Ask(ask.points)).losses)
        return best, lowest
