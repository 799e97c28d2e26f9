"""The table of a problem: a row for each optimizer, with the best figures marked."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metarnn.runtimes import wilson_interval

if TYPE_CHECKING:
    import pandas as pd


class Cell(NamedTuple):
    """The text of a cell, and whether it is the best of its column."""

    text: str
    best: bool = False


class Table(NamedTuple):
    """Headings, and a row of cells for each name."""

    headings: list[str]
    rows: dict[str, list[Cell]]


class Column(NamedTuple):
    """A column: its heading, the figure to compare, its text, and the direction."""

    heading: str
    figure: str
    show: Callable[["pd.Series[float]"], str]
    lower_is_better: bool = True


COLUMNS = (
    Column(
        "training loss: median (quartiles)",
        "loss_median",
        lambda row: f"{loss(row.loss_median)} ({loss(row.loss_q25)}–{loss(row.loss_q75)})",
    ),
    Column(
        "{part} accuracy: mean ± sd",
        "accuracy",
        lambda row: deviating(row.accuracy, row.deviation),
        lower_is_better=False,
    ),
    Column(
        "passes to the target (ERT)", "passes_to_target", lambda row: count(row.passes_to_target)
    ),
    Column(
        "seconds to the target (ERT)",
        "seconds_to_target",
        lambda row: seconds(row.seconds_to_target),
    ),
    Column(
        "runs that reached it (95 % interval)",
        "rate",
        lambda row: success(int(row.reached), int(row.runs)),
        lower_is_better=False,
    ),
)


def problem_table(summary: "pd.DataFrame") -> Table:
    """Return the table of one problem, in the order of its summary.

    The summary holds rows of ``Results.summary()``, by optimizer. If nothing was held out,
    accuracy is that of training. Equal figures are all marked; those of a single optimizer are
    not.
    """
    held_out = bool(summary["accuracy_mean"].notna().any())
    named = summary.assign(
        accuracy=summary["accuracy_mean" if held_out else "train_accuracy_mean"],
        deviation=summary["accuracy_sd"] if held_out else np.nan,
        rate=summary["reached"] / summary["runs"],
    )
    rows: dict[str, list[Cell]] = {str(name): [] for name in named.index}
    for column in COLUMNS:
        figures = named[column.figure].to_numpy(float) * (1 if column.lower_is_better else -1)
        losses = np.nan_to_num(figures, nan=np.inf, posinf=np.inf, neginf=-np.inf)
        # No figure is best if no optimizer reached the target.
        best = losses.min() if len(losses) > 1 else np.inf
        nothing = not np.isfinite(best) or (not column.lower_is_better and best == 0)
        for (name, row), value in zip(named.iterrows(), losses, strict=True):
            rows[str(name)].append(Cell(column.show(row), not nothing and value == best))
    part = "held-out" if held_out else "training"
    return Table([column.heading.format(part=part) for column in COLUMNS], rows)


def loss(value: float) -> str:
    """Return a loss with three significant digits."""
    if not np.isfinite(value):
        return "∞"
    return f"{value:.3g}" if value == 0 or abs(value) >= 1e-4 else f"{value:.1e}"


def deviating(mean: float, deviation: float) -> str:
    """Return an accuracy and its standard deviation, as far as they are known."""
    if np.isnan(mean):
        return "–"
    return f"{mean:.3f}" + (f" ± {deviation:.3f}" if np.isfinite(deviation) else "")


def count(passes: float) -> str:
    """Return passes, or "never"."""
    return f"{passes:,.0f}" if np.isfinite(passes) else "never"


def seconds(value: float) -> str:
    """Return seconds, or "never"."""
    return f"{value:.3g}" if np.isfinite(value) else "never"


def success(reached: int, runs: int) -> str:
    """Return how many runs reached the target, with Wilson's interval of the probability."""
    low, high = wilson_interval(reached, runs)
    return f"{reached} of {runs} ({low:.0%}–{high:.0%})"
