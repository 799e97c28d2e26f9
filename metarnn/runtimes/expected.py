"""Success rates, and the expected running time of restarts until the first success."""

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def checked_runs(runtimes: ArrayLike, caps: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return run times and caps, and the spending of each run on each target, of one shape."""
    times, ends = np.asarray(runtimes, dtype=float), np.asarray(caps, dtype=float)
    if times.ndim not in (1, 2) or not len(times):
        raise ValueError(
            "runtimes must be (n_runs,) or (n_runs, n_targets) with at least one run, got an "
            f"array of shape {times.shape}."
        )
    if ends.shape != times.shape[:1]:
        raise ValueError(
            f"caps must be the total spending of each of the {len(times)} runs, got an array of "
            f"shape {ends.shape}."
        )
    ends = np.broadcast_to(ends if times.ndim == 1 else ends[:, None], times.shape)
    spent = np.where(np.isnan(times), ends, times)
    if not (np.isfinite(spent) & (spent >= 0)).all():
        raise ValueError(
            "Spending must be finite and not negative: the caps of all runs that failed, and the "
            "run times of the others."
        )
    return times, ends, spent


def expected_running_time(runtimes: ArrayLike, caps: ArrayLike) -> Any:
    """Return the expected running time (ERT) to a target.

    It is what all runs spent until they reached the target, the whole run if they did not,
    divided by the number of runs that did: the mean time of an algorithm that is restarted
    with new seeds until it succeeds.

    Parameters
    ----------
    runtimes : (n_runs,) or (n_runs, n_targets) array_like
        What each run spent to reach the target, as :func:`metarnn.runtimes.runtimes` returns
        it; NaN if it did not.
    caps : (n_runs,) array_like
        The total spending of each run, in the same unit. Runs that reached all targets may
        have NaN.

    Returns
    -------
    float or (n_targets,) array
        In the unit of `runtimes`; infinite if no run succeeded.

    Raises
    ------
    ValueError
        Shapes that do not match, no runs, or a failure whose cap is not finite.

    Notes
    -----
    N. Hansen, A. Auger, S. Finck, R. Ros: Real-parameter black-box optimization benchmarking
    2009: experimental setup. INRIA RR-6828. With few successes it is uncertain: see
    :func:`metarnn.statistics.ert_interval`.
    """
    times, _, spent = checked_runs(runtimes, caps)
    return ratio_of_sums(spent, np.isfinite(times))


def ratio_of_sums(spent: Floats, reached: NDArray[np.bool_]) -> Any:
    """Return the total spending over the number of successes, along the first axis."""
    total, successes = spent.sum(axis=0), reached.sum(axis=0)
    expected = np.where(successes > 0, total / np.maximum(successes, 1), np.inf)
    return expected if expected.ndim else float(expected)


def simulated_restarts(
    runtimes: ArrayLike, caps: ArrayLike, n_samples: int = 1000, *, seed: int | np.random.Generator
) -> Floats:
    """Draw run times of an algorithm that is restarted until it succeeds.

    Runs are drawn with replacement until one has reached the target; the total spending of the
    failed ones is added to its run time. The mean tends to the expected running time.

    Parameters
    ----------
    runtimes : (n_runs, n_targets) array_like
        As for :func:`expected_running_time`.
    caps : (n_runs,) array_like
        The total spending of each run.
    n_samples : int
        Restarted runs to draw for each target.
    seed : int or Generator
        The source of randomness.

    Returns
    -------
    (n_samples, n_targets) array
        NaN for targets that no run reached.

    Raises
    ------
    ValueError
        As for :func:`expected_running_time`.

    Notes
    -----
    The restart is simulated at the cap: do not use it for runs that ended by themselves, or
    with caps much shorter than a user would choose.
    """
    times, ends, _ = checked_runs(runtimes, caps)
    if times.ndim != 2:
        raise ValueError(
            f"runtimes must be (n_runs, n_targets), got an array of shape {times.shape}."
        )
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1, got {n_samples!r}.")
    rng = np.random.default_rng(seed)
    samples = np.full((n_samples, times.shape[1]), np.nan)
    for j, (column, lengths) in enumerate(zip(times.T, ends.T, strict=True)):
        reached = np.isfinite(column)
        successes, failures = column[reached], lengths[~reached]
        if not len(successes):
            continue
        samples[:, j] = rng.choice(successes, n_samples)
        if len(failures):
            # Failures before the first success, with that probability of a success.
            before = rng.geometric(len(successes) / len(column), n_samples) - 1
            lost = rng.choice(failures, before.sum())
            owner = np.repeat(np.arange(n_samples), before)
            samples[:, j] += np.bincount(owner, lost, n_samples)
    return samples


class Success(NamedTuple):
    """How often runs succeeded.

    Attributes
    ----------
    rate : float
        Fraction of the runs that succeeded.
    low, high : float
        Ends of Wilson's interval for the probability.
    successes, runs : int
        Counts.
    """

    rate: float
    low: float
    high: float
    successes: int
    runs: int


def wilson_interval(successes: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval for a probability of success.

    Unlike the textbook's rate ± 1.96 deviations it stays within 0 and 1, and has a width if all
    runs succeed, or none.

    Parameters
    ----------
    successes, runs : int
        Counts, of at least one run.
    confidence : float
        Coverage, between 0 and 1.

    Returns
    -------
    tuple of float
        The ends, low and high.

    Raises
    ------
    TypeError, ValueError
        Not counts, or a confidence outside 0 and 1.

    Notes
    -----
    E. B. Wilson: Probable inference, the law of succession, and statistical inference. JASA 22
    (1927) 209-212; computed by SciPy.
    """
    if not (isinstance(successes, Integral) and isinstance(runs, Integral)):
        raise TypeError(f"successes and runs must be counts, got {successes!r} and {runs!r}.")
    if not (0 <= successes <= runs and runs >= 1):
        raise ValueError(f"successes must be 0 to runs, of at least 1, got {successes} of {runs}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
    from scipy.stats import binomtest

    low, high = binomtest(int(successes), int(runs)).proportion_ci(confidence, method="wilson")
    return float(low), float(high)


def success_rate(runtimes: ArrayLike, confidence: float = 0.95) -> Success:
    """Return how many runs reached a target.

    Parameters
    ----------
    runtimes : (n_runs,) array_like
        What each run spent to reach it; NaN or infinite if it did not.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Success
        The fraction with its interval, and the counts.

    Raises
    ------
    ValueError
        Another shape, no runs, or a confidence outside 0 and 1.
    """
    times = np.asarray(runtimes, dtype=float)
    if times.ndim != 1 or not len(times):
        raise ValueError(
            "runtimes must be (n_runs,) with at least one run, got an array of shape "
            f"{times.shape}; take one target, runtimes[:, j]."
        )
    successes, runs = int(np.isfinite(times).sum()), len(times)
    return Success(successes / runs, *wilson_interval(successes, runs, confidence), successes, runs)
