"""Plots: functions that take a result and return matplotlib Axes.

Colours are those of Okabe and Ito, which colour-blind people can tell apart; lines differ
in their dashes as well.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.criteria import criterion_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metarnn.comparison import Comparison
    from metarnn.optimizers import History

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))


def plot_convergence(comparison: "Comparison", ax: "Axes | None" = None) -> "Axes":
    """Draw the best training loss over the passes spent: median and quartiles of the runs.

    Parameters
    ----------
    comparison : Comparison
        Results of :func:`metarnn.compare`.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = ax if ax is not None else new_figure().subplots()
    p = comparison.protocol
    grid = np.unique(np.geomspace(1, p.budget, 400))
    lowest = np.inf
    for i, name in enumerate(comparison.optimizers):
        histories = [run.history for run in comparison.runs if run.record["optimizer"] == name]
        curves = np.stack([history.best_after(grid) for history in histories])
        with np.errstate(invalid="ignore"):  # between losses that are all infinite
            low, middle, high = np.quantile(curves, [0.25, 0.5, 0.75], axis=0)
        shown = np.isfinite(middle)
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]
        ax.fill_between(grid[shown], low[shown], high[shown], color=colour, alpha=0.15, lw=0)
        ax.plot(grid[shown], middle[shown], color=colour, ls=dash, lw=1.8, label=name)
        lowest = min(lowest, middle[shown].min(initial=np.inf))
    ax.axhline(p.target, color="0.4", lw=1, ls=":")
    ax.annotate(
        f"target {p.target:.3g}",
        (grid[0], p.target),
        xytext=(2, 3),
        textcoords="offset points",
        color="0.4",
        fontsize=8,
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(0.8, 1.25 * p.budget)  # also where no run had a finite loss to show
    # A gradient method may fall to 1e-10, where the others would be one line at the top.
    if np.isfinite(lowest):
        ax.set_ylim(bottom=max(0.7 * lowest, p.target / 100))
    ax.set_xlabel(f"passes over the training set (a gradient counts as {p.gradient_passes:g})")
    ax.set_ylabel(f"best training loss ({criterion_of(p.loss).title.replace('_', ' ')})")
    ax.set_title(
        f"{p.dataset.name}: {p.network}, "
        f"{len({run.record['seed'] for run in comparison.runs})} seeds",
        fontsize=11,
    )
    ax.legend(title="median, band: quartiles", fontsize=8, title_fontsize=8)
    ax.grid(alpha=0.25, which="major")
    return ax


def plot_history(model: Any, ax: "Axes | None" = None) -> "Axes":
    """Draw the losses of a fitted classifier over the passes spent.

    Parameters
    ----------
    model : RNNClassifier
        Fitted.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = ax if ax is not None else new_figure().subplots()
    history: History = model.history_
    ax.plot(history.passes, history.losses, color="0.7", lw=0.8, label="training, each iteration")
    ax.plot(history.passes, history.best, color=COLOURS[0], lw=1.8, label="training, best so far")
    if model.validation_loss_curve_ is not None:
        ax.plot(
            history.passes,
            model.validation_loss_curve_,
            color=COLOURS[1],
            ls="--",
            lw=1.8,
            label="validation, of the best so far",
        )
    ax.set_yscale("log")
    ax.set_ylim(bottom=max(0.7 * history.best[-1], 1e-6))  # in float32 a loss may become 0
    ax.set_xlabel("passes over the training set")
    ax.set_ylabel(f"loss ({criterion_of(model.loss).title.replace('_', ' ')})")
    ax.set_title(model.stop_reason_, fontsize=10)
    ax.legend(fontsize=8)
    ax.grid(alpha=0.25, which="major")
    return ax


def new_figure() -> "Figure":
    """Return a figure of its own rather than pyplot's: it needs no display and no closing."""
    from matplotlib.figure import Figure

    return Figure(figsize=(7, 4.5), layout="constrained")
