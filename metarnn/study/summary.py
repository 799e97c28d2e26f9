"""Tables of runs: medians and quartiles, accuracies, expected running times."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.runtimes import expected_running_time, quantiles

if TYPE_CHECKING:
    import pandas as pd

#: The width of the first column in characters.
WIDTH = 13


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
        quartiles = f"({row['loss_q25']:.4f}-{row['loss_q75']:.4f})"
        label = str(name)
        if len(label) > WIDTH:  # a label with settings has a line of its own
            lines.append(label)
            label = ""
        lines.append(
            f"{label:{WIDTH}}  {row['loss_median']:.4f} {quartiles:>15} {shown:>13}  "
            f"{_count(row['passes_to_target']):>9} {_time(row['seconds_to_target']):>8} "
            f"{int(row['reached']):>3}/{int(row['runs']):<3}"
        )
    return [line.rstrip() for line in lines]


def _expected(runs: "pd.DataFrame", unit: str) -> float:
    """Return the expected running time; the spending of a failed run is unknown."""
    return expected_running_time(runs[f"{unit}_to_target"], runs[unit].fillna(0.0))


def _count(number: float) -> str:
    return f"{number:,.0f}" if np.isfinite(number) else "never"


def _time(seconds: float) -> str:
    return f"{seconds:.3g}" if np.isfinite(seconds) else "-"
