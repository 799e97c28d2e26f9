"""Methods on one problem, run by run: Mann-Whitney's test and the effect size A12."""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.names import unknown

from .measures import MEASURES, ProblemLabels, RunTable, run_numbers, runs_by_problem
from .pairs import holm

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: The least distance of A12 from 0.5 for each word; below the first the effect is negligible.
EFFECTS = ((0.06, "small"), (0.14, "medium"), (0.21, "large"))


class TwoSamples(NamedTuple):
    """Runs of two methods on one problem, compared.

    Attributes
    ----------
    p : float
        Mann-Whitney's, two-sided.
    a12 : float
        Probability that a run of the first beats one of the second; ties count 0.5.
    effect : str
        Its distance from 0.5 in a word: negligible, small, medium or large.
    """

    p: float
    a12: float
    effect: str


def a12(x: ArrayLike, y: ArrayLike, lower_is_better: bool = True) -> float:
    """Return the probability that a run of x beats one of y; ties count 0.5.

    A. Vargha, H. D. Delaney: A critique and improvement of the CL common language effect size
    statistics. Journal of Educational and Behavioral Statistics 25 (2000) 101-132.

    Parameters
    ----------
    x, y : (n,) and (m,) array_like
        Scores of the runs; NaN, a run that failed, is worse than all others.
    lower_is_better : bool
        As for losses.

    Returns
    -------
    float
        From 0 to 1; 0.5 where neither is better.

    Raises
    ------
    ValueError
        Other shapes, or no runs.
    """
    first, second = _sample("x", x, lower_is_better), _sample("y", y, lower_is_better)
    better = first[:, None] < second
    equal = first[:, None] == second
    return float(better.mean() + 0.5 * equal.mean())


def effect_size(a12: float) -> str:
    """Return Vargha and Delaney's word for an A12: negligible, small, medium or large.

    Parameters
    ----------
    a12 : float
        From 0 to 1.

    Returns
    -------
    str
        The word.
    """
    distance = abs(a12 - 0.5) + 1e-12  # 0.56 - 0.5 is rounded down
    return next((word for least, word in reversed(EFFECTS) if distance >= least), "negligible")


def compare_samples(x: ArrayLike, y: ArrayLike, lower_is_better: bool = True) -> TwoSamples:
    """Compare the runs of two methods on one problem: Mann-Whitney's test and A12.

    The arguments are those of :func:`a12`. The result concerns this problem, not others like it.

    Parameters
    ----------
    x, y : (n,) and (m,) array_like
        Scores of the runs; NaN, a run that failed, is worse than all others.
    lower_is_better : bool
        As for losses.

    Returns
    -------
    TwoSamples
        The p, A12, and A12 in a word.
    """
    from scipy.stats import mannwhitneyu, rankdata

    first, second = _sample("x", x, lower_is_better), _sample("y", y, lower_is_better)
    probability = a12(x, y, lower_is_better)
    # Ranks, because differences of infinite scores are NaN.
    placed = rankdata(np.concatenate([first, second]))
    p = 1.0
    if placed.min() < placed.max():
        p = float(mannwhitneyu(placed[: len(first)], placed[len(first) :]).pvalue)
    return TwoSamples(p, probability, effect_size(probability))


def _sample(name: str, values: ArrayLike, lower_is_better: bool) -> Floats:
    """Return scores of which the lowest is best, and infinity for missing ones."""
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or not len(sample):
        raise ValueError(
            f"{name} must be the scores of at least one run, got an array of shape {sample.shape}."
        )
    sample = sample if lower_is_better else -sample
    return np.where(np.isnan(sample), np.inf, sample)


def within_problem(
    results: RunTable,
    problem: ProblemLabels,
    measure: str = "train_loss",
    targets: Mapping[ProblemLabels, ArrayLike] | None = None,
) -> "pd.DataFrame":
    """Compare each pair of optimizers on one problem, run by run.

    Parameters
    ----------
    results : Results
        Of a study.
    problem : (str, str)
        Labels of data set and network.
    measure : {"train_loss", "test_accuracy", "area"}
        Not "ert", which a single run does not have; see
        :func:`metarnn.statistics.ert_ratio_interval`.
    targets : dict of (str, str) to array_like, optional
        For "area"; see :func:`metarnn.statistics.measured`.

    Returns
    -------
    pandas.DataFrame
        A row for each pair: `first`, `second`, `p` of Mann-Whitney's test, `p_holm` adjusted
        for all these pairs, `a12`, the probability that a run of the first beats one of the
        second, and its `effect` in a word.

    Raises
    ------
    ValueError
        An unknown measure, or an unknown problem.

    Notes
    -----
    The result need not hold on other problems; see :func:`metarnn.statistics.judge`.
    """
    import pandas as pd

    names = [name for name in MEASURES if name != "ert"]
    if measure not in names:
        raise ValueError(unknown("measure", measure, names))
    parts = dict(runs_by_problem(results.runs))
    if problem not in parts:
        raise ValueError(unknown("problem", problem, parts))
    part = parts[problem]
    numbers = run_numbers(results, problem, part, measure, targets)
    whose = part["optimizer"].to_numpy()
    samples = {str(name): numbers[whose == name] for name in part["optimizer"].unique()}
    rows = [
        (first, second, *compare_samples(x, y, MEASURES[measure].lower_is_better))
        for (first, x), (second, y) in combinations(samples.items(), 2)
    ]
    frame = pd.DataFrame(rows, columns=["first", "second", "p", "a12", "effect"])
    frame.insert(3, "p_holm", holm(frame["p"].to_numpy(dtype=float)))
    return frame
