"""What a notebook shows of the results of a study or a comparison."""

from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.cards import card, number, table
from metarnn.names import many

if TYPE_CHECKING:
    import pandas as pd

#: More rows are left out, and counted.
MOST_ROWS = 40


def results_card(kind: str, runs: "pd.DataFrame", summary: "pd.DataFrame") -> str:
    """Return runs as a card: one row for each problem and optimizer, the fastest ones first."""
    if runs.empty:
        return card(kind, "no run is stored yet")
    problems = runs[["dataset", "network"]].drop_duplicates()
    failed = int((runs["status"] == "failed").sum())
    parts = [
        many(runs["optimizer"].nunique(), "optimizer"),
        many(len(problems), "problem"),
        many(len(runs), "run") + (f", {failed} of them failed" if failed else ""),
    ]
    if len(problems) == 1:
        parts.insert(0, ", ".join(map(str, problems.iloc[0])))
    several = len(problems) > 1
    named = summary.reset_index()
    rows = [[*_names(row, several), *_figures(row)] for _, row in named.head(MOST_ROWS).iterrows()]
    headings = ["data set", "network"] * several + [
        "optimizer",
        "training loss, median (quartiles)",
        "held-out accuracy",
        "passes to the target",
        "seconds",
        "reached",
    ]
    left = len(named) - len(rows)
    more = f"<p><small>{many(left, 'more row')}: summary() has all.</small></p>" if left else ""
    return card(kind, "; ".join(parts), table(headings, rows), more)


def _names(row: Any, several: bool) -> list[str]:
    return [row[key] for key in ("dataset", "network", "optimizer")[0 if several else 2 :]]


def _figures(row: Any) -> list[str]:
    low, middle, high = (number(row[f"loss_{part}"]) for part in ("q25", "median", "q75"))
    accuracy = row["accuracy_mean"]
    reached = f"{int(row['reached'])}/{int(row['runs'])}"
    passes, seconds = (
        number(row[f"{unit}_to_target"], 3) if np.isfinite(row[f"{unit}_to_target"]) else "never"
        for unit in ("passes", "seconds")
    )
    shown = f"{accuracy:.3f}" if np.isfinite(accuracy) else "–"
    return [f"{middle} ({low}–{high})", shown, passes, seconds, reached]
