"""The best loss over passes or seconds."""

from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.criteria import criterion_of
from metarnn.optimizers import resolve_optimizer
from metarnn.runtimes import Axis, anytime_curves

from .figure import axes_for, wide_axes
from .labels import describe, plain, write_beside
from .problem import name_lines, problem_of
from .style import COLORS, draw_curve, in_style, ink, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metarnn.optimizers import History
    from metarnn.study.results import Results


@in_style
def plot_convergence(
    results: "Results | Any",
    ax: "Axes | None" = None,
    *,
    problem: tuple[str, str] | None = None,
    axis: Axis = "passes",
    band: float = 0.5,
    n_points: int = 400,
) -> "Axes":
    """Draw the best training loss over the passes spent: median and a band of the runs.

    Parameters
    ----------
    results : Results, Comparison or ProblemRuns
        Of a study or of :func:`metarnn.compare`.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    problem : (str, str), optional
        Labels of data set and network; see :func:`problem_of`.
    axis : {"passes", "seconds"}
        The unit of time.
    band : float
        Fraction of the runs in the band around the median: 0.5 is between the quartiles.
    n_points : int
        The most points of a curve.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        An unknown axis or problem, or a band that is not between 0 and 1.

    Notes
    -----
    A run that failed, or has no finite loss yet, has an infinite loss; infinite medians are not
    drawn. In seconds a run that has ended keeps its loss. The axis ends at 0.01 times the
    target, since gradient methods may reach 1e-10.
    """
    if not 0 < band < 1:
        raise ValueError(f"band must be between 0 and 1, got {band!r}.")
    p = problem_of(results, problem)
    grid = np.unique(p.grid(axis, n_points))
    ax = wide_axes(ax, len(p.histories))
    looks, lowest = p.looks, np.inf
    ends: dict[str, float] = {}
    fractions = [0.5 - band / 2, 0.5, 0.5 + band / 2]
    for name, histories in p.histories.items():
        low, middle, high = anytime_curves(histories, grid, axis, fractions)
        shown = np.isfinite(middle)
        look = looks[name]
        ax.fill_between(grid[shown], low[shown], high[shown], color=look.color, alpha=0.12, lw=0)
        draw_curve(ax, grid[shown], middle[shown], name, look, len(ends))
        ends[name] = float(middle[-1])
        lowest = min(lowest, middle[shown].min(initial=np.inf))
    log_scale(ax.xaxis)
    log_scale(ax.yaxis)
    ax.set_xlim(0.8 * grid[0], grid[-1])  # also if no run has a finite loss
    known = bool(np.isfinite(p.target))  # NaN if all runs failed
    if np.isfinite(lowest):
        # If a gradient method falls to 1e-10, the others would be one line at the top.
        ax.set_ylim(bottom=max(0.7 * lowest, p.target / 100 if known else 0))
    else:
        somewhere = p.target if known else 1.0
        ax.set_ylim(somewhere / 10, somewhere * 10)
    if known:
        ax.axhline(p.target, color="0.5", lw=1, ls=":")
        # Clipped, since the target may lie below all curves.
        place = {"xycoords": ("axes fraction", "data"), "fontsize": 8, "annotation_clip": True}
        write_beside(ax, f"target {p.target:.3g}", (0, p.target), (3, 3), **place)
    seeds = "1 seed" if p.n_seeds == 1 else f"{p.n_seeds} seeds"
    inside = "quartiles" if band == 0.5 else f"the middle {band:.0%} of runs"
    note = f"median of {seeds}, band: {inside}"
    name_lines(ax, p, axis, f"best training loss ({p.loss})", note, ends)
    return ax


@in_style
def plot_history(model: Any, ax: "Axes | None" = None) -> "Axes":
    """Draw the training curve of a fitted estimator: its losses over the passes spent.

    Parameters
    ----------
    model : RNNClassifier, RNNRegressor or OptimizeResult
        Fitted, or the result of :func:`metarnn.optimizers.minimize`.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    TypeError
        What has no history: a model that is not fitted, or one that no search trains.
    """
    history: History | None = getattr(model, "history_", getattr(model, "history", None))
    if history is None:
        raise TypeError(
            "model must be a fitted RNNClassifier or RNNRegressor, or a result of minimize, got "
            f"{type(model).__name__} without a history."
        )
    ax = axes_for(ax)
    ax.plot(history.passes, history.losses, color="0.7", lw=0.8, label="training, each iteration")
    ax.plot(history.passes, history.best, color=COLORS[0], label="training, best so far")
    if getattr(model, "validation_loss_curve_", None) is not None:
        ax.plot(
            history.passes,
            model.validation_loss_curve_,
            color=COLORS[1],
            ls="--",
            label="validation, of the best so far",
        )
    best = history.best[np.isfinite(history.best)]
    if best.min(initial=np.inf) > -np.inf and (best > 0).any():
        log_scale(ax.yaxis)
        ax.set_ylim(bottom=max(0.7 * best[-1], 1e-6))  # a loss may be 0 in float32
    # Curves may cross the legend: its paper keeps the words readable.
    legend = ax.legend(
        labelcolor=ink(ax), frameon=True, facecolor=ax.get_facecolor(), edgecolor="none"
    )
    plain(legend.get_texts())
    stopped = getattr(model, "stop_reason_", getattr(model, "message", ""))
    describe(
        ax, title="training curve", note=stopped, x="passes over the training set", y=_loss(model)
    )
    return ax


def _loss(model: Any) -> str:
    """Return the name of the loss of an estimator; a search does not know that of its objective."""
    if not hasattr(model, "optimizer"):
        return "loss"
    solve = model._solve_with(resolve_optimizer(model.optimizer))
    return f"loss ({criterion_of(model.loss, solve).title.replace('_', ' ')})"
