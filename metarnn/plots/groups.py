"""How far each optimizer comes on each group of problems."""

from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.statistics.measures import run_numbers

from .figure import axes_for
from .labels import describe, plain
from .style import in_style, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: From this part of the scale on the ground is so dark that what is written on it is white.
DARK = 0.55


@in_style
def plot_groups(results: Any, ax: "Axes | None" = None, *, title: str = "") -> "Axes":
    """Draw a table of optimizers by groups of problems: how soon and how often they get there.

    Parameters
    ----------
    results : Results
        Of a study whose data sets have groups; those of no group are "all".
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    title : str
        Title.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure. The ground of a cell is the mean area
        under the convergence curves of the group (:func:`metarnn.runtimes.area_under_curve`, from
        the first to the last target), light is good; the number is the percentage of the runs that
        reached the target of their problem. The best mean area over the groups is on top. Where an
        optimizer has no runs, as without the gradient that it needs, there is a dash.

    Raises
    ------
    ValueError
        Results without runs.
    """
    from .arrangement import Rows

    if not len(results.runs):
        raise ValueError("results must hold runs, got no runs.")
    areas, reached = group_figures(results)
    size = max(5.0, 1.9 + 1.02 * areas.shape[1]), max(2.4, 1.2 + 0.3 * len(areas))
    ax = axes_for(ax, *size, grid=None)
    best, worst = np.floor(10 * np.nanmin(areas)) / 10, np.ceil(10 * np.nanmax(areas)) / 10
    colors: Any = {"cmap": "cividis_r", "vmin": best, "vmax": worst, "edgecolors": "w"}
    ax.pcolormesh(np.ma.masked_invalid(areas.to_numpy()), **colors)
    cells = []
    for row, name in enumerate(areas.index):
        for column, group in enumerate(areas.columns):
            area, share = areas.loc[name, group], reached.loc[name, group]
            text, color = "–", "gray"
            if np.isfinite(area):
                dark = area - best > DARK * (worst - best)
                text, color = f"{share:.0%}", "white" if dark else "black"
            place = column + 0.5, row + 0.5
            cells.append(ax.text(*place, text, ha="center", va="center", color=color))
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(areas)) + 0.5, [*shortened(areas.index).values()])
    words = [group.replace(" ", "\n", 1) for group in areas.columns]
    ax.set_xticks(np.arange(areas.shape[1]) + 0.5, words)
    plain([*ax.get_yticklabels(), *ax.get_xticklabels()])
    for cell in cells:
        cell.set_in_layout(False)  # they become as small as their rows are, once these are known
    Rows(ax, [*ax.get_yticklabels(), *cells], 9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    note = f"ground: area, {best:.1f} (light) to {worst:.1f}; number: runs at the target"
    describe(ax, title=title, note=note)
    return ax


def group_figures(results: Any) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Return the mean area and the fraction of runs at the target, by optimizer and group.

    Every problem of a group has the same weight. The order is that of the mean area over the
    groups that an optimizer has runs in.
    """
    runs = results.runs.reset_index(drop=True)
    columns = ["group", "dataset", "network", "optimizer"]
    table = runs[["dataset", "network", "optimizer", "reached", "passes"]].copy()
    table["group"] = [results.settings.group_of(name) or "all" for name in runs["dataset"]]
    table["area"] = 1.0
    for problem, part in runs.groupby(["dataset", "network"], sort=False):
        pair = str(problem[0]), str(problem[1])
        table.loc[part.index, "area"] = run_numbers(results, pair, part, "area", results.targets)
    by_problem = table.groupby(columns, sort=False)[["area", "reached"]].mean()
    by_group = by_problem.groupby(["group", "optimizer"], sort=False).mean().unstack("group")
    groups = list(dict.fromkeys(table["group"]))
    areas, reached = by_group["area"][groups], by_group["reached"][groups]
    order = areas.mean(axis=1).sort_values(kind="stable").index
    return areas.loc[order], reached.loc[order]
