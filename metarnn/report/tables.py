"""Tables of a page: cells with a text, a value to sort by, and a mark for the best of a column."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .numbers import count, deviating, loss, seconds, success

if TYPE_CHECKING:
    import pandas as pd


class Cell(NamedTuple):
    """The text of a cell, the number by which rows are sorted, and whether it is the best."""

    text: str
    value: float | None = None
    best: bool = False


class Table(NamedTuple):
    """A name for screen readers and files, headings, and rows of cells, the first their name."""

    name: str
    headings: list[str]
    rows: list[list[Cell]]


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
    Column("passes to target (ERT)", "passes_to_target", lambda row: count(row.passes_to_target)),
    Column(
        "seconds to target (ERT)", "seconds_to_target", lambda row: seconds(row.seconds_to_target)
    ),
    Column(
        "reached it (95% interval)",
        "rate",
        lambda row: success(int(row.reached), int(row.runs)),
        lower_is_better=False,
    ),
)


def problem_table(summary: "pd.DataFrame", names: list[str], title: str) -> Table:
    """Return the table of one problem, in the order of the names.

    The summary holds rows of ``Results.summary()``, by optimizer. If nothing was held out,
    accuracy is that of training. Equal figures are all marked; those of a single optimizer are
    not.
    """
    held_out = bool(summary["accuracy_mean"].notna().any())
    named = summary.loc[[name for name in names if name in summary.index]]
    named = named.assign(
        accuracy=named["accuracy_mean" if held_out else "train_accuracy_mean"],
        deviation=named["accuracy_sd"] if held_out else np.nan,
        rate=named["reached"] / named["runs"],
    )
    rows = [[Cell(str(name))] for name in named.index]
    for column in COLUMNS:
        figures = named[column.figure].to_numpy(float) * (1 if column.lower_is_better else -1)
        losses = np.nan_to_num(figures, nan=np.inf, posinf=np.inf, neginf=-np.inf)
        # No figure is best if no optimizer reached the target.
        best = losses.min() if len(losses) > 1 else np.inf
        nothing = not np.isfinite(best) or (not column.lower_is_better and best == 0)
        for row, (_, figures_of), value in zip(rows, named.iterrows(), losses, strict=True):
            shown = column.show(figures_of)
            row.append(Cell(shown, float(figures_of[column.figure]), not nothing and value == best))
    part = "held-out" if held_out else "training"
    headings = ["optimizer", *(column.heading.format(part=part) for column in COLUMNS)]
    return Table(f"Results of {title}", headings, rows)


def joined_table(tables: list[tuple[str, Table]]) -> Table:
    """Return the tables of several problems as one, whose rows begin with the problem."""
    headings = [column.heading.format(part="held-out or training") for column in COLUMNS]
    rows = [[Cell(title), *row] for title, table in tables for row in table.rows]
    return Table("Results of all problems", ["problem", "optimizer", *headings], rows)
