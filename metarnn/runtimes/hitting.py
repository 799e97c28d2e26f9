"""Targets, the times at which runs reached them, and the distribution of these times."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.optimizers import History
from metarnn.validation import check_integer, is_number, shown

Floats = NDArray[np.float64]
Axis = Literal["passes", "seconds"]


def log_targets(upper: float, lower: float, n: int = 51) -> Floats:
    """Return losses to reach, evenly spaced on a log scale, the easiest first.

    Parameters
    ----------
    upper, lower : float
        The highest and the lowest target. Fix them before the runs: targets chosen from the
        losses that were reached favor the optimizer that reached them. A study takes the loss
        of predicting the class frequencies and 0.001 times that loss.
    n : int
        How many; COCO takes 51 for its own range of ten decades.

    Returns
    -------
    (n,) array
        Falling.

    Raises
    ------
    TypeError, ValueError
        Not numbers, not 0 < lower < upper < inf, or fewer than 2 targets.
    """
    for name, value in (("upper", upper), ("lower", lower)):
        if not is_number(value):
            raise TypeError(f"{name} must be a loss, got {shown(value)}.")
    if not 0 < lower < upper < np.inf:
        raise ValueError(f"Targets need 0 < lower < upper, got upper={upper!r}, lower={lower!r}.")
    check_integer("n", n, 2)
    return np.geomspace(float(upper), float(lower), int(n))


def improvements(history: History | None, axis: Axis) -> tuple[Floats, Floats]:
    """Return the times of a run's improvements, in passes or seconds, and its falling losses."""
    if axis not in ("passes", "seconds"):
        raise ValueError(f"axis must be 'passes' or 'seconds', got {axis!r}.")
    if history is None:
        return np.empty(0), np.empty(0)
    if not isinstance(history, History):
        raise TypeError(f"Each history must be a History or None, got {type(history).__name__}.")
    passes, seconds, losses = history.improvements.T
    return (passes if axis == "passes" else seconds), losses


def first_reaching(losses: Floats, targets: ArrayLike) -> NDArray[np.int64]:
    """Return the improvements at which a target is first reached, the first one and the last.

    Parameters
    ----------
    losses : (m,) array
        Of a run's improvements, falling.
    targets : (n,) array_like
        Losses, in any order.

    Returns
    -------
    array of int
        Indices, rising. Running times to the targets, and the loss at the end, do not depend on
        other improvements.
    """
    if not len(losses):
        return np.empty(0, np.int64)
    first = _first_at_or_below(losses, np.asarray(targets, float))
    return np.unique([0, *first[first < len(losses)], len(losses) - 1])


def _first_at_or_below(losses: Floats, targets: Floats) -> NDArray[np.int64]:
    """Return the index of the first of falling losses that reaches each target, or their number."""
    return np.searchsorted(-losses, -targets, side="left")  # their negatives rise


def runtimes(
    histories: Sequence[History | None], targets: ArrayLike, axis: Axis = "passes"
) -> Floats:
    """Return the passes or seconds that each run spent until it reached each target.

    Parameters
    ----------
    histories : sequence of History or None
        One for each run; None for a run that failed, which reached nothing.
    targets : (n_targets,) or (n_runs, n_targets) array_like
        Losses, in any order; with two axes each run has its own targets, for runs of
        different problems.
    axis : {"passes", "seconds"}
        The unit. Seconds are those at the end of the ask in which the target was reached, and
        so are coarser for methods that evaluate many points at a time.

    Returns
    -------
    (n_runs, n_targets) array
        NaN if the run did not reach the target.

    Raises
    ------
    TypeError, ValueError
        Histories of another type, targets that are not losses, or another axis.
    """
    goals, n = np.asarray(targets, dtype=float), len(histories)
    if goals.ndim not in (1, 2) or (goals.ndim == 2 and len(goals) != n):
        raise ValueError(
            f"targets must be (n_targets,) or ({n}, n_targets), one row a run, got an array of "
            f"shape {goals.shape}."
        )
    if np.isnan(goals).any():
        raise ValueError("targets must be losses, got NaN among them.")
    goals = np.broadcast_to(goals, (n, goals.shape[-1]))
    times = np.full(goals.shape, np.nan)
    for i, history in enumerate(histories):
        at, losses = improvements(history, axis)
        times[i] = np.append(at, np.nan)[_first_at_or_below(losses, goals[i])]
    return times


class RuntimeDistribution(NamedTuple):
    """An empirical distribution of run times.

    Attributes
    ----------
    at : (n,) array
        Passes or seconds, rising.
    fraction : (n,) array
        Fraction of all pairs of a run and a target that were reached by then, rising.
    """

    at: Floats
    fraction: Floats


def log_grid(lower: float, upper: float, n: int = 200) -> Floats:
    """Return passes or seconds, rising and evenly spaced on a log scale.

    Parameters
    ----------
    lower, upper : float
        The ends.
    n : int
        Number of points.

    Returns
    -------
    (n,) array
        From `lower` to `upper`.

    Raises
    ------
    ValueError
        Not 0 < lower < upper < inf, or fewer than 2 points.
    """
    if not (0 < lower < upper < np.inf and n >= 2):
        raise ValueError(
            f"A grid needs 0 < lower < upper and two points, got lower={lower!r}, upper={upper!r}, "
            f"n={n!r}."
        )
    return np.geomspace(lower, upper, n)


def runtime_distribution(runtimes: ArrayLike, grid: ArrayLike) -> RuntimeDistribution:
    """Return the empirical distribution (ECDF) of run times over runs and targets.

    Parameters
    ----------
    runtimes : (n_runs, n_targets) array_like
        What each run spent to reach each target; NaN if it did not. For runs with restarts
        pass the result of :func:`metarnn.runtimes.simulated_restarts`.
    grid : (n,) array_like
        Passes or seconds at which to evaluate, rising, such as :func:`log_grid`.

    Returns
    -------
    RuntimeDistribution
        The fraction of run times below each point of the grid.

    Raises
    ------
    ValueError
        Shapes that do not fit, no run times, or a grid that does not rise.

    Notes
    -----
    Do not compare values beyond the budget of the shortest run: a run that has ended reaches
    nothing more. Runs of several problems may be concatenated if each problem has the same
    number of targets; a problem then counts by the number of its runs.
    """
    times, at = np.asarray(runtimes, dtype=float), np.asarray(grid, dtype=float)
    if times.ndim != 2 or not times.size:
        raise ValueError(
            "runtimes must be (n_runs, n_targets) with at least one of both, got an array of "
            f"shape {times.shape}."
        )
    if at.ndim != 1 or not len(at) or not (np.diff(at) >= 0).all():
        raise ValueError(f"grid must be a list of rising numbers, got {grid!r}.")
    reached = np.sort(times[np.isfinite(times)])
    return RuntimeDistribution(at, np.searchsorted(reached, at, side="right") / times.size)
