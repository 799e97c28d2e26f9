"""The base of gradient methods: independent starts in lockstep, and refinement."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .lockstep import send
from .optimizer import Array, Ask, Optimizer, Order, Search, Told, setting
from .space import Space

Refinement = Generator[Ask, Told, tuple[Array, Array]]


@dataclass
class Descent(Optimizer):
    """Base of the gradient methods; a method defines ``descend`` only.

    Parameters
    ----------
    n_starts : int
        Independent descents, evaluated in one batch. They share the budget: more starts find
        more minima, with fewer steps each.
    """

    n_starts: int = setting(1, low=1, size=True, tune=(1, 10), log=True)

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
        from .best_of_starts import keep_lower

        best, lowest = points.copy(), np.full(len(points), np.inf)

        def judge(asked: ArrayLike, losses: Array) -> None:
            points = np.asarray(asked, dtype=float)
            if points.shape != best.shape:  # which compiled code does not notice
                raise ValueError(
                    f"{type(self).__name__}: every request of descend must have one row for each "
                    f"of its points, {best.shape}, got {points.shape}."
                )
            keep_lower(points, losses, best, lowest)

        descent = self.descend(points, space, rng)
        ask = next(descent)
        for _ in range(steps):
            told = yield ask
            if ask.mini_batch is None:
                judge(ask.points, told.losses)
            ask = descent.send(told)
        judge(ask.points, (yield Ask(ask.points)).losses)
        return best, lowest


def until_rest(descent: Search) -> Search:
    """Run the search of a descent until it rests: it requests points again that had no gradient.

    A descent whose momentum or weight decay still moves the points goes on, as does one where a
    single start has a gradient. With mini-batches all those of an epoch must have gradients of
    zero.
    """
    with closing(descent):
        ask = next(descent, None)
        resting: Array | None = None  # the points of the last request on all data, ...
        is_flat = False  # ... and whether gradients were requested since, all of them zero
        while ask is not None:
            whole = ask.mini_batch is None
            if is_flat and whole and np.array_equal(ask.points, resting):  # type: ignore[arg-type]
                return
            points = ask.points
            told = yield ask
            if ask.order != Order.VALUE:
                # A mini-batch counts only if none before it in its epoch had a gradient.
                is_flat = told.is_flat and (whole or resting is not None)
                resting = points.copy() if is_flat and whole else resting if is_flat else None
            elif whole:
                is_flat, resting = False, points.copy()
            ask = send(descent, told)
