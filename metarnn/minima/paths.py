"""The loss between two points: along a line, and along the lowest path found."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from metarnn.networks.network import Network
from metarnn.optimizers import Objective
from metarnn.optimizers.minimize import Seed

from .counted_objective import CountedObjective, check_integers
from .hessian import Floats
from .symmetry import Symmetry

#: Points evaluated on each segment of a path.
FINE = 20

# Factors of the step along the gradient after a path became lower, and after one that did not.
LONGER, SHORTER = 1.3, 0.5

#: A string whose steps are this short, relative to the distance of its ends, has converged.
SHORTEST = 1e-7

#: How far other strings are bent aside, relative to the distance of the ends.
ASIDE = 0.2


@dataclass(frozen=True)
class Barrier:
    """Results of :func:`~metarnn.minima.barrier`.

    Attributes
    ----------
    height : float
        The highest loss on the lowest path found: an upper bound of the lowest barrier, up to the
        resolution of the path. A lower path may exist.
    rise : float
        `height` minus the loss of the higher end: 0 if the path descends all the way.
    straight : float
        The highest loss on the straight line.
    path : (m, D) array
        Corners of the path, from a to b, and its `losses` (m,).
    losses : (m,) array
    b : (D,) array
        The second end, in the copy that is nearest to the first.
    passes : float
        The cost.
    """

    height: float
    rise: float
    straight: float
    path: Floats = field(repr=False)
    losses: Floats = field(repr=False)
    b: Floats = field(repr=False)
    passes: float


def line(objective: Objective, a: Any, b: Any, n: int = 101) -> Floats:
    """Return the losses (n,) of equidistant points on the line from a to b.

    Parameters
    ----------
    objective : Objective
        Whose losses.
    a, b : (D,) array_like or Certificate
        The ends, which are among the points.
    n : int
        Number of points, at least 2.

    Returns
    -------
    (n,) array
        The losses, from that of a to that of b.

    Raises
    ------
    ValueError
        Ends of another length, or fewer than 2 points.
    """
    counted = CountedObjective(objective)
    check_integers(2, n=n)
    return counted.losses(_between(counted.point(a), counted.point(b), n))


def barrier(
    objective: Objective,
    a: Any,
    b: Any,
    *,
    n_points: int = 21,
    steps: int = 200,
    n_strings: int = 4,
    seed: Seed = 0,
) -> Barrier:
    """Return an upper bound of the barrier between two points.

    The second point is replaced by its copy nearest to the first, by the network's symmetries.
    Then the straight line between them, and lines that are bent aside at random, are relaxed as
    strings: the points move down their gradients, and are redistributed at equal distances along
    the string, as long as the highest loss decreases.

    W. E, W. Ren, E. Vanden-Eijnden: Simplified and improved string method for computing the
    minimum energy paths in barrier-crossing events. Journal of Chemical Physics 126 (2007) 164103.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64.
    a, b : (D,) array_like or Certificate
        The ends, usually minima.
    n_points : int
        Points of a string, at least 3; its ends are fixed.
    steps : int
        Moves of a string, each of which takes a gradient at each point.
    n_strings : int
        Number of strings: the straight one, which symmetries of the loss may hold in place, and
        bent ones.
    seed : int, SeedSequence or Generator, optional
        Determines the directions in which strings are bent.

    Returns
    -------
    Barrier
        The height, and the path that has it.

    Raises
    ------
    ValueError
        Ends of another length, no gradients, or a network in float32.

    Notes
    -----
    The initial string decides which saddle it finds, and there may be lower ones, so that the
    height is an upper bound. Other copies may be reached over lower saddles, too.
    """
    check_integers(3, n_points=n_points)
    check_integers(0, steps=steps)
    check_integers(1, n_strings=n_strings)
    counted, rng = CountedObjective(objective), np.random.default_rng(seed)
    start, end = counted.point(a), counted.point(b)
    if isinstance(counted.network, Network):
        end = Symmetry(counted.network).aligned(end, start)
    string = _between(start, end, n_points)
    straight = _highest(counted, string)
    best, height = _relaxed(counted, string, steps)
    bow = 1 - np.linspace(-1, 1, n_points)[:, None] ** 2
    for _ in range(n_strings - 1):
        aside = rng.standard_normal(len(start))
        aside *= ASIDE * np.linalg.norm(end - start) / np.linalg.norm(aside)
        found, top = _relaxed(counted, string + bow * aside, steps)
        if top < height:
            best, height = found, top
    losses = counted.losses(best)
    rise = height - float(max(losses[0], losses[-1]))
    return Barrier(height, rise, straight, best, losses, end, counted.passes)


def _relaxed(objective: CountedObjective, string: Floats, steps: int) -> tuple[Floats, float]:
    """Relax a string; return the lowest one found, and its highest loss."""
    height = _highest(objective, string)
    length = float(np.linalg.norm(string[-1] - string[0]))
    step = 0.5 * length / len(string)
    for _ in range(steps):
        _, slopes = objective.gradient(string[1:-1])
        largest = float(np.linalg.norm(slopes, axis=1).max())
        if largest == 0 or step <= SHORTEST * length:
            break
        trial = string.copy()
        trial[1:-1] -= step / largest * slopes
        trial = _spaced(trial)
        top = _highest(objective, trial)
        step *= LONGER if top < height else SHORTER
        if top < height:
            string, height = trial, top
    return string, height


def _between(a: Floats, b: Floats, n: int) -> Floats:
    """Return n points from a to b."""
    t = np.linspace(0.0, 1.0, n)[:, None]
    return np.asarray((1 - t) * a + t * b)


def _highest(objective: CountedObjective, string: Floats) -> float:
    """Return the highest loss on the segments between a string's points."""
    t = np.arange(FINE)[:, None, None] / FINE
    points = (1 - t) * string[:-1] + t * string[1:]
    inside = objective.losses(points.reshape(-1, string.shape[1]))
    return float(max(inside.max(), objective.losses(string[-1:])[0]))


def _spaced(string: Floats) -> Floats:
    """Return equidistant points along a string."""
    lengths = np.linalg.norm(np.diff(string, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0.0, at[-1], len(string))
    spaced = np.stack([np.interp(wanted, at, coordinate) for coordinate in string.T], axis=1)
    spaced[0], spaced[-1] = string[0], string[-1]
    return spaced
