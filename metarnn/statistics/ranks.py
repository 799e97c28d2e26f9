"""Ranks of methods over problems, and whether they differ: Friedman, Iman and Davenport.

N problems, k methods. J. Demšar: Statistical comparisons of classifiers over multiple data
sets. JMLR 7 (2006) 1-30, section 3.2.2.
"""

from dataclasses import dataclass
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .nemenyi import critical_difference, nemenyi, not_separated

Floats = NDArray[np.float64]


class Omnibus(NamedTuple):
    """A test of all methods at once: its statistic and its p.

    Attributes
    ----------
    statistic : float
        Of the test.
    p : float
        Of a statistic as large by chance.
    """

    statistic: float
    p: float


@dataclass(frozen=True)
class RankTable:
    """Ranks of k methods on N problems, and their tests.

    Attributes
    ----------
    ranks : (N, k) array
        Rank of each method on each problem, 1 the best.
    mean_ranks : (k,) array
        Their means over the problems.
    friedman : Omnibus
        Chi-square statistic, corrected for ties, and its p.
    iman_davenport : Omnibus
        The less conservative F statistic computed from it, and its p.
    nemenyi : (k, k) array
        p of each pair, adjusted for all pairs at once; 1 on the diagonal.
    """

    ranks: Floats
    mean_ranks: Floats
    friedman: Omnibus
    iman_davenport: Omnibus
    nemenyi: Floats

    def critical_difference(self, alpha: float = 0.05) -> float:
        """Return Nemenyi's critical difference of mean ranks at a level."""
        N, k = self.ranks.shape
        return critical_difference(k, N, alpha)

    def not_separated(self, alpha: float = 0.05) -> list[list[int]]:
        """Return the largest groups of methods without a critical difference at a level."""
        return not_separated(self.mean_ranks, self.critical_difference(alpha))


def table(scores: ArrayLike) -> Floats:
    """Return scores (N, k) of at least one problem and two methods as an array."""
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
        Equal scores get the mean of their ranks. NaN, a missing score, ranks worst, behind
        infinite ones.
    lower_is_better : bool
        As for losses.

    Returns
    -------
    (N, k) array
        From 1 to k in each row.

    Raises
    ------
    ValueError
        Another shape.
    """
    from scipy.stats import rankdata

    values = table(scores)
    values = values if lower_is_better else -values
    # rankdata would make all ranks NaN, so that missing scores take a second step.
    behind = np.where(np.isnan(values), np.inf, values)
    order = rankdata(behind, method="dense", axis=1) + np.isnan(values)
    return np.asarray(rankdata(order, axis=1), dtype=float)


def friedman(ranks: ArrayLike) -> Omnibus:
    """Return Friedman's chi-square and its p, k - 1 degrees of freedom, corrected for ties.

    Parameters
    ----------
    ranks : (N, k) array_like
        As :func:`metarnn.statistics.ranks` returns them.

    Returns
    -------
    Omnibus
        The statistic and its p.

    Notes
    -----
    Demšar's equation in section 3.2.2, with the correction for ties of SciPy's
    ``friedmanchisquare``, which needs three methods. If all scores are tied, it is 0 and p = 1.
    """
    from scipy.stats import chi2

    placed = table(ranks)
    N, k = placed.shape
    between = N * ((placed.mean(axis=0) - (k + 1) / 2) ** 2).sum()
    within = ((placed - (k + 1) / 2) ** 2).sum() / (N * (k - 1))
    statistic = between / within if within > 0 else 0.0
    return Omnibus(float(statistic), float(chi2.sf(statistic, k - 1)))


def iman_davenport(chi2: float, N: int, k: int) -> Omnibus:
    """Return the F statistic computed from Friedman's chi-square, and its p.

    R. L. Iman, J. M. Davenport: Approximations of the critical region of the Friedman
    statistic. Communications in Statistics A9 (1980) 571-595.

    Parameters
    ----------
    chi2 : float
        Friedman's statistic.
    N, k : int
        Problems and methods; with one problem p is 1.

    Returns
    -------
    Omnibus
        The statistic and its p.

    Notes
    -----
    The statistic is infinite if all problems rank the methods alike. The p is never below the
    exact probability of that event, (k!) ** (1 - N).
    """
    from scipy.stats import f

    if N < 2:
        return Omnibus(np.nan, 1.0)
    rest = N * (k - 1) - chi2
    # Rounding leaves a tiny rest, of either sign, instead of zero.
    statistic = (N - 1) * chi2 / rest if rest > 1e-9 * N * k else np.inf
    p = max(float(f.sf(statistic, k - 1, (k - 1) * (N - 1))), float(factorial(k)) ** (1 - N))
    return Omnibus(float(statistic), p)


def rank_table(scores: ArrayLike, lower_is_better: bool = True) -> RankTable:
    """Rank k methods on N problems, and test whether the ranks differ by more than chance.

    Parameters
    ----------
    scores : (N, k) array_like
        One score for each problem and method. Several runs on a problem are not several
        problems: reduce them to their mean or median first.
    lower_is_better : bool
        As for losses.

    Returns
    -------
    RankTable
        The ranks and their tests.

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
