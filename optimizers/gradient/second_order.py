"""The base of second-order methods: they detect convergence, and start again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..descent import Descent
from ..optimizer import Array, Search, setting
from ..space import Space

#: redraw(k) returns new starts (k, D).
Redraw = Callable[[int], Array]


@dataclass
class SecondOrder(Descent):
    """Base of the methods that detect convergence; a method defines ``converge`` only.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    tol : float
        A descent has converged when its model predicts a relative decrease of the loss of at most
        `tol`. Losses of networks in float32 have a relative precision of about 1e-7.
    restart : {"fresh", "stay"}
        What a converged descent does with the rest of the budget: start again from a new point,
        or stay, and request its point again. Refinements always stay.
    """

    tol: float = setting(1e-8, low=0.0)
    restart: str = setting("fresh", choices=("fresh", "stay"))

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        redraw = partial(space.sample, rng=rng) if self.restart == "fresh" else None
        yield from self.converge(space.initial(self.n_starts, rng), space, redraw)

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        # A refinement identifies the points by their rows, so none of them may start again.
        yield from self.converge(points, space, None)

    def converge(self, points: Array, space: Space, redraw: Redraw | None) -> Search:
        """Descend from each of the points (n, D), without end; start again if there is `redraw`.

        Every request has one row for each of the points, in their order.
        """
        raise TypeError(f"{type(self).__name__} does not define converge(points, space, redraw).")
