"""Figures over many problems at once, with intervals from the seeds of each problem."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import ArrayLike, NDArray

from .intervals import Interval, Seed, check_resampling

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


def interquartile_mean(scores: ArrayLike, axis: int | tuple[int, ...] | None = None) -> Any:
    """Return the mean of the middle half of the scores.

    Parameters
    ----------
    scores : array_like
        Scores of runs, such as (problems, seeds), on one scale.
    axis : int, tuple of int, optional
        Over which; all by default.

    Returns
    -------
    float or array
        As robust as the median against a few problems that go badly wrong, with an interval that
        is shorter: it uses half of the runs.

    Raises
    ------
    ValueError
        No scores.

    References
    ----------
    R. Agarwal and others: Deep reinforcement learning at the edge of the statistical precipice.
    NeurIPS 2021.
    """
    from scipy.stats import trim_mean

    values = np.asarray(scores, float)
    axes = normalize_axis_tuple(range(values.ndim) if axis is None else axis, values.ndim)
    if not values.size:
        raise ValueError("scores must hold at least one score, got none.")
    kept = [a for a in range(values.ndim) if a not in axes]
    flat = values.transpose(*kept, *axes).reshape(*(values.shape[a] for a in kept), -1)
    found = trim_mean(flat, 0.25, axis=-1)
    return float(found) if not kept else np.asarray(found)


def stratified_interval(
    scores: ArrayLike,
    statistic: Callable[..., Any] = interquartile_mean,
    *,
    seed: Seed,
    confidence: float = 0.95,
    n_resamples: int = 2000,
) -> Interval:
    """Return a figure over problems and its interval by a stratified bootstrap.

    Parameters
    ----------
    scores : (N, n) array_like
        Scores of n seeds on each of N problems, on one scale.
    statistic : callable
        ``statistic(scores, axis=(1, 2))`` of resamples (m, N, n).
    seed : int or Generator
        The source of the resamples.
    confidence : float
        Nominal coverage, between 0 and 1.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    Interval
        Of percentiles. The seeds of each problem are drawn again, the problems stay: it says how
        much the figure varies with the seeds, not what it is on other problems.

    Raises
    ------
    ValueError
        Scores of another shape, or not finite.
    """
    check_resampling(confidence, n_resamples)
    values, resampled = _checked(scores), []
    for some in _resamples(values, seed, n_resamples):
        resampled.append(np.asarray(statistic(some, axis=(1, 2))))
    low, high = np.quantile(np.concatenate(resampled), _ends(confidence))
    return Interval(float(statistic(values[None], axis=(1, 2))[0]), float(low), float(high))


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
    values, taus = _checked(scores), np.sort(np.atleast_1d(np.asarray(thresholds, float)))
    if taus.ndim != 1 or not len(taus) or np.isnan(taus).any():
        raise ValueError(f"thresholds must be numbers (m,), at least one, got {thresholds!r}.")

    def reached(some: Floats) -> Floats:
        hits = [(some <= tau if lower_is_better else some >= tau).mean(axis=(1, 2)) for tau in taus]
        return np.stack(hits, axis=1)

    resampled = np.concatenate([reached(some) for some in _resamples(values, seed, n_resamples)])
    low, high = np.quantile(resampled, _ends(confidence), axis=0)
    return Profile(taus, reached(values[None])[0], low, high)


def _checked(scores: ArrayLike) -> Floats:
    values = np.asarray(scores, float)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"scores must be finite numbers (problems, seeds), got {values.shape}.")
    return values


def _resamples(values: Floats, seed: Seed, n_resamples: int) -> Any:
    """Yield scores (m, N, n) with the seeds of each problem drawn again, m at a time."""
    rng, (N, n) = np.random.default_rng(seed), values.shape
    at_once = max(1, 2**20 // values.size)
    for begin in range(0, n_resamples, at_once):
        m = min(at_once, n_resamples - begin)
        drawn = rng.integers(n, size=(m, N, n))
        yield np.take_along_axis(values[None], drawn, axis=2)


def _ends(confidence: float) -> tuple[float, float]:
    return (1 - confidence) / 2, (1 + confidence) / 2
