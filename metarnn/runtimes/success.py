"""Success rates of runs, with Wilson's interval."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


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
