"""Figures over many problems at once, with intervals from the seeds of each problem."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import ArrayLike, NDArray

from .intervals import Interval, Seed, check_resampling

Floats = NDArray[np.float64]


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
    values, resampled = check_scores(scores), []
    for some in resamples(values, seed, n_resamples):
        resampled.append(np.asarray(statistic(some, axis=(1, 2))))
    low, high = np.quantile(np.concatenate(resampled), interval_ends(confidence))
    return Interval(float(statistic(values[None], axis=(1, 2))[0]), float(low), float(high))


def check_scores(scores: ArrayLike) -> Floats:
    """Return scores (N, n) as an array; refuse others."""
    values = np.asarray(scores, float)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"scores must be finite numbers (problems, seeds), got {values.shape}.")
    return values


def resamples(values: Floats, seed: Seed, n_resamples: int) -> Any:
    """Yield scores (m, N, n) with the seeds of each problem drawn again, m at a time."""
    rng, (N, n) = np.random.default_rng(seed), values.shape
    at_once = max(1, 2**20 // values.size)
    for begin in range(0, n_resamples, at_once):
        m = min(at_once, n_resamples - begin)
        drawn = rng.integers(n, size=(m, N, n))
        yield np.take_along_axis(values[None], drawn, axis=2)


def interval_ends(confidence: float) -> tuple[float, float]:
    """Return the quantiles between which a resampled figure lies with some confidence."""
    return (1 - confidence) / 2, (1 + confidence) / 2
