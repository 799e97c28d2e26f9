"""Artificial bee colony: moves of single coordinates, more often of better points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array, Ask, Search, setting
from ..population_based import Between, Population, some_rows
from ..space import Space

Counts = NDArray[np.int64]


@dataclass
class BeeColony(Population):
    """Artificial bee colony: moves of single coordinates, and new points for stuck ones.

    Parameters
    ----------
    population_size : int
        SN, the number of points (food sources): half of the colony.
    limit : int or None
        Failed moves after which a point is abandoned; None for SN D.

    Notes
    -----
    A move changes one random coordinate of a point x_i to v_ij = x_ij + phi (x_ij - x_kj), with
    another random point x_k and phi uniform in [-1, 1], and is kept if it is better. A generation
    has three phases: one move of each point (employed bees); SN moves of points drawn with
    probabilities proportional to 1 / (1 + loss), or 1 + abs(loss) for negative losses
    (onlookers); and a random point in place of the one with most failed moves, if these are more
    than `limit` (scout). It costs 2 SN passes.

    The authors' program goes from point to point, so that a bee sees the moves of earlier bees.
    Here each phase is one request, and its bees see the points before the phase: where several
    onlookers move the same point, the best move is kept, and each of them counts as a failure if
    none succeeded. Losses are compared directly, since the program's 1 / (1 + loss) cannot
    distinguish losses below 1e-16.

    Few points come to low losses sooner than the authors' 20 to 62, on networks and on functions:
    the former default of 25 takes four times the passes.

    The probabilities depend on the scale of the loss: they are nearly uniform where losses are
    small, as those of classifiers are. Moves of single coordinates are strong on separable
    functions such as Rastrigin's, which are popular tests of the method, and weak where
    coordinates depend on each other, as the weights of a network do: there use
    :class:`~metarnn.optimizers.LSHADE`, or a gradient.

    References
    ----------
    D. Karaboga, B. Basturk: A powerful and efficient algorithm for numerical function optimization:
    artificial bee colony (ABC) algorithm. Journal of Global Optimization 39 (2007) 459-471.
    """

    population_size: int = setting(5, low=2, size=True, tune=(2, 60), log=True)
    limit: int | None = setting(None, low=0, tune=(20, 2000), log=True)

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
    """Move the chosen points, and keep the best move of each if it is an improvement."""
    from .random_integers import integers

    n = len(chosen)
    coordinates = integers(space.dim, n, rng)
    partners = integers(len(points) - 1, n, rng)
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
    moved_to, moved_by = each[better], best[better]
    for some in some_rows(len(moved_to), space.dim):
        points[moved_to[some]] = rivals[moved_by[some]]
    losses[moved_to] = rival_losses[moved_by]


def probabilities(losses: Array) -> Array:
    """Return the probabilities (n,) with which onlookers choose points of these losses."""
    fitness = 1 / (1 + np.maximum(losses, 0)) + np.maximum(-losses, 0)
    highest = fitness.max()
    # Where no loss is finite, the probabilities are uniform.
    fitness = fitness / highest if highest > 0 else np.ones(len(losses))
    return np.asarray(fitness / fitness.sum())
