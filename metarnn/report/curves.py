"""The curves of one problem: best losses and reached targets over passes and seconds."""

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from metarnn.plots import ProblemRuns
from metarnn.runtimes import Axis, anytime_curves, runtime_distribution, runtimes

from .numbers import data, loss

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The units of time.
AXES = get_args(Axis)

#: The most numbers of all curves of a page, about six bytes each.
NUMBERS = 170_000

#: The fewest and the most points of a curve.
POINTS = (48, 400)


def points_of_curves(n_problems: int, n_optimizers: int) -> int:
    """Return the points of each curve, fewer where a page has many curves."""
    lines = 4 * len(AXES) * n_problems * n_optimizers  # median, two quartiles, and targets
    return int(np.clip(NUMBERS // max(lines, 1), *POINTS))


def curves(problem: ProblemRuns, names: "Sequence[str]", n_points: int) -> dict[str, Any]:
    """Return the curves of one problem, in the order of the names; None for those without runs."""
    axes = {axis: _over(problem, axis, names, n_points) for axis in AXES}
    known = bool(np.isfinite(problem.target))
    return {
        "title": problem.title,
        "target": data(problem.target) if known else None,
        "losses": f"best training loss ({problem.loss})",
        "units": {axis: problem.label(axis) for axis in AXES},
        "targets": f"{len(problem.targets)} targets, from a loss of {problem.targets[0]:.3g} to "
        f"{problem.targets[-1]:.3g}"
        if len(problem.targets)
        else "",
        "axes": axes,
    }


def _over(
    problem: ProblemRuns, axis: Axis, names: "Sequence[str]", n_points: int
) -> dict[str, Any]:
    """Return the curves over passes or seconds."""
    # Three quarters of the points for a log axis, the others for a linear one.
    many = problem.grid(axis, n_points - n_points // 4)
    grid = np.unique(np.append(many, np.linspace(0, many[-1], n_points // 4 + 2)[1:-1]))
    grid = np.unique([float(f"{x:.4g}") for x in grid])
    rows: list[dict[str, Any] | None] = []
    for name in names:
        histories = problem.histories.get(name)
        if histories is None:
            rows.append(None)
            continue
        low, middle, high = anytime_curves(histories, grid, axis)
        _, reached = runtime_distribution(runtimes(histories, problem.targets, axis), grid)
        row = {"low": low, "middle": middle, "high": high, "reached": reached}
        rows.append({key: data(values) for key, values in row.items()})
    return {"x": data(grid), "rows": rows}


def alternative(chart: dict[str, Any], names: "Sequence[str]", axis: Axis, kind: str) -> str:
    """Return the ends of curves in words, for readers who do not see them."""
    ends = []
    for name, row in zip(names, chart["axes"][axis]["rows"], strict=True):
        if row is None:
            continue
        last = row["middle" if kind == "loss" else "reached"][-1]
        ends.append(f"{name} {'without a loss' if last is None else loss(last)}")
    what = "Median of the best training loss" if kind == "loss" else "Fraction of targets reached"
    return f"{what} over {axis}, {chart['title']}. At the end: {', '.join(ends)}."
