"""Targets, and the time at which each run reached each of them."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.optimizers import History

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
        if not isinstance(value, Real) or isinstance(value, bool):
            raise TypeError(f"{name} must be a loss, got {value!r}.")
    if not 0 < lower < upper < np.inf:
        raise ValueError(f"Targets need 0 < lower < upper, got upper={upper!r}, lower={lower!r}.")
    if not isinstance(n, Integral) or n < 2:
        raise ValueError(f"n must be an integer, at least 2 targets, got {n!r}.")
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
        # The first improvement to the target or below; losses fall, so their negatives rise.
        first = np.searchsorted(-losses, -goals[i], side="left")
        times[i] = np.append(at, np.nan)[first]
    return times
