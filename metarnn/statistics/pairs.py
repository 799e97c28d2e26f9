"""Pairs of methods over problems: Wilcoxon's signed ranks, and Holm's method."""

from math import ceil, log2
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .ranks import table

Floats = NDArray[np.float64]


class SignedRanks(NamedTuple):
    """Wilcoxon's signed-rank tests of all pairs of k methods.

    Attributes
    ----------
    p, adjusted : (k, k) arrays
        Two-sided p of each pair, and the same adjusted for all pairs by Holm's method; 1 on
        the diagonal.
    advantage : (k, k) array
        Rank sum of the differences in favor of the row's method minus that in favor of the
        column's, divided by the total: 1 if the row's is better on all problems, -1 on none.
    """

    p: Floats
    adjusted: Floats
    advantage: Floats


def holm(p: ArrayLike) -> Floats:
    """Return p values adjusted for multiple tests, by Holm's step-down method.

    S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics 6 (1979) 65-70.

    Parameters
    ----------
    p : (m,) array_like
        Of m tests.

    Returns
    -------
    (m,) array
        To be compared with the level of a single test.

    Raises
    ------
    ValueError
        Not probabilities.
    """
    values = np.asarray(p, dtype=float)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p must be a list of probabilities, got {p!r}.")
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def wilcoxon_pairs(scores: ArrayLike, lower_is_better: bool = True) -> SignedRanks:
    """Test each pair of methods over the problems by Wilcoxon's signed ranks.

    Parameters
    ----------
    scores : (N, k) array_like
        One score for each problem and method. NaN, a missing score, is infinitely bad; two
        infinitely bad scores are equal.
    lower_is_better : bool
        As for losses.

    Returns
    -------
    SignedRanks
        The p are exact for at most 50 problems, also with equal differences, and those of the
        normal approximation for more.

    Raises
    ------
    ValueError
        Another shape, no problems, or fewer than two methods.

    Notes
    -----
    Large differences weigh more than small ones, so that scores of different problems must be
    comparable: logarithms of losses rather than losses. Equal scores of a pair are left out.
    """
    from scipy.stats import rankdata

    values = table(scores) if lower_is_better else -table(scores)
    values = np.where(np.isnan(values), np.inf, values)
    k = values.shape[1]
    first, second = np.triu_indices(k, 1)
    p, adjusted, advantage = np.ones((k, k)), np.ones((k, k)), np.zeros((k, k))
    for i, j in zip(first, second, strict=True):
        differing = values[:, i] != values[:, j]
        if differing.any():
            gains = values[differing, j] - values[differing, i]
            weights = rankdata(np.abs(gains))
            p[i, j] = p[j, i] = _signed_rank_p(gains, weights)
            advantage[i, j] = (np.sign(gains) * weights).sum() / weights.sum()
            advantage[j, i] = -advantage[i, j]
    adjusted[first, second] = adjusted[second, first] = holm(p[first, second])
    return SignedRanks(p, adjusted, advantage)


def _signed_rank_p(gains: Floats, weights: Floats) -> float:
    """Return the two-sided p of differences with these ranks, if their signs were random.

    SciPy's ``wilcoxon`` gives the same, but takes a second for each pair with equal differences.
    """
    from scipy.stats import wilcoxon

    if len(weights) > 50:
        return float(wilcoxon(gains, method="approx").pvalue)
    # Equal differences have half-integer ranks. ways[s] counts the signs with which twice the
    # ranks of the positive differences add up to s.
    doubled = np.rint(2 * weights).astype(int)
    ways = np.zeros(doubled.sum() + 1)
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    at = doubled[gains > 0].sum()
    tail = min(ways[: at + 1].sum(), ways[at:].sum())
    return float(min(1.0, 2 * tail / ways.sum()))


def smallest_wilcoxon_p(N: int) -> float:
    """Return the smallest two-sided p of a signed-rank test over N problems, 2 ** (1 - N).

    One method is then better on all of them.

    Parameters
    ----------
    N : int
        Problems.

    Returns
    -------
    float
        At most 1.
    """
    return float(min(1.0, 2.0 ** (1 - N)))


def problems_needed(k: int, alpha: float = 0.05) -> int:
    """Return the fewest problems on which a pair of k methods can differ significantly.

    The tests are signed ranks with Holm's method, and one method is better on all problems.

    Parameters
    ----------
    k : int
        Methods.
    alpha : float
        Level.

    Returns
    -------
    int
        The number of problems.
    """
    return ceil(1 + log2(k * (k - 1) / 2 / alpha))
