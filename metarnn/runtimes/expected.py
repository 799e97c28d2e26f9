"""Expected running time: what an algorithm spends if it is restarted until it succeeds."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def checked_runs(runtimes: ArrayLike, caps: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return run times and caps, and what each run spent on each target, of one shape.

    Raises
    ------
    ValueError
        Shapes that do not fit, no runs, or a failure without a cap.
    """
    times, ends = np.asarray(runtimes, dtype=float), np.asarray(caps, dtype=float)
    if times.ndim not in (1, 2) or not len(times):
        raise ValueError(
            "runtimes must be (n_runs,) or (n_runs, n_targets) with at least one run, got an "
            f"array of shape {times.shape}."
        )
    if ends.shape != times.shape[:1]:
        raise ValueError(
            f"caps must be what each of the {len(times)} runs spent in all, got an array of "
            f"shape {ends.shape}."
        )
    ends = np.broadcast_to(ends if times.ndim == 1 else ends[:, None], times.shape)
    spent = np.where(np.isnan(times), ends, times)
    if not (np.isfinite(spent) & (spent >= 0)).all():
        raise ValueError(
            "What runs spent must be finite and not negative: caps of all runs that failed, "
            "and run times of the others."
        )
    return times, ends, spent


def expected_running_time(runtimes: ArrayLike, caps: ArrayLike) -> Any:
    """Return the expected running time (ERT) to a target.

    It is what all runs spent until they reached the target, the whole run where they did not,
    divided by the number of runs that did: the mean time of an algorithm that is started
    anew, with another seed, until it succeeds.

    Parameters
    ----------
    runtimes : (n_runs,) or (n_runs, n_targets) array_like
        What each run spent to reach the target, as :func:`metarnn.runtimes.runtimes` returns
        it; NaN where it did not.
    caps : (n_runs,) array_like
        What each run spent in all, in the same unit. Runs that reached all targets may have
        NaN.

    Returns
    -------
    float or (n_targets,) array
        In the unit of `runtimes`; infinite where no run succeeded.

    Raises
    ------
    ValueError
        Shapes that do not fit, no runs, or a failure whose cap is not finite.

    Notes
    -----
    N. Hansen, A. Auger, S. Finck, R. Ros: Real-parameter black-box optimization benchmarking
    2009: experimental setup. INRIA RR-6828. With few successes it is as uncertain as their
    number: see :func:`metarnn.statistics.ert_interval`.
    """
    times, _, spent = checked_runs(runtimes, caps)
    return ratio_of_sums(spent, np.isfinite(times))


def ratio_of_sums(spent: Floats, reached: NDArray[np.bool_]) -> Any:
    """Return all that was spent for each success, over the first axis; infinite without any."""
    total, successes = spent.sum(axis=0), reached.sum(axis=0)
    expected = np.where(successes > 0, total / np.maximum(successes, 1), np.inf)
    return expected if expected.ndim else float(expected)


def simulated_restarts(
    runtimes: ArrayLike, caps: ArrayLike, n_samples: int = 1000, *, seed: int | np.random.Generator
) -> Floats:
    """Return run times of an algorithm that is restarted until it succeeds, drawn from runs.

    Runs are drawn with replacement until one reached the target; what the failed ones spent
    in all is added to what this one spent. Their mean tends to the expected running time.

    Parameters
    ----------
    runtimes : (n_runs, n_targets) array_like
        As for :func:`expected_running_time`.
    caps : (n_runs,) array_like
        What each run spent in all.
    n_samples : int
        Restarted runs to draw for each target.
    seed : int or Generator
        What they are drawn from.

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
    Not for runs that ended by themselves or were capped much shorter than a user would let
    them run: what is simulated is a restart at the cap.
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
            # Failures before the first success of draws with that share of successes.
            before = rng.geometric(len(successes) / len(column), n_samples) - 1
            lost = rng.choice(failures, before.sum())
            owner = np.repeat(np.arange(n_samples), before)
            samples[:, j] += np.bincount(owner, lost, n_samples)
    return samples
