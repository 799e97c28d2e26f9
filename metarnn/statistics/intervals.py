"""Bootstrap intervals: how much a figure varies with the seeds."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.runtimes import quantiles
from metarnn.runtimes.expected import checked_runs, ratio_of_sums

Floats = NDArray[np.float64]
Seed = int | np.random.Generator


class Interval(NamedTuple):
    """A figure and the ends of its interval.

    Attributes
    ----------
    value : float
        The figure.
    low, high : float
        The ends.
    """

    value: float
    low: float
    high: float


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[..., Any] = np.median,
    *,
    seed: Seed,
    confidence: float = 0.95,
    method: Literal["percentile", "bca"] = "percentile",
    n_resamples: int = 9999,
) -> Interval:
    """Return a statistic of the runs and its bootstrap interval.

    Parameters
    ----------
    values : (n,) array_like
        One number for each run, at least two; not NaN. The percentile method accepts infinite
        ones, of runs without a finite loss.
    statistic : callable
        ``statistic(values, axis=...)``, such as ``numpy.median`` or ``numpy.mean``.
    seed : int or Generator
        The source of the resamples.
    confidence : float
        Nominal coverage, between 0 and 1. With fewer than about ten runs the interval is too
        short.
    method : {"percentile", "bca"}
        Quantiles of the resampled statistic; or corrected for bias and acceleration, which is
        better for means of skewed values, but not for medians of few values.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    Interval
        The statistic of the values, and the ends of its interval.

    Raises
    ------
    ValueError
        Fewer than two values, NaN, infinite ones for "bca", or arguments out of range.

    Notes
    -----
    B. Efron: Better bootstrap confidence intervals. JASA 82 (1987) 171-185. SciPy computes the
    corrected interval; its percentile method does not accept infinite values.
    """
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or len(sample) < 2 or np.isnan(sample).any():
        raise ValueError(
            "values must be at least two numbers, none NaN, got an array of shape "
            f"{sample.shape} with {np.isnan(sample).sum()} NaN."
        )
    check_resampling(confidence, n_resamples)
    if method not in ("percentile", "bca"):
        raise ValueError(f"method must be 'percentile' or 'bca', got {method!r}.")
    if method == "bca" and not np.isfinite(sample).all():
        raise ValueError("method='bca' needs finite values; use method='percentile'.")
    with np.errstate(invalid="ignore"):
        value = float(statistic(sample, axis=-1))
    if (sample == sample[0]).all():
        return Interval(value, value, value)
    rng = np.random.default_rng(seed)
    if method == "bca":
        from scipy.stats import bootstrap

        sizes = {"n_resamples": n_resamples, "confidence_level": confidence}
        ends = bootstrap((sample,), statistic, method="BCa", rng=rng, **sizes).confidence_interval
        return Interval(value, float(ends.low), float(ends.high))
    drawn = sample[rng.integers(0, len(sample), (n_resamples, len(sample)))]
    with np.errstate(invalid="ignore"):
        resampled = statistic(drawn, axis=-1)
    return _percentiles(value, resampled, confidence)


def ert_interval(
    runtimes: ArrayLike,
    caps: ArrayLike,
    *,
    seed: Seed,
    confidence: float = 0.95,
    n_resamples: int = 9999,
) -> Interval:
    """Return an expected running time and its bootstrap interval over the runs.

    Parameters
    ----------
    runtimes : (n_runs,) array_like
        What each run spent to reach the target; NaN if it did not.
    caps : (n_runs,) array_like
        The total spending of each run.
    seed, confidence, n_resamples
        As for :func:`bootstrap_interval`.

    Returns
    -------
    Interval
        In the unit of `runtimes`. The upper end is infinite if too many resamples contain no
        success: with s successes in n runs, a fraction of (1 - s / n) ** n.

    Raises
    ------
    ValueError
        As for :func:`metarnn.runtimes.expected_running_time`, or arguments out of range.
    """
    check_resampling(confidence, n_resamples)
    reached, spent = _runs(runtimes, caps)
    n = len(spent)
    drawn = np.random.default_rng(seed).integers(0, n, (n, n_resamples))
    erts = ratio_of_sums(spent[drawn], reached[drawn])
    return _percentiles(ratio_of_sums(spent, reached), erts, confidence)


def ert_ratio_interval(
    runtimes: ArrayLike,
    caps: ArrayLike,
    other_runtimes: ArrayLike,
    other_caps: ArrayLike,
    *,
    seed: Seed,
    paired: bool = False,
    confidence: float = 0.95,
    n_resamples: int = 9999,
) -> Interval:
    """Return the ratio of two expected running times and its bootstrap interval.

    Parameters
    ----------
    runtimes, caps : (n,) array_like
        Of the first method; see :func:`ert_interval`.
    other_runtimes, other_caps : (m,) array_like
        Of the second method, the denominator: a ratio of 2 means that the first method takes
        twice as long.
    seed
        See :func:`bootstrap_interval`.
    paired : bool
        Whether run i of both methods has the same seed, so that runs are drawn in pairs.
    confidence, n_resamples
        See :func:`bootstrap_interval`.

    Returns
    -------
    Interval
        A resample in which neither method succeeds counts as 0 for the lower end and as
        infinite for the upper one. The ratio itself is NaN if neither method ever succeeds.

    Raises
    ------
    ValueError
        As for :func:`ert_interval`, or paired runs of different number.
    """
    check_resampling(confidence, n_resamples)
    reached, spent = _runs(runtimes, caps)
    other_reached, other_spent = _runs(other_runtimes, other_caps)
    n, m = len(spent), len(other_spent)
    if paired and n != m:
        raise ValueError(f"Paired runs must have the same number, got {n} and {m}.")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, n, (n, n_resamples))
    others = drawn if paired else rng.integers(0, m, (m, n_resamples))
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN if both are infinite, or both zero
        value = np.divide(ratio_of_sums(spent, reached), ratio_of_sums(other_spent, other_reached))
        ratios = ratio_of_sums(spent[drawn], reached[drawn]) / ratio_of_sums(
            other_spent[others], other_reached[others]
        )
    unknown = np.isnan(ratios)
    (low,) = quantiles(np.where(unknown, 0.0, ratios), [(1 - confidence) / 2])
    (high,) = quantiles(np.where(unknown, np.inf, ratios), [(1 + confidence) / 2])
    return Interval(float(value), float(low), float(high))


def _percentiles(value: float, resampled: Floats, confidence: float) -> Interval:
    low, high = quantiles(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(value, float(low), float(high))


def _runs(runtimes: ArrayLike, caps: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Return which runs reached the target and what each spent on it."""
    times, _, spent = checked_runs(runtimes, caps)
    if times.ndim != 1:
        raise ValueError(
            f"runtimes must be (n_runs,), got an array of shape {times.shape}; choose one target, "
            "runtimes[:, j]."
        )
    return np.isfinite(times), spent


def check_resampling(confidence: float, n_resamples: int) -> None:
    """Refuse a coverage that is none, and no resamples at all."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, got {n_resamples!r}.")
