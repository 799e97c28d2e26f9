"""Ranks of methods over problems: Friedman's test, Iman and Davenport's, and Nemenyi's.

N problems, k methods. J. Demšar: Statistical comparisons of classifiers over multiple data
sets. JMLR 7 (2006) 1-30, section 3.2.2.
"""

from dataclasses import dataclass
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Omnibus(NamedTuple):
    """A test of all methods at once: its statistic, and how likely chance makes one as large."""

    statistic: float
    p: float


@dataclass(frozen=True)
class RankTable:
    """Ranks of k methods on N problems, and what they tell.

    Attributes
    ----------
    ranks : (N, k) array
        Rank of each method on each problem, 1 the best.
    mean_ranks : (k,) array
        Their means over the problems.
    friedman : Omnibus
        Chi-square statistic, corrected for ties, and its p.
    iman_davenport : Omnibus
        The F statistic made of it, which is less timid, and its p.
    nemenyi : (k, k) array
        p of each pair, for all pairs at once; 1 on the diagonal.
    """

    ranks: Floats
    mean_ranks: Floats
    friedman: Omnibus
    iman_davenport: Omnibus
    nemenyi: Floats

    def critical_difference(self, alpha: float = 0.05) -> float:
        """Return by how much mean ranks have to differ; see :func:`critical_difference`."""
        N, k = self.ranks.shape
        return critical_difference(k, N, alpha)

    def not_separated(self, alpha: float = 0.05) -> list[list[int]]:
        """Return the groups of methods that are not told apart; see :func:`not_separated`."""
        return not_separated(self.mean_ranks, self.critical_difference(alpha))


def table(scores: ArrayLike) -> Floats:
    """Return scores (N, k) as an array.

    Raises
    ------
    ValueError
        Another shape, no problems, or fewer than two methods.
    """
    values = np.asarray(scores, dtype=float)
    if values.ndim != 2 or not len(values) or values.shape[1] < 2:
        raise ValueError(
            "scores must be (N problems, k methods) with at least one problem and two methods, "
            f"got an array of shape {values.shape}."
        )
    return values


def ranks(scores: ArrayLike, lower_is_better: bool = True) -> Floats:
    """Return the rank of each method on each problem, 1 the best.

    Parameters
    ----------
    scores : (N, k) array_like
        Equal scores share the mean of their ranks. NaN, a score that is missing, ranks worst,
        behind infinite ones.
    lower_is_better : bool
        As of losses.

    Returns
    -------
    (N, k) array

    Raises
    ------
    ValueError
        Another shape.
    """
    from scipy.stats import rankdata

    values = table(scores)
    values = values if lower_is_better else -values
    # NaN would rank apart from each other and make all ranks NaN: two steps, both by ranks.
    behind = np.where(np.isnan(values), np.inf, values)
    order = rankdata(behind, method="dense", axis=1) + np.isnan(values)
    return np.asarray(rankdata(order, axis=1), dtype=float)


def friedman(ranks: ArrayLike) -> Omnibus:
    """Return Friedman's chi-square and its p, k - 1 degrees of freedom, corrected for ties.

    Parameters
    ----------
    ranks : (N, k) array_like
        As :func:`metarnn.statistics.ranks` returns them.

    Notes
    -----
    Demšar's equation in section 3.2.2, divided by what ties take of the ranks' variance, as in
    SciPy's ``friedmanchisquare``, which needs three methods. All ties give 0, and p = 1.
    """
    from scipy.stats import chi2

    placed = table(ranks)
    N, k = placed.shape
    between = N * ((placed.mean(axis=0) - (k + 1) / 2) ** 2).sum()
    within = ((placed - (k + 1) / 2) ** 2).sum() / (N * (k - 1))
    statistic = between / within if within > 0 else 0.0
    return Omnibus(float(statistic), float(chi2.sf(statistic, k - 1)))


