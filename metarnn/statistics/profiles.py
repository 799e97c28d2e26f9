"""Profiles: which fraction of the runs, or of runs and targets, is reached by each threshold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .aggregates import check_scores, interval_ends, resamples
from .intervals import Seed, check_resampling

Floats = NDArray[np.float64]


class Profile(NamedTuple):
    """The fraction of runs that score at least as well as each threshold.

    Attributes
    ----------
    thresholds : (m,) array
        Rising.
    fraction : (m,) array
        The fraction, every problem with the same weight.
    low, high : (m,) array
        Ends of the pointwise interval.
    """

    thresholds: Floats
    fraction: Floats
    low: Floats
    high: Floats


def performance_profile(
    scores: ArrayLike,
    thresholds: ArrayLike,
    *,
    seed: Seed,
    lower_is_better: bool = True,
    confidence: float = 0.95,
    n_resamples: int = 2000,
) -> Profile:
    """Return the fraction of runs that reach each threshold, with a pointwise interval.

    Parameters
    ----------
    scores : (N, n) array_like
        Scores of n seeds on each of N problems, on one scale.
    thresholds : (m,) array_like
        Scores to reach.
    seed : int or Generator
        The source of the resamples.
    lower_is_better : bool
        Whether a run reaches a threshold from above.
    confidence : float
        Nominal coverage of each point.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    Profile
        One that lies above another everywhere is stochastically better.

    Raises
    ------
    ValueError
        Scores of another shape, or not finite; no thresholds.

    References
    ----------
    E. D. Dolan, J. J. Moré: Benchmarking optimization software with performance profiles.
    Mathematical Programming 91 (2002) 201-213; as score distributions in Agarwal and others 2021.
    """
    check_resampling(confidence, n_resamples)
    values, taus = check_scores(scores), _rising("thresholds", "m", thresholds)

    def reached(some: Floats) -> Floats:
        hits = [(some <= tau if lower_is_better else some >= tau).mean(axis=(1, 2)) for tau in taus]
        return np.stack(hits, axis=1)

    resampled = np.concatenate([reached(some) for some in resamples(values, seed, n_resamples)])
    low, high = np.quantile(resampled, interval_ends(confidence), axis=0)
    return Profile(taus, reached(values[None])[0], low, high)


def runtime_profile(
    runtimes: Sequence[ArrayLike],
    grid: ArrayLike,
    *,
    seed: Seed,
    confidence: float = 0.95,
    n_resamples: int = 1000,
) -> Profile:
    """Return the fraction of targets that runs have reached by each time, with an interval.

    Parameters
    ----------
    runtimes : sequence of (n_runs, n_targets) array_like
        For each problem the passes or seconds of its runs to its targets, as
        :func:`metarnn.runtimes.runtimes` returns them; NaN for targets that were not reached.
    grid : (g,) array_like
        Passes or seconds.
    seed : int or Generator
        The source of the resamples.
    confidence : float
        Nominal coverage of each point.
    n_resamples : int
        Number of resamples, each with the runs of every problem drawn again.

    Returns
    -------
    Profile
        Over `grid`, rising. Of one problem and without the interval it is
        :func:`metarnn.runtimes.runtime_distribution`.

    Raises
    ------
    ValueError
        No problem, run times of another shape, or an empty grid.

    References
    ----------
    N. Hansen and others: COCO: a platform for comparing continuous optimizers in a black-box
    setting. Optimization Methods and Software 36 (2021) 114-144.
    """
    check_resampling(confidence, n_resamples)
    at = _rising("grid", "g", grid)
    if not len(runtimes):
        raise ValueError("runtimes must be those of one problem at least, got none.")
    rng = np.random.default_rng(seed)
    fraction, resampled = np.zeros(len(at)), np.zeros((n_resamples, len(at)))
    for own in runtimes:
        times = np.asarray(own, float)
        if times.ndim != 2 or not times.size:
            raise ValueError(
                f"runtimes must be (runs, targets) of each problem, got {times.shape}."
            )
        reached = np.stack([(times <= t).mean(axis=1) for t in at], axis=1)  # (n_runs, g)
        # A resample is how often each run was drawn: a product is faster than copies.
        n = len(times)
        resampled += rng.multinomial(n, np.full(n, 1 / n), n_resamples) @ reached / n
        fraction += reached.mean(axis=0)
    low, high = np.quantile(resampled, interval_ends(confidence), axis=0) / len(runtimes)
    return Profile(at, fraction / len(runtimes), low, high)


def _rising(name: str, axis: str, given: ArrayLike) -> Floats:
    """Return numbers in rising order; refuse others."""
    numbers = np.sort(np.atleast_1d(np.asarray(given, float)))
    if numbers.ndim != 1 or not len(numbers) or np.isnan(numbers).any():
        raise ValueError(f"{name} must be numbers ({axis},), at least one, got {given!r}.")
    return numbers
