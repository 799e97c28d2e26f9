"""What the methods share that step along one gradient: rate, schedule, clipping, mini-batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, pi

import numpy as np

from ..descent import Descent
from ..optimizer import Array, Ask, MiniBatch, Order, Search, setting
from ..space import Space

#: step(gradients, factors, rate) moves the points; factors (n,) shorten the gradients (n, D).
Step = Callable[[Array, Array, float], None]

#: Share of the budget that is spent -> share of the learning rate that is left.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda spent: 1.0,
    "linear": lambda spent: 1.0 - spent,
    "cosine": lambda spent: 0.5 * (1.0 + cos(pi * spent)),
    "steps": lambda spent: 0.1 ** (int(spent > 0.5) + int(spent > 0.75)),
}


@dataclass
class FirstOrder(Descent):
    """Base of the methods with a learning rate; a method writes :meth:`make_update`, nothing else.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    learning_rate : float
        Factor of the steps.
    schedule : {"constant", "linear", "cosine", "steps"}
        How the rate falls while the budget is spent: not at all, to 0 evenly or along a
        cosine, or to a tenth at a half and again at three quarters of it.
    warmup : float
        Share of the budget over which the rate rises evenly to its full height before.
    max_norm : float or None
        Longer gradients are shortened to this norm, without which recurrent networks are
        thrown far away where their gradients explode (Pascanu, Mikolov and Bengio 2013).
    n_batches : int
        Mini-batches that the shuffled data are cut into, each for a step. After each round
        of them the points are judged by all of the data, which costs a pass.
    """

    learning_rate: float = setting(0.01, above=0.0)
    schedule: str = setting("constant", choices=tuple(SCHEDULES))
    warmup: float = setting(0.0, low=0.0, high=1.0)
    max_norm: float | None = setting(1.0, above=0.0)
    n_batches: int = setting(1, low=1)

    @property
    def needs_mini_batches(self) -> bool:
        """See :class:`Optimizer`."""
        return self.n_batches > 1

    def make_update(self, points: Array) -> Step:
        """Return the function that moves the points (n, D), in place, along their gradients."""
        raise TypeError(f"{type(self).__name__} does not define make_update(points).")

    def rate(self, spent: float) -> float:
        """Return the learning rate when a share of the budget is spent."""
        rising = min(1.0, spent / self.warmup) if self.warmup else 1.0
        # The first step is taken before anything is spent that could have raised the rate.
        rising = max(rising, 1e-3)
        after = max(0.0, spent - self.warmup) / (1.0 - self.warmup) if self.warmup < 1 else 0.0
        return float(self.learning_rate) * rising * SCHEDULES[self.schedule](min(1.0, after))

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Descent.descend`."""
        points = np.array(points, dtype=float)
        step = self.make_update(points)
        while True:
            for mini_batch in self._mini_batches(rng):
                told = yield Ask(points, Order.GRADIENT, mini_batch)
                step(
                    told.gradients,
                    clip_factors(told.gradients, self.max_norm),
                    self.rate(told.budget_fraction),
                )
                if space.bounds is not None:
                    points[:] = space.repair(points)
            if self.n_batches > 1:
                yield Ask(points)

    def _mini_batches(self, rng: np.random.Generator) -> Iterator[MiniBatch | None]:
        """Return the mini-batches of a round through the data: one, of all, or several."""
        if self.n_batches == 1:
            yield None
        else:
            seed = int(rng.integers(2**32))
            yield from (MiniBatch(number, self.n_batches, seed) for number in range(self.n_batches))


def clip_factors(gradients: Array, norm: float | None) -> Array:
    """Return the factors (n,) that shorten gradients (n, D) to at most this Euclidean norm."""
    if norm is None:
        return np.ones(len(gradients))
    from .gradient_updates import find_clip_factors

    factors = np.empty(len(gradients))
    with np.errstate(over="ignore", invalid="ignore"):  # squares overflow, where not compiled
        find_clip_factors(gradients, float(norm), factors)
    return factors