def iman_davenport(chi2: float, N: int, k: int) -> Omnibus:
    """Return the F statistic made of Friedman's chi-square, and its p.

    R. L. Iman, J. M. Davenport: Approximations of the critical region of the Friedman
    statistic. Communications in Statistics A9 (1980) 571-595.

    Parameters
    ----------
    chi2 : float
        Friedman's statistic.
    N, k : int
        Problems and methods; of one problem nothing can be told, and p is 1.

    Notes
    -----
    Where all problems rank the methods alike the statistic is infinite. The p returned is
    never below the exact probability of that, k! to the power of 1 - N.
    """
    from scipy.stats import f

    if N < 2:
        return Omnibus(np.nan, 1.0)
    rest = N * (k - 1) - chi2
    # Rounding leaves a tiny rest, of either sign, where there is none.
    statistic = (N - 1) * chi2 / rest if rest > 1e-9 * N * k else np.inf
    p = max(float(f.sf(statistic, k - 1, (k - 1) * (N - 1))), float(factorial(k)) ** (1 - N))
    return Omnibus(float(statistic), p)


def critical_difference(k: int, N: int, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference: mean ranks this far apart are separated.

    Parameters
    ----------
    k, N : int
        Methods, at least two, and problems.
    alpha : float
        Probability of separating any pair where all methods are alike.

    Raises
    ------
    ValueError
        Fewer methods or problems, or alpha not between 0 and 1.

    Notes
    -----
    q sqrt(k (k + 1) / (6 N)), with q the quantile of the studentized range for infinitely
    many degrees of freedom, divided by sqrt 2 (Demšar, table 5).
    """
    from scipy.stats import studentized_range

    if not (k >= 2 and N >= 1):
        raise ValueError(f"It takes two methods and a problem, got {k!r} and {N!r}.")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}.")
    q = studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(k * (k + 1) / (6 * N)))


def nemenyi(mean_ranks: ArrayLike, N: int) -> Floats:
    """Return Nemenyi's p of each pair of methods, which holds for all pairs at once.

    Parameters
    ----------
    mean_ranks : (k,) array_like
        Over the problems.
    N : int
        Problems.

    Returns
    -------
    (k, k) array
        1 on the diagonal.

    Notes
    -----
    Whether two methods are separated depends on which others are in the table: see
    :func:`metarnn.statistics.wilcoxon_pairs` for a test that does not (A. Benavoli, G. Corani,
    F. Mangili: Should we really use post-hoc tests based on mean-ranks? JMLR 17 (2016) 5).
    """
    from scipy.stats import studentized_range

    means = np.asarray(mean_ranks, dtype=float)
    k = len(means)
    first, second = np.triu_indices(k, 1)
    q = np.abs(means[first] - means[second]) / np.sqrt(k * (k + 1) / (6 * N))
    p = np.ones((k, k))
    p[first, second] = p[second, first] = studentized_range.sf(q * np.sqrt(2), k, np.inf)
    return p


def not_separated(mean_ranks: ArrayLike, difference: float) -> list[list[int]]:
    """Return the largest groups of methods whose mean ranks differ by less than a difference.

    They are the bars of a critical-difference diagram.

    Parameters
    ----------
    mean_ranks : (k,) array_like
        Over the problems.
    difference : float
        The critical difference.

    Returns
    -------
    list of list of int
        Places in `mean_ranks`, the best first. None lies within another, none is of one.
    """
    means = np.asarray(mean_ranks, dtype=float)
    order = np.argsort(means, kind="stable")
    groups: list[list[int]] = []
    last = 0
    for first in range(len(order)):
        end = int(np.searchsorted(means[order], means[order[first]] + difference, side="left"))
        if end > last and end - first > 1:
            groups.append(order[first:end].tolist())
            last = end
    return groups


def rank_table(scores: ArrayLike, lower_is_better: bool = True) -> RankTable:
    """Rank k methods on N problems, and test whether the ranks differ by more than chance.

    Parameters
    ----------
    scores : (N, k) array_like
        One score for each problem and method. Several runs on a problem are not several
        problems: take their mean or median first.
    lower_is_better : bool
        As of losses.

    Raises
    ------
    ValueError
        Another shape, no problems, or fewer than two methods.
    """
    placed = ranks(scores, lower_is_better)
    N, k = placed.shape
    means = placed.mean(axis=0)
    chi2 = friedman(placed)
    return RankTable(placed, means, chi2, iman_davenport(chi2.statistic, N, k), nemenyi(means, N))
