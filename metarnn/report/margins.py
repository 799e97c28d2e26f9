"""By how much one optimizer is ahead of another, with intervals."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.statistics import (
    MEASURES,
    Interval,
    Measured,
    bootstrap_interval,
    ert_interval,
    ert_ratio_interval,
)
from metarnn.statistics.measures import run_numbers, runs_by_problem

if TYPE_CHECKING:
    from metarnn.study import Results

Floats = NDArray[np.float64]

#: The seed of all intervals, so that the same results give the same page.
SEED = 0


class Margin(NamedTuple):
    """How far the second optimizer is behind the first.

    Attributes
    ----------
    value : float
        Ratio of losses or passes, second to first; or difference of accuracies, first minus
        second.
    interval : Interval or None
        The same with the ends of its interval; None for a single pair of numbers.
    n : int
        Number of problems, or of pairs of runs with the same seed and fold.
    """

    value: float
    interval: Interval | None
    n: int


#: Losses below this part of the target count as that: 1e-9 is no better than 1e-6 in practice, and
#: nothing has a ratio to zero.
FLOOR = 0.01


def floored(results: "Results", found: Measured) -> Floats:
    """Return the values (N, k) of a measure, no loss below the floor of its problem."""
    if found.measure != "train_loss" or not found.problems:
        return found.values
    return np.maximum(found.values, [[floor_of(results, problem)] for problem in found.problems])


def floor_of(results: "Results", problem: tuple[str, str]) -> float:
    """Return the loss below which losses of a problem count as equal; 0 without a target."""
    part = dict(runs_by_problem(results.runs))[problem]
    targets = part["target"].to_numpy(dtype=float)
    return FLOOR * float(np.nanmax(targets, initial=0.0))


def behind(values: Floats, best: Floats, measure: str) -> Floats:
    """Return how far values are behind others: ratios, or differences of accuracies."""
    if not MEASURES[measure].ratios:
        return best - values
    with np.errstate(divide="ignore", invalid="ignore"):
        # Equal values have no margin, also two losses of zero or two failures.
        return np.where(values == best, 1.0, values / best)


def margin(results: "Results", found: Measured, first: str, second: str) -> Margin:
    """Return the median margin over the problems, or over the pairs of runs of a single one."""
    i, j = found.optimizers.index(first), found.optimizers.index(second)
    values, measure = floored(results, found), found.measure
    if len(found.problems) == 1:
        numbers = numbers_of_runs(results, found)
        one, other = numbers[first], numbers[second]
        if measure == "ert":
            ratio = ert_ratio_interval(*other.T, *one.T, seed=SEED, paired=True)
            return Margin(ratio.value, ratio if len(one) > 1 else None, len(one))
        floor = floor_of(results, found.problems[0]) if measure == "train_loss" else 0.0
        margins = behind(np.maximum(other, floor), np.maximum(one, floor), measure)
    else:
        margins = behind(values[:, j], values[:, i], measure)
    return Margin(float(np.median(margins)), interval(margins, np.median), len(margins))


def interval(values: Floats, statistic: "object") -> Interval | None:
    """Return the bootstrap interval of a statistic; None for one value."""
    if len(values) < 2:
        return None
    return bootstrap_interval(values, statistic, seed=SEED)  # type: ignore[arg-type]


def expected_interval(numbers: Floats) -> Interval:
    """Return the interval of expected passes from the passes and caps of the runs."""
    return ert_interval(*numbers.T, seed=SEED)


def numbers_of_runs(results: "Results", found: Measured) -> dict[str, Floats]:
    """Return the numbers of the runs of a single problem by optimizer, by seed and fold."""
    (problem,) = found.problems
    part = dict(runs_by_problem(results.runs))[problem]
    numbers = run_numbers(results, problem, part, found.measure)
    order = np.lexsort((part["fold"].to_numpy(), part["seed"].to_numpy()))
    whose = part["optimizer"].to_numpy()[order]
    return {name: numbers[order][whose == name] for name in found.optimizers}
