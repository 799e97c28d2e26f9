"""The results of a study: a tidy table of runs, their histories, and summaries."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from metarnn.names import in_column, many
from metarnn.optimizers import History
from metarnn.runtimes import expected_running_time, quantiles
from metarnn.validation import check_choice, several, shown

from .results_card import results_card
from .settings import StudySettings

if TYPE_CHECKING:
    import pandas as pd

#: The width of the first column in characters.
WIDTH = 13


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """The stored runs of a study, whether it is complete or not.

    Attributes
    ----------
    runs : DataFrame
        One row a run, including those that failed, in the order of the settings: problem,
        optimizer, seed, fold. Columns: ``dataset, network, optimizer`` (labels), ``seed, fold,
        status`` ("done" or "failed"), ``error, train_loss, train_accuracy, test_accuracy,
        test_loss, passes, seconds, target, reached, passes_to_target, seconds_to_target`` (NaN
        if it was not reached), ``losses_computed, gradients_computed, nonfinite, stop``.
        The training loss contains the penalty, the held-out one does not.
    histories : list of History or None
        In the order of the rows; None for a run that failed.
    settings : StudySettings
        The settings of the study.
    environment : dict of str to str
        Versions, processor and date; all of them if the runs were made in several environments.
    targets : dict of (dataset, network) to tuple of float
        Training losses of the runtime distributions, fixed before the first run.
    """

    runs: "pd.DataFrame"
    histories: list[History | None]
    settings: StudySettings
    environment: dict[str, str]
    targets: Mapping[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"<Results: {self.runs['optimizer'].nunique()} optimizers on {len(self.problems)} "
            f"problems, {many(len(self.runs), 'run')}>"
        )

    def _repr_html_(self) -> str:
        return results_card("Results", self.runs, self.runs if self.runs.empty else self.summary())

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The pairs of data set and network, in order."""
        pairs = zip(self.runs["dataset"], self.runs["network"], strict=True)
        return list(dict.fromkeys(pairs))

    @property
    def groups(self) -> dict[str, list[tuple[str, str]]]:
        """The problems of each group, in order; those of no group are in none."""
        found: dict[str, list[tuple[str, str]]] = {}
        for dataset, network in self.problems:
            if group := self.settings.group_of(dataset):
                found.setdefault(group, []).append((dataset, network))
        return found

    def of_group(self, group: str) -> Self:
        """Return the results on the problems of one group, for plots and tests of these alone.

        Parameters
        ----------
        group : str
            One of :attr:`groups`.

        Returns
        -------
        Results
            With the runs of all optimizers on these problems.

        Raises
        ------
        ValueError
            There is no such group.
        """
        return self.of_problems(self.groups[check_choice("group", group, self.groups)])

    def of_problems(self, problems: Iterable[tuple[str, str]]) -> Self:
        """Return the results on some problems, for plots and tests of these alone.

        Parameters
        ----------
        problems : iterable of (dataset, network)
            Some of :attr:`problems`.

        Returns
        -------
        Results
            With the runs of all optimizers on these problems, in the order of the runs.

        Raises
        ------
        TypeError
            They are no list.
        ValueError
            There are no runs on one of them.
        """
        given, known = several("problems", problems), self.problems
        if unknown := [problem for problem in given if problem not in known]:
            raise ValueError(
                "problems must be pairs (data set, network) that have runs, got "
                f"{shown(unknown[0])}; the attribute 'problems' lists all {len(known)}."
            )
        kept = {*given}
        pairs = zip(self.runs["dataset"], self.runs["network"], strict=True)
        rows = [row for row, pair in enumerate(pairs) if pair in kept]
        return replace(
            self,
            runs=self.runs.iloc[rows].reset_index(drop=True),
            histories=[self.histories[row] for row in rows],
            targets={problem: of for problem, of in self.targets.items() if problem in kept},
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return a tidy table, one row a run: a copy of ``runs``, to change as you like."""
        return self.runs.copy()

    def summary(self) -> "pd.DataFrame":
        """Return one row for each problem and optimizer, ordered by the passes to the target.

        Columns: ``loss_median, loss_q25, loss_q75, accuracy_mean, accuracy_sd,
        train_accuracy_mean, passes_to_target, seconds_to_target, reached, runs``. Passes and
        seconds are expected running times. A failed run reached nothing, with an infinite loss.
        """
        return summarize(self.runs, by=("dataset", "network", "optimizer"))

    def table(self) -> str:
        """Return the summary as text of at most 80 columns, one table for each problem."""
        if self.runs.empty:
            return "No run is stored yet."
        summary, lines = self.summary().reset_index(), []
        for dataset, network in self.problems:
            runs, rows = (
                table[(table["dataset"] == dataset) & (table["network"] == network)]
                for table in (self.runs, summary)
            )
            title = f"{dataset}, {network}"
            if runs["target"].notna().any():
                title += f": target loss {runs['target'].max():.4g}"
            exhaustive = not runs["test_accuracy"].notna().any()
            lines += [
                *textwrap.wrap(title, 80),
                *table_lines(rows.set_index("optimizer"), exhaustive=exhaustive),
                "",
            ]
        failed = self.runs[self.runs["status"] == "failed"]
        if len(failed):
            reason = failed["error"].iloc[0]
            said = f"{len(failed)} of {len(self.runs)} runs failed, the first by {reason}"
            lines += textwrap.wrap(said, 80)
        return "\n".join(lines).rstrip()


def summarize(runs: "pd.DataFrame", by: Sequence[str] = ("optimizer",)) -> "pd.DataFrame":
    """Return one row for each group of runs, ordered by their passes to the target.

    The columns of `by` define a group; the last one names the optimizer. Groups that agree in the
    columns before it stay together, in the order of the runs.

    Passes and seconds to the target are expected running times: what all runs spent until
    they reached it, the whole run if they did not, divided by the number of runs that did. A
    failed run has an infinite loss; its spending is unknown and counts as zero.
    """
    import pandas as pd

    tables = []
    outer = list(by[:-1])
    parts = [group for _, group in runs.groupby(outer, sort=False)] if outer else [runs]
    for part in parts:
        groups = part.groupby(list(by), sort=False)
        rows = {name if outer else name[0]: _row(group) for name, group in groups}
        table = pd.DataFrame.from_dict(rows, orient="index")
        tables.append(table.sort_values(["passes_to_target", "loss_median"], kind="stable"))
    table = pd.concat(tables)
    table.index.names = list(by)
    return table


def _row(runs: "pd.DataFrame") -> dict[str, Any]:
    """Return the figures of one group."""
    low, median, high = quantiles(runs["train_loss"].fillna(np.inf), [0.25, 0.5, 0.75]).tolist()
    return {
        "loss_median": median,
        "loss_q25": low,
        "loss_q75": high,
        "accuracy_mean": runs["test_accuracy"].mean(),
        "accuracy_sd": runs["test_accuracy"].std(ddof=1),  # NaN for one run
        "train_accuracy_mean": runs["train_accuracy"].mean(),
        "passes_to_target": _expected(runs, "passes"),
        "seconds_to_target": _expected(runs, "seconds"),
        "reached": int(runs["reached"].sum()),
        "runs": len(runs),
    }


def table_lines(summary: "pd.DataFrame", *, exhaustive: bool) -> list[str]:
    """Return a summary by optimizer as lines of at most 80 columns.

    Where the data contain every possible pattern (`exhaustive`), the accuracy is that of training.
    """
    accuracy = "training" if exhaustive else "held-out"
    lines = [
        f"{'':{WIDTH}}  {'training loss':^22} {accuracy:>13}  {'to the target loss':>26}",
        f"{'optimizer':{WIDTH}}  {'median':>6} {'(quartiles)':>15} {'accuracy':>13}  "
        f"{'passes':>9} {'seconds':>8} {'reached':>7}",
    ]
    for name, row in summary.iterrows():
        shown = f"{row['train_accuracy_mean' if exhaustive else 'accuracy_mean']:.3f}"
        if not exhaustive and np.isfinite(row["accuracy_sd"]):
            shown += f" ±{row['accuracy_sd']:.3f}"
        quartiles = f"({_loss(row['loss_q25'])}-{_loss(row['loss_q75'])})"
        before, label = in_column(name, WIDTH)
        lines += before
        lines.append(
            f"{label}  {_loss(row['loss_median']):>6} {quartiles:>15} {shown:>13}  "
            f"{_count(row['passes_to_target']):>9} {_time(row['seconds_to_target']):>8} "
            f"{int(row['reached']):>3}/{int(row['runs']):<3}"
        )
    return [line.rstrip() for line in lines]


def _loss(loss: float) -> str:
    """Return a loss in at most six characters."""
    if not np.isfinite(loss):
        return f"{loss:g}"
    return f"{loss:.4f}" if abs(loss) < 9.9999 else f"{loss:.4g}" if loss < 9999 else f"{loss:.0e}"


def _expected(runs: "pd.DataFrame", unit: str) -> float:
    """Return the expected running time; the spending of a failed run is unknown."""
    return expected_running_time(runs[f"{unit}_to_target"], runs[unit].fillna(0.0))


def _count(number: float) -> str:
    return f"{number:,.0f}" if np.isfinite(number) else "never"


def _time(seconds: float) -> str:
    return f"{seconds:.3g}" if np.isfinite(seconds) else "-"
