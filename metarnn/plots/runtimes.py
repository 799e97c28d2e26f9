"""Empirical distribution of runtimes."""

from typing import TYPE_CHECKING, Any

from metarnn.runtimes import Axis, runtime_distribution, runtimes

from .figure import wide_axes
from .problem import name_lines, problem_of
from .style import draw_curve, in_style, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@in_style
def plot_runtimes(
    results: Any,
    ax: "Axes | None" = None,
    *,
    problem: tuple[str, str] | None = None,
    axis: Axis = "passes",
    n_points: int = 400,
) -> "Axes":
    """Draw the empirical distribution of runtimes over runs and targets (ECDF).

    The height of a curve is the fraction of targets and runs reached by then; its end includes
    failures. The horizontal distance of two curves is the factor by which the left one is
    faster.

    N. Hansen, A. Auger, R. Ros, O. Mersmann, T. Tušar, D. Brockhoff: COCO: a platform for
    comparing continuous optimizers in a black-box setting. Optimization Methods and Software
    36 (2021) 114-144, section 4.

    Parameters
    ----------
    results, ax, problem, axis, n_points
        As for :func:`plot_convergence`. The targets of the results were fixed before the runs.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        An unknown axis or problem.
    """
    p = problem_of(results, problem)
    grid = p.grid(axis, n_points)
    ax = wide_axes(ax, len(p.histories))
    ends: dict[str, float] = {}
    for name, histories in p.histories.items():
        _, fraction = runtime_distribution(runtimes(histories, p.targets, axis), grid)
        draw_curve(ax, grid, fraction, name, p.looks[name], len(ends))
        ends[name] = float(fraction[-1])
    log_scale(ax.xaxis)
    ax.set_xlim(grid[0], grid[-1])
    ax.set_ylim(0, 1.02)
    note = f"{len(p.targets)} targets, from a loss of {p.targets[0]:.3g} to {p.targets[-1]:.3g}"
    name_lines(ax, p, axis, "fraction of runs × targets reached", note, ends)
    return ax
