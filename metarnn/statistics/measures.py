"""One number for each problem and optimizer, from the runs of a study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.names import unknown
from metarnn.optimizers import History
from metarnn.runtimes import area_under_curve, expected_running_time, log_targets, quantiles

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: The labels of a problem's data set and network.
ProblemLabels = tuple[str, str]


class RunTable(Protocol):
    """Runs with their histories, as in the results of a study."""

    @property
    def runs(self) -> "pd.DataFrame":
        """One row a run."""

    @property
    def histories(self) -> Sequence[History | None]:
        """One for each row, None where the run failed."""


@dataclass(frozen=True)
class Measure:
    """A criterion by which optimizers are compared."""

    title: str
    lower_is_better: bool
    within: str  # how the runs of a problem are reduced to one number, in words
    ratios: bool  # whether ratios are comparable between problems, rather than differences
    reduce: Callable[[Any], Any] = np.mean


def _median(losses: Floats) -> Any:
    return quantiles(losses, [0.5])[0]


def _ert(runs: Floats) -> Any:
    return expected_running_time(*runs.T)


#: The measures of :func:`metarnn.statistics.judge`, by name. Losses span orders of magnitude, so
#: that one bad run would determine their mean: they are reduced by the median. An accuracy lies
#: between 0 and 1 and is itself a mean: so is its reduction.
MEASURES = {
    "train_loss": Measure("training loss", True, "median", True, _median),
    "test_accuracy": Measure("held-out accuracy", False, "mean", False),
    "ert": Measure("expected passes to the target loss", True, "total per success", True, _ert),
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
        Other problems, and why they are left out.
    n_failed : int
        Failed runs of the N problems.
    """

    measure: str
    values: Floats
    problems: list[ProblemLabels]
    optimizers: list[str]
    left_out: dict[ProblemLabels, str]
    n_failed: int


def measured(
    results: RunTable, measure: str, targets: Mapping[ProblemLabels, ArrayLike] | None = None
) -> Measured:
    """Return a measure of each optimizer on each problem, reduced over seeds and folds.

    Parameters
    ----------
    results : Results
        Of a study.
    measure : {"train_loss", "test_accuracy", "ert", "area"}
        Median training loss; mean held-out accuracy; expected passes to the target; mean area
        under the convergence curve (:func:`metarnn.runtimes.area_under_curve`) from the first
        pass to the end of the problem's longest run.
    targets : dict of (str, str) to array_like, optional
        For "area": losses by problem, at which the curve falls, the highest and the lowest of
        which are the bounds. By those of the study published runs, which keep the points at these
        only, have the same areas. By default 51 losses from 10 times to 0.01 times the target of
        the runs; 10 times the default target is the loss of predicting the class frequencies.

    Returns
    -------
    Measured
        The figures (N, k), and what was left out.

    Raises
    ------
    TypeError, ValueError
        An unknown measure, results without runs, or problems without targets.

    Notes
    -----
    A run that failed ranks worst: with an infinite loss, an accuracy of 0, the spending of the
    problem's longest run without reaching the target, and an area of 1. A problem is left out
    if not all optimizers have runs of the same seeds and folds, as after an interrupt.
    """
    check_measure(measure)
    optimizers = [str(name) for name in results.runs["optimizer"].unique()]
    parts, left_out = complete_problems(results.runs, optimizers, measure)
    rows, problems, n_failed = [], [], 0
    for problem, part in parts:
        numbers = run_numbers(results, problem, part, measure, targets)
        whose = part["optimizer"].to_numpy()
        reduce = MEASURES[measure].reduce
        rows.append([float(reduce(numbers[whose == name])) for name in optimizers])
        problems.append(problem)
        n_failed += int((part["status"] != "done").sum())
    values = np.array(rows, dtype=float).reshape(len(rows), len(optimizers))
    return Measured(measure, values, problems, optimizers, left_out, n_failed)


def check_measure(measure: str) -> None:
    """Raise a ValueError unless there is such a measure."""
    if measure not in MEASURES:
        raise ValueError(unknown("measure", measure, MEASURES))


def complete_problems(
    runs: "pd.DataFrame", optimizers: list[str], measure: str
) -> "tuple[list[tuple[ProblemLabels, pd.DataFrame]], dict[ProblemLabels, str]]":
    """Return the runs of the problems that can be compared, and why others cannot be."""
    if not len(runs):
        raise ValueError("results must hold runs, got no runs.")
    parts, left_out = [], {}
    for problem, part in runs_by_problem(runs):
        if reason := _why_incomplete(part, optimizers, measure):
            left_out[problem] = reason
        else:
            parts.append((problem, part))
    return parts, left_out


def runs_by_problem(runs: "pd.DataFrame") -> "list[tuple[ProblemLabels, pd.DataFrame]]":
    """Return the runs of each problem, in the order in which problems appear."""
    groups = runs.reset_index(drop=True).groupby(["dataset", "network"], sort=False)
    return [((str(data), str(net)), part) for (data, net), part in groups]


def _why_incomplete(part: "pd.DataFrame", optimizers: list[str], measure: str) -> str | None:
    """Return why the runs of a problem cannot be compared, or None if they can."""
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
    results: RunTable,
    problem: ProblemLabels,
    part: "pd.DataFrame",
    measure: str,
    targets: Mapping[ProblemLabels, ArrayLike] | None = None,
) -> Any:
    """Return the figures of each run of a problem for a measure, (n_runs, ...)."""
    done = part["status"].to_numpy() == "done"
    if measure == "train_loss":
        losses = part["train_loss"].to_numpy(dtype=float)
        return np.where(done & ~np.isnan(losses), losses, np.inf)
    if measure == "test_accuracy":
        accuracies = part["test_accuracy"].to_numpy(dtype=float)
        return np.where(done & ~np.isnan(accuracies), accuracies, 0.0)
    spent = part["passes"].to_numpy(dtype=float)
    longest = np.nanmax(spent[done], initial=0.0)
    if measure == "ert":
        times = np.where(done, part["passes_to_target"].to_numpy(dtype=float), np.nan)
        return np.column_stack([times, np.where(done, spent, longest)])
    losses = _targets_of(problem, part, targets)
    if not longest > 1:
        return np.ones(len(part))  # no run was done
    # The rows of a part are numbered as in the results.
    rows = zip(part.index, done, strict=True)
    histories = [results.histories[row] if ok else None for row, ok in rows]
    bounds = float(losses.min()), float(losses.max())
    return area_under_curve(histories, *bounds, longest, targets=losses)


def _targets_of(
    problem: ProblemLabels, part: "pd.DataFrame", targets: Mapping[ProblemLabels, ArrayLike] | None
) -> Floats:
    """Return the losses at which curves fall; the highest and the lowest are the bounds."""
    if targets is None:
        upper = 10 * float(np.nanmax(part["target"].to_numpy(dtype=float)))
        return log_targets(upper, upper / 1000)
    if problem not in targets:
        raise ValueError(
            f"targets must have an entry for the problem {' / '.join(problem)}, got none."
        )
    return np.asarray(targets[problem], dtype=float)
