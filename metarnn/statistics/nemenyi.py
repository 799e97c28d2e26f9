"""Which mean ranks differ significantly, for all pairs at once: Nemenyi's test.

N problems, k methods. J. Demšar: Statistical comparisons of classifiers over multiple data
sets. JMLR 7 (2006) 1-30, section 3.2.2.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def critical_difference(k: int, N: int, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference of mean ranks.

    Parameters
    ----------
    k, N : int
        Methods, at least two, and problems.
    alpha : float
        Probability of separating any pair of methods that do not differ.

    Returns
    -------
    float
        In ranks.

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
        raise ValueError(
            f"k must be at least 2 methods and N at least 1 problem, got {k!r} and {N!r}."
        )
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}.")
    q = studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(k * (k + 1) / (6 * N)))


def nemenyi(mean_ranks: ArrayLike, N: int) -> Floats:
    """Return Nemenyi's p of each pair of methods, adjusted for all pairs at once.

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
    The p of two methods depends on the other methods of the table; that of
    :func:`metarnn.statistics.wilcoxon_pairs` does not (A. Benavoli, G. Corani, F. Mangili:
    Should we really use post-hoc tests based on mean-ranks? JMLR 17 (2016) 5).
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
        Indices into `mean_ranks`, the best first. No group contains another, or has one member
        only.
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
