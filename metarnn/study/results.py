"""The results of a study: a tidy table of runs, and their histories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarnn.optimizers import History

from .settings import StudySettings
from .summary import summarize, table_lines

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
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

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The pairs of data set and network, in order."""
        pairs = zip(self.runs["dataset"], self.runs["network"], strict=True)
        return list(dict.fromkeys(pairs))

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
            lines += [title, *table_lines(rows.set_index("optimizer"), exhaustive=exhaustive), ""]
        failed = self.runs[self.runs["status"] == "failed"]
        if len(failed):
            reason = failed["error"].iloc[0]
            lines += [f"{len(failed)} of {len(self.runs)} runs failed, the first by {reason}"]
        return "\n".join(lines).rstrip()
