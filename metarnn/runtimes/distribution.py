"""Empirical distribution of run times, over runs and targets."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


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
