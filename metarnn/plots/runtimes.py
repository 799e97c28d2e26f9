"""Empirical distribution of runtimes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from metarnn.names import unknown
from metarnn.runtimes import Axis, runtimes
from metarnn.statistics import runtime_profile

from .figure import wide_axes
from .labels import describe, name_ends
from .problem import ProblemRuns, problem_of
from .style import draw_curve, in_style, log_scale, styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@in_style
def plot_runtimes(
    results: Any,
    ax: "Axes | None" = None,
    *,
    problem: tuple[str, str] | None = None,
    optimizers: Sequence[str] | None = None,
    axis: Axis = "passes",
    confidence: float = 0.95,
    title: str | None = None,
    n_points: int = 200,
) -> "Axes":
    """Draw the empirical distribution of runtimes over problems, runs and targets (ECDF).

    The height of a curve is the fraction of targets that the runs reached by then; its end
    includes failures. The horizontal distance of two curves is the factor by which the left one
    is faster. The band is what other seeds might have shown.

    N. Hansen, A. Auger, R. Ros, O. Mersmann, T. Tušar, D. Brockhoff: COCO: a platform for
    comparing continuous optimizers in a black-box setting. Optimization Methods and Software
    36 (2021) 114-144, section 4.

    Parameters
    ----------
    results : Results, Comparison or ProblemRuns
        Of a study or of :func:`metarnn.compare`. Those of one group are
        ``results.of_group(group)``. The targets were fixed before the runs.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    problem : (str, str), optional
        Labels of data set and network; by default all problems, each with the same weight.
    optimizers : sequence of str, optional
        Whose curves to draw, by default all. An optimizer that lacks runs on one of the problems
        is left out.
    axis : {"passes", "seconds"}
        The unit of time.
    confidence : float
        Of the band at each point (:func:`metarnn.statistics.runtime_profile`).
    title : str, optional
        By default that of the problem, or how many there are.
    n_points : int
        The points of a curve.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        An unknown axis, problem or optimizer.
    """
    problems = _problems_of(results, problem)
    first = problems[0]
    for name in optimizers or ():
        if name not in first.looks:
            raise ValueError(unknown("optimizer", name, first.looks))
    looks = first.looks if optimizers is None else styles(optimizers)
    drawn = [name for name in looks if all(name in one.histories for one in problems)]
    grid = max((one.grid(axis, n_points) for one in problems), key=lambda g: float(g[-1]))
    ax = wide_axes(ax, len(drawn))
    ends: dict[str, float] = {}
    for name in drawn:
        times = [runtimes(one.histories[name], one.targets, axis) for one in problems]
        found = runtime_profile(times, grid, seed=0, confidence=confidence)
        look = looks[name]
        ax.fill_between(grid, found.low, found.high, color=look.color, alpha=0.12, lw=0)
        draw_curve(ax, grid, found.fraction, name, look, len(ends))
        ends[name] = float(found.fraction[-1])
    log_scale(ax.xaxis)
    ax.set_xlim(grid[0], grid[-1])
    ax.set_ylim(0, 1.02)
    note = f"{len(first.targets)} targets, "
    if len(problems) == 1:
        note += f"from a loss of {first.targets[0]:.3g} to {first.targets[-1]:.3g}"
    else:
        note += f"down to {first.targets[-1] / first.targets[0]:.2g} of the first"
    if title is None:
        title = first.title if len(problems) == 1 else f"{len(problems)} problems"
    y = "fraction of runs × targets reached"
    note += f"; band: {confidence:.0%} of other seeds"
    describe(ax, title=title, note=note, x=first.label(axis), y=y)
    name_ends(ax, ends, looks)
    return ax


def _problems_of(results: Any, problem: tuple[str, str] | None) -> list[ProblemRuns]:
    """Return the runs of one problem, or of all."""
    if problem is not None or isinstance(results, ProblemRuns):
        return [problem_of(results, problem)]
    results = getattr(results, "results", results)
    if not results.problems:
        raise ValueError("results must hold runs, got no runs.")
    return [problem_of(results, one) for one in results.problems]
