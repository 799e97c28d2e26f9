"""One number for each problem and optimizer, made of the runs of a study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.optimizers import History
from metarnn.runtimes import area_under_curve, expected_running_time, quantiles

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: A problem: labels of a data set and of a network.
Problem = tuple[str, str]


class Results(Protocol):
    """What is read of the results of a study."""

    @property
    def runs(self) -> "pd.DataFrame":
        """One row a run."""

    @property
    def histories(self) -> Sequence[History | None]:
        """One for each row, None where the run failed."""


@dataclass(frozen=True)
class Measure:
    """A way to judge runs.

    Attributes
    ----------
    title : str
        What it is called in words.
    lower_is_better : bool
        Whether it is.
    within : str
        How the runs of a problem become one number.
    ratios : bool
        Whether problems are compared by ratios rather than differences.
    """

    title: str
    lower_is_better: bool
    within: str
    ratios: bool


#: The measures of :func:`metarnn.statistics.judge`, by name. Losses and times span orders of
#: magnitude, and one bad run would make their mean, so the median stands for them; an accuracy
#: is itself a mean of right answers, lies between 0 and 1, and the mean keeps all of them.
MEASURES = {
    "train_loss": Measure("training loss", True, "median", True),
    "test_accuracy": Measure("held-out accuracy", False, "mean", False),
    "ert": Measure("expected passes to the target loss", True, "total per success", True),
    "area": Measure("area under the convergence curve", True, "mean", False),
}


@dataclass(frozen=True)
class Measured:
    """A measure of the optimizers on the problems.

    Attributes
    ----------
    measure : str
        A name in MEASURES.
    values : (N, k) array
        One number for each problem and optimizer; infinite where a loss or time is.
    problems : list of (str, str)
        The N problems: labels of data set and network.
    optimizers : list of str
        The k optimizers.
    left_out : dict of (str, str) to str
        Problems that are not among them, and why.
    n_failed : int
        Runs that failed, of the problems judged.
    """

    measure: str
    values: Floats
    problems: list[Problem]
    optimizers: list[str]
    left_out: dict[Problem, str]
    n_failed: int


def measured(
    results: Results, measure: str, targets: Mapping[Problem, ArrayLike] | None = None
) -> Measured:
    """Return a measure of each optimizer on each problem; seeds and folds become one number.

    Parameters
    ----------
    results : Results
        Of a study.
    measure : {"train_loss", "test_accuracy", "ert", "area"}
        Median training loss; mean held-out accuracy; expected passes to the target; mean area
        under the convergence curve (:func:`metarnn.runtimes.area_under_curve`) from the first
        pass to what the longest run of the problem spent.
    targets : dict of (str, str) to array_like, optional
        For "area": losses by problem, of which the greatest and the least are its bounds. By
        default ten times the target of the runs, which is the loss of answering with the class
        frequencies if the study was given no target, and a thousandth of it.

    Raises
    ------
    TypeError, ValueError
        Another measure, results without runs, or problems without targets.

    Notes
    -----
    A run that failed ranks worst: it has an infinite loss, no right answer, did not reach the
    target at the price of the longest run of the problem, and an area of 1. A problem on which
    not all optimizers have runs of the same seeds and folds, as when a study was interrupted, is
    left out.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure must be one of {', '.join(MEASURES)}, got {measure!r}.")
    runs = results.runs
    if not len(runs):
        raise ValueError("The results hold no runs, so there is nothing to judge.")
    optimizers = [str(name) for name in runs["optimizer"].unique()]
    rows, problems, left_out, n_failed = [], [], {}, 0
    for problem, part in problem_parts(runs):
        reason = why_incomplete(part, optimizers, measure)
        if reason:
            left_out[problem] = reason
            continue
        numbers = run_numbers(results, problem, part, measure, targets)
        whose = part["optimizer"].to_numpy()
        rows.append([_one(numbers[whose == name], measure) for name in optimizers])
        problems.append(problem)
        n_failed += int((part["status"] != "done").sum())
    values = np.array(rows, dtype=float).reshape(len(rows), len(optimizers))
    return Measured(measure, values, problems, optimizers, left_out, n_failed)


def problem_parts(runs: "pd.DataFrame") -> "list[tuple[Problem, pd.DataFrame]]":
    """Return the runs of each problem, in the order in which problems appear."""
    groups = runs.reset_index(drop=True).groupby(["dataset", "network"], sort=False)
    return [((str(data), str(net)), part) for (data, net), part in groups]


def why_incomplete(part: "pd.DataFrame", optimizers: list[str], measure: str) -> str | None:
    """Return why the runs of a problem cannot be judged, None if they can."""
    pairs = {
        name: sorted(zip(own["seed"], own["fold"], strict=True))
        for name, own in part.groupby("optimizer", sort=False)
    }
    missing = [name for name in optimizers if name not in pairs]
    if missing:
        return f"no runs of {', '.join(missing)}"
    if any(own != pairs[optimizers[0]] for own in pairs.values()):
        return "not all optimizers have the same seeds and folds"
    if measure == "test_accuracy" and not part["test_accuracy"].notna().any():
        done = (part["status"] == "done").any()
        return "nothing was held out" if done else "all runs failed"
    return None


def run_numbers(
    results: Results,
    problem: Problem,
    part: "pd.DataFrame",
    measure: str,
    targets: Mapping[Problem, ArrayLike] | None = None,
) -> Any:
    """Return what a measure takes of each run of a problem, rows (n_runs, ...)."""
    done = part["status"].to_numpy() == "done"
    if measure == "train_loss":
        losses = part["train_loss"].to_numpy(dtype=float)
        return np.where(done & ~np.isnan(losses), losses, np.inf)
    if measure == "test_accuracy":
        shares = part["test_accuracy"].to_numpy(dtype=float)
        return np.where(done & ~np.isnan(shares), shares, 0.0)
    spent = part["passes"].to_numpy(dtype=float)
    longest = np.nanmax(spent[done], initial=0.0)
    if measure == "ert":
        times = np.where(done, part["passes_to_target"].to_numpy(dtype=float), np.nan)
        return np.column_stack([times, np.where(done, spent, longest)])
    upper, lower = _bounds(problem, part, targets)
    if not longest > 1:
        return np.ones(len(part))  # no run was done
    # The rows of a part are numbered as in the results.
    rows = zip(part.index, done, strict=True)
    histories = [results.histories[row] if ok else None for row, ok in rows]
    return area_under_curve(histories, lower, upper, longest)


def _bounds(
    problem: Problem, part: "pd.DataFrame", targets: Mapping[Problem, ArrayLike] | None
) -> tuple[float, float]:
    """Return the losses between which areas are measured."""
    if targets is None:
        upper = 10 * float(np.nanmax(part["target"].to_numpy(dtype=float)))
        return upper, upper / 1000
    if problem not in targets:
        raise ValueError(f"targets has none for the problem {' / '.join(problem)}.")
    losses = np.asarray(targets[problem], dtype=float)
    return float(losses.max()), float(losses.min())


def _one(numbers: Any, measure: str) -> float:
    """Return the one number of an optimizer on a problem."""
    if measure == "ert":
        return float(expected_running_time(*numbers.T))
    if measure == "train_loss":
        return float(quantiles(numbers, [0.5])[0])
    return float(np.mean(numbers))
