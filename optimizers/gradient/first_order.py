"""The base of first-order methods: learning rate, schedule, clipping, mini-batches."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

import numpy as np

from ..descent import Descent
from ..optimizer import Array, Ask, MiniBatch, Order, Search, setting
from ..space import Space

#: step(gradients, factors, rate) moves the points; factors (n,) scale the gradients (n, D).
Step = Callable[[Array, Array, float], None]

#: From the fraction of the budget that is spent to a factor of the learning rate.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda spent: 1.0,
    "linear": lambda spent: 1.0 - spent,
    "cosine": lambda spent: 0.5 * (1.0 + cos(pi * spent)),
    "steps": lambda spent: 0.1 ** (int(spent > 0.5) + int(spent > 0.75)),
}


@dataclass
class FirstOrder(Descent):
    """Base of the methods with a learning rate; a method defines ``make_update`` only.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    learning_rate : float
        Factor of the steps.
    schedule : {"constant", "linear", "cosine", "steps"}
        How the rate changes as the budget is spent: constant, falling to 0 linearly or along a
        cosine, or divided by 10 at a half and again at three quarters of the budget.
    warmup : float
        Fraction of the budget over which the rate first rises linearly to its full value.
    max_norm : float or None
        Longer gradients are scaled to this norm. Without it, exploding gradients of recurrent
        networks throw the weights far away (Pascanu, Mikolov and Bengio 2013).
    n_batches : int
        Number of mini-batches that the shuffled data are split into, one for each step. After
        each epoch the points are evaluated on all data, which costs a pass.
    """

    learning_rate: float = setting(0.01, above=0.0)
    schedule: str = setting("constant", choices=tuple(SCHEDULES), tune=True)
    warmup: float = setting(0.0, low=0.0, high=1.0)
    max_norm: float | None = setting(1.0, above=0.0)
    n_batches: int = setting(1, low=1)

    kind = "a method with a learning rate"

    @property
    def needs_mini_batches(self) -> bool:
        return self.n_batches > 1

    def make_update(self, points: Array) -> Step:
        """Return the function that moves the points (n, D) along their gradients, in place."""
        raise TypeError(f"{type(self).__name__} does not define make_update(points).")

    def rate(self, spent: float) -> float:
        """Return the learning rate when a fraction of the budget is spent."""
        rising = min(1.0, spent / self.warmup) if self.warmup else 1.0
        # The first step comes before any of the budget is spent, when the rate would be 0.
        rising = max(rising, 1e-3)
        after = max(0.0, spent - self.warmup) / (1.0 - self.warmup) if self.warmup < 1 else 0.0
        return float(self.learning_rate) * rising * SCHEDULES[self.schedule](min(1.0, after))

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        points = np.array(points, dtype=float)
        step, n = self.make_update(points), self.n_batches
        while True:
            seed = int(rng.integers(2**32)) if n > 1 else 0
            for i in range(n):
                mini_batch = MiniBatch(i, n, seed) if n > 1 else None
                told = yield Ask(points, Order.GRADIENT, mini_batch)
                factors = clip_factors(told.gradients, self.max_norm)
                step(told.gradients, factors, self.rate(told.budget_fraction))
                if space.bounds is not None:
                    points[:] = space.repair(points)
            if n > 1:
                yield Ask(points)


def clip_factors(gradients: Array, norm: float | None) -> Array:
    """Return the factors (n,) that scale gradients (n, D) to at most this Euclidean norm."""
    if norm is None:
        return np.ones(len(gradients))
    from .gradient_updates import find_clip_factors

    factors = np.empty(len(gradients))
    # Squares may overflow where the kernel is not compiled.
    with np.errstate(over="ignore", invalid="ignore"):
        find_clip_factors(gradients, float(norm), factors)
    return factors
