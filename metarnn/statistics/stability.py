"""How firm a ranking is: what other problems or other seeds would have said."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .intervals import Seed, check_resampling
from .pairs import wilcoxon_pairs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RankingStability:
    """A ranking of k methods beside those of resampled runs.

    Attributes
    ----------
    order : (k,) array
        The methods, by number, the best mean rank first.
    mean_ranks : (k,) array
        Mean rank of each method over the problems, 1 for the best.
    low, high : (k,) array
        Interval of the mean ranks.
    places : (k, k) array
        How often each method (row) comes at each place (column).
    same_first, same_three, same_order : float
        How often the first one, the first three in their order, and the whole order are as here.
    """

    order: NDArray[np.int64]
    mean_ranks: Floats
    low: Floats
    high: Floats
    places: Floats
    same_first: float
    same_three: float
    same_order: float


def ranking_stability(
    scores: ArrayLike,
    *,
    seed: Seed,
    resample: tuple[str, ...] = ("problems", "seeds"),
    lower_is_better: bool = True,
    confidence: float = 0.95,
    n_resamples: int = 2000,
) -> RankingStability:
    """Return how often the ranking changes when problems or seeds are drawn again.

    Parameters
    ----------
    scores : (N, k, n) array_like
        Of k methods on N problems with n paired seeds; not NaN.
    seed : int or Generator
        The source of the resamples.
    resample : tuple of {"problems", "seeds"}
        What is drawn again, with replacement: only seeds says how firm the ranking is on these
        problems, problems too what others like them would say.
    lower_is_better : bool
        Whether a lower score is better.
    confidence : float
        Coverage of the intervals of the mean ranks.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    RankingStability
        Of mean ranks over the problems of each method's mean over the seeds.

    Raises
    ------
    ValueError
        Scores of another shape or NaN, or nothing to draw again.
    """
    check_resampling(confidence, n_resamples)
    values = np.asarray(scores, float)
    if values.ndim != 3 or not values.size or np.isnan(values).any():
        raise ValueError(f"scores must be numbers (problems, methods, seeds), got {values.shape}.")
    if not resample or not {*resample} <= {"problems", "seeds"}:
        raise ValueError(f"resample must name problems, seeds or both, got {resample!r}.")
    values = values if lower_is_better else -values
    rng, (N, k, n) = np.random.default_rng(seed), values.shape
    mean_ranks = _mean_ranks(values)
    order = np.argsort(mean_ranks, kind="stable")
    found, places = np.empty((n_resamples, k)), np.zeros((k, k))
    same = np.zeros(3)
    for i in range(n_resamples):
        problems, seeds = np.arange(N), np.arange(n)[None]
        if "problems" in resample:
            problems = np.asarray(rng.integers(N, size=N))
        if "seeds" in resample:
            seeds = np.asarray(rng.integers(n, size=(N, n)))
        some = values[problems[:, None, None], np.arange(k)[:, None], seeds[:, None, :]]
        found[i] = _mean_ranks(some)
        other = np.argsort(found[i], kind="stable")
        places[other, np.arange(k)] += 1
        same += [(other[:m] == order[:m]).all() for m in (1, 3, k)]
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    first, three, whole = (same / n_resamples).tolist()
    return RankingStability(order, mean_ranks, low, high, places / n_resamples, first, three, whole)


def _mean_ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values.mean(axis=2), axis=1).mean(axis=0))


def detectable_difference(
    scores: ArrayLike,
    *,
    seed: Seed,
    n_pairs: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    n_resamples: int = 400,
) -> float:
    """Return the smallest difference between two methods that these problems would show.

    Parameters
    ----------
    scores : (N, 2) array_like
        Of two methods on N problems, such as means of logarithms of losses.
    seed : int or Generator
        The source of the resamples.
    n_pairs : int
        How many pairs are tested: the level of one is alpha / n_pairs, as of the first of Holm's.
    alpha : float
        Level of all tests together.
    power : float
        With this probability the difference should be found.
    n_resamples : int
        Resampled sets of problems for each difference that is tried.

    Returns
    -------
    float
        In the unit of the scores; infinite where N problems cannot reach the level, and 0 where
        they can and the methods differ by the same on all.

    Raises
    ------
    ValueError
        Scores of another shape or not finite; a power or numbers out of range.

    Notes
    -----
    The differences are centered on their median, a shift is added, N of them are drawn again and
    tested by Wilcoxon's signed ranks; the smallest shift whose tests succeed often enough is found
    by bisection to 2 % of itself. It is 0 where the differences are so skewed that they are found
    without a shift.
    """
    values = np.asarray(scores, float)
    pairs = values.ndim == 2 and values.shape[1] == 2
    if not (pairs and values.size and np.isfinite(values).all()):
        raise ValueError(f"scores must be finite numbers (problems, 2), got {values.shape}.")
    if not 0 < power < 1 or n_pairs < 1 or n_resamples < 1:
        raise ValueError(
            "power must be between 0 and 1, n_pairs and n_resamples at least 1, got "
            f"{power}, {n_pairs} and {n_resamples}."
        )
    differences = values[:, 1] - values[:, 0]
    centered = differences - np.median(differences)
    rng = np.random.default_rng(seed)
    drawn = centered[rng.integers(len(centered), size=(n_resamples, len(centered)))]

    def found(shift: float) -> float:
        tests = [
            wilcoxon_pairs(np.column_stack([np.zeros(len(some)), some + shift])).p[0, 1]
            for some in drawn
        ]
        return float(np.mean(np.array(tests) <= alpha / n_pairs))

    largest = float(np.abs(centered).max())
    low, high = 0.0, 4 * largest or 1.0
    if found(high) < power:
        return float("inf")
    if largest == 0 or found(0.0) >= power:  # largest = 0: the same on all, so that any shift shows
        return 0.0
    least = 1e-9 * largest  # where many differ by the same, any shift shows
    while high - low > 0.02 * high and high > least:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high
