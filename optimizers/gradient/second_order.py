"""What the second-order methods share: they arrive in a minimum, notice it, and begin anew."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..descent import Descent
from ..optimizer import Array, Search, setting
from ..space import Space

#: redraw(k) returns points (k, D) from which to begin anew.
Redraw = Callable[[int], Array]


@dataclass
class SecondOrder(Descent):
    """Base of the methods that know when they have arrived; a method writes :meth:`converge`.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    tol : float
        A descent has arrived where its model promises to lower the loss by no more than this
        share of it. Losses of networks in float32 are known to a share of 1e-7 or so.
    restart : {"fresh", "stay"}
        What a descent that has arrived does with the rest of the budget: begin anew from a
        point that is drawn as the first ones were, or stay and ask for its point again.
        Refinements always stay.
    """

    tol: float = setting(1e-8, low=0.0)
    restart: str = setting("fresh", choices=("fresh", "stay"))

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        redraw = partial(space.sample, rng=rng) if self.restart == "fresh" else None
        yield from self.converge(space.initial(self.n_starts, rng), space, redraw)

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Descent.descend`."""
        # Who refines knows the points by their rows: none of them may begin anew.
        yield from self.converge(points, space, None)

    def converge(self, points: Array, space: Space, redraw: Redraw | None) -> Search:
        """Descend from each of the points (n, D), for ever; begin anew where there is `redraw`.

        Every ask has one row for each of the points, in their order.
        """
        raise TypeError(f"{type(self).__name__} does not define converge(points, space, redraw).")
