"""The base of gradient methods: independent starts in lockstep, and refinement."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from .optimizer import Array, Ask, Optimizer, Order, Search, Told, setting
from .space import Space

Refinement = Generator[Ask, Told, tuple[Array, Array]]


@dataclass
class Descent(Optimizer):
    """Base of the gradient methods; a method defines :meth:`descend` only.

    Parameters
    ----------
    n_starts : int
        Independent descents, evaluated in one batch. They share the budget: more starts find
        more minima, with fewer steps each.
    """

    n_starts: int = setting(1, low=1, size=True)

    kind = "a gradient method"
    order = Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield from self.descend(space.initial(self.n_starts, rng), space, rng)

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        """Descend from each of the points (n, D), without end.

        Every request has one row for each of the points, in their order.
        """
        raise TypeError(f"{type(self).__name__} does not define descend(points, space, rng).")

    def refine(
        self, points: Array, space: Space, steps: int, rng: np.random.Generator
    ) -> Refinement:
        """Descend a number of steps from each of the points, for use with ``yield from``.

        A step is a request. The value of the last point is evaluated as well, so a point costs
        ``3 steps + 1`` passes if each step takes one gradient. Return the best points (n, D) found
        from each start, itself included, and their losses (n,).
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
