"""Artificial bee colony: one coordinate at a time, more often of the better points."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array, Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space

Counts = NDArray[np.int64]


@dataclass
class BeeColony(Population):
    """Artificial bee colony: moves single coordinates, restarts what is stuck.

    Parameters
    ----------
    population_size : int
        SN, the standing points (food sources): half of the colony.
    limit : int or None
        Failed moves after which a point is given up; None takes SN D.

    Notes
    -----
    A move changes one random coordinate of a point x_i, to v_ij = x_ij + phi (x_ij - x_kj),
    with another random point x_k and phi drawn evenly from -1 to 1, and stays where that is
    better. A generation has three phases: one move of each point (employed bees); SN moves
    of points drawn with a probability in proportion to 1 / (1 + loss), or to 1 + abs(loss) of
    negative losses (onlookers); and of the points that failed more often than `limit`, the
    worst in that is replaced by a random one, be it better or not (scout). 2 SN passes.

    The authors' program goes from point to point, so that a bee sees the moves of those before
    it. Here each of the phases is one ask, and its bees see the points as they were before it:
    where several onlookers come to a point, the best of their moves is kept, and each of
    their failures counts if none succeeded. Losses are compared themselves, where the
    program's 1 / (1 + loss) no longer tells losses below 1e-16 from each other.

    The probabilities depend on the scale of the loss: they are nearly even where losses are
    small, as those of classifiers are. Single coordinates make it strong on separable
    functions such as Rastrigin's, on which it is usually shown, and weak where coordinates
    depend on each other, as the weights of a network do: there, use
    :class:`~metarnn.optimizers.LSHADE`, or a gradient.

    References
    ----------
    D. Karaboga, B. Basturk: A powerful and efficient algorithm for numerical function
    optimization: artificial bee colony (ABC) algorithm. Journal of Global Optimization 39 (2007)
    459-471.
    """

    population_size: int = setting(25, low=2)
    limit: int | None = setting(None, low=0)

    size_param: ClassVar[str | None] = "population_size"

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        n = self.population_size
        limit = n * space.dim if self.limit is None else self.limit
        points = space.initial(n, rng)
        losses = (yield Ask(points)).losses
        failures = np.zeros(n, np.int64)
        while True:
            before = losses.copy()
            yield from between(points, losses)
            failures[losses < before] = 0
            yield from _move(np.arange(n), points, losses, failures, space, rng)
            chosen = rng.choice(n, n, p=probabilities(losses))
            yield from _move(chosen, points, losses, failures, space, rng)
            stuck = failures.argmax()
            if failures[stuck] > limit:
                fresh = space.sample(1, rng)
                points[stuck], losses[stuck] = fresh[0], (yield Ask(fresh)).losses[0]
                failures[stuck] = 0


def _move(
    chosen: Counts,
    points: Array,
    losses: Array,
    failures: Counts,
    space: Space,
    rng: np.random.Generator,
) -> Search:
    """Move the chosen points, and keep the best move of each where it is an improvement."""
    n = len(chosen)
    coordinates = rng.integers(space.dim, size=n)
    partners = rng.integers(len(points) - 1, size=n)
    partners += partners >= chosen
    moved = points[chosen]
    own, theirs = points[chosen, coordinates], points[partners, coordinates]
    moved[np.arange(n), coordinates] += rng.uniform(-1, 1, n) * (own - theirs)
    rivals = space.repair(moved)
    rival_losses = (yield Ask(rivals)).losses
    ranked = np.argsort(rival_losses, kind="stable")
    each, firsts = np.unique(chosen[ranked], return_index=True)
    best = ranked[firsts]
    better = rival_losses[best] < losses[each]
    failures += np.bincount(chosen, minlength=len(points))
    failures[each[better]] = 0
    points[each[better]], losses[each[better]] = rivals[best[better]], rival_losses[best[better]]


def probabilities(losses: Array) -> Array:
    """Return with which probabilities (n,) points of these losses are drawn."""
    fitness = 1 / (1 + np.maximum(losses, 0)) + np.maximum(-losses, 0)
    highest = fitness.max()
    # Of points none of which has a finite loss, each is as good as the others.
    fitness = fitness / highest if highest > 0 else np.ones(len(losses))
    return np.asarray(fitness / fitness.sum())
