"""Critical difference diagram of mean ranks over problems."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.statistics import judge, not_separated
from metarnn.statistics.measures import MEASURES

from .figure import axes_for
from .labels import describe, write_beside
from .style import in_style, ink, shortened, styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@in_style
def plot_ranks(
    ranks: "Mapping[str, float] | Any",
    critical_difference: float | None = None,
    ax: "Axes | None" = None,
    *,
    measure: str = "train_loss",
    title: str = "",
) -> "Axes":
    """Draw a critical difference diagram: mean ranks, the best at the left.

    Names stand one below the other, not at both sides as in the source, so that the figure can
    be narrow. Optimizers joined by a bar differ by less than the critical difference: these
    problems do not separate them.

    J. Demšar: Statistical comparisons of classifiers over multiple data sets. Journal of Machine
    Learning Research 7 (2006) 1-30, figure 1.

    Parameters
    ----------
    ranks : Results, or mapping of str to float
        Of a study with two problems or more, which :func:`metarnn.statistics.judge` ranks; or the
        mean rank of each optimizer over the problems, 1 the best.
    critical_difference : float, optional
        Nemenyi's or another, in ranks; of results by default Nemenyi's at a level of 0.05.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure of the necessary height.
    measure : {"train_loss", "test_accuracy", "ert", "area"}
        What results are ranked by.
    title : str
        Title; of results by default the measure.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        Fewer than two optimizers, results of fewer than two problems (those of
        :func:`metarnn.compare` have one), or a difference that is not a positive number.
    """
    looks = None
    if not isinstance(ranks, Mapping):
        ranks, known, looks = _ranked(ranks, measure)
        critical_difference = known if critical_difference is None else critical_difference
        title = title or MEASURES[measure].title
    k = len(ranks)
    if k < 2:
        raise ValueError(f"ranks must be those of at least two optimizers, got {k}.")
    if critical_difference is None or not 0 < critical_difference < np.inf:
        raise ValueError(
            f"critical_difference must be a positive number of ranks, got {critical_difference!r}."
        )
    means = list(ranks.values())
    bars = [
        (means[group[0]], means[group[-1]]) for group in not_separated(means, critical_difference)
    ]
    top = 0.55 * len(bars) + 0.6
    ax = axes_for(ax, 7.5, 1.6 + 0.25 * (k + top), grid=None)
    ax.set_ylim(top + k, -2.6)
    ax.set_xlim(1 - 0.02 * k, k + 0.02 * k)
    ax.axis("off")
    _scale(ax, k, critical_difference)
    for row, (first, last) in enumerate(bars):
        y = 0.5 + 0.55 * row
        ax.plot([first - 0.02 * k / 4, last + 0.02 * k / 4], [y, y], color=ink(ax), lw=4)
    _names(ax, ranks, top, looks or styles(ranks))
    describe(ax, title=title, note="mean rank, 1 is best; bars: not separated by Nemenyi's test")
    return ax


def _ranked(results: Any, measure: str) -> tuple[dict[str, float], float, Any]:
    """Return mean ranks, Nemenyi's critical difference and the looks of a study's optimizers."""
    verdict = judge(getattr(results, "results", results), measure)
    names, n_problems = verdict.measured.optimizers, len(verdict.measured.problems)
    if verdict.ranks is None or n_problems < 2:
        raise ValueError(
            f"ranks must be over two problems with all runs at least, got {n_problems}; of one, "
            "plot_convergence and plot_success show the runs."
        )
    means = dict(zip(names, map(float, verdict.ranks.mean_ranks), strict=True))
    return means, float(verdict.ranks.critical_difference()), styles(names)


def _scale(ax: "Axes", k: int, critical_difference: float) -> None:
    """Draw the axis of ranks, and the critical difference above it."""
    from .arrangement import Columns, Rows

    ax.hlines(0, 1, k, color=ink(ax), lw=1)
    ax.vlines(range(1, k + 1), -0.25, 0, color=ink(ax), lw=1)
    numbers = [
        ax.text(rank, -0.35, str(rank), ha="center", va="bottom", color=ink(ax))
        for rank in range(1, k + 1)
        if k <= 12 or rank % 5 == 0 or rank == 1
    ]
    shown = min(critical_difference, k - 1.0)
    ax.plot([1, 1 + shown], [-1.9, -1.9], color=ink(ax), lw=1.5, marker="|", ms=6)
    name = f"critical difference {critical_difference:.2f}"
    fits = shown < 0.5 * (k - 1)
    looks: Any = {"ha": "left", "va": "center"} if fits else {"ha": "right", "va": "bottom"}
    place = 1 + shown + 0.02 * k if fits else 1 + shown
    text = ax.text(place, -1.9 if fits else -2.05, name, color=ink(ax), **looks)
    Rows(ax, [text, *numbers], 9, rows=0.8)
    Columns(ax, numbers)


def _names(ax: "Axes", ranks: Mapping[str, float], top: float, looks: Any) -> None:
    """Write the names at the left, the best first, with lines to their ranks."""
    from .arrangement import Rows

    texts, written = shortened(ranks), []
    for place, name in enumerate(sorted(ranks, key=lambda name: ranks[name])):
        y = top + place
        ax.plot([ranks[name], ranks[name], 1.0], [0, y, y], color="0.6", lw=0.8)
        ax.plot(ranks[name], y, color=looks[name].color, marker=looks[name].marker, ms=6)
        beside: Any = {"ha": "right", "va": "center", "annotation_clip": False}
        text = f"{texts[name]}  {ranks[name]:.2f}"
        written.append(write_beside(ax, text, (1.0, y), (-6, 0), **beside))
    Rows(ax, written, 9)
