"""Critical difference diagram of mean ranks over problems."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from metarnn.statistics import not_separated

from .style import axes_for, caption, shortened, styles, write_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_ranks(
    ranks: Mapping[str, float],
    critical_difference: float,
    ax: "Axes | None" = None,
    *,
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
    ranks : mapping of str to float
        Mean rank of each optimizer over the problems, 1 the best.
    critical_difference : float
        Nemenyi's or another, in ranks.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure of the necessary height.
    title : str
        Title.

    Raises
    ------
    ValueError
        Fewer than two optimizers, or a difference that is not a positive number.
    """
    k = len(ranks)
    if k < 2:
        raise ValueError(f"ranks must be those of at least two optimizers, got {k}.")
    if not 0 < critical_difference < np.inf:
        raise ValueError(
            f"critical_difference must be a positive number of ranks, got {critical_difference!r}."
        )
    means = list(ranks.values())
    bars = [
        (means[group[0]], means[group[-1]]) for group in not_separated(means, critical_difference)
    ]
    top = 0.55 * len(bars) + 0.6
    ax = axes_for(ax, 7.5, 1.6 + 0.25 * (k + top))
    ax.set_ylim(top + k, -1.9)
    ax.set_xlim(1 - 0.02 * k, k + 0.02 * k)
    ax.axis("off")
    ax.hlines(0, 1, k, color="black", lw=1)
    for rank in range(1, k + 1):
        ax.vlines(rank, -0.25, 0, color="black", lw=1)
        if k <= 12 or rank % 5 == 0 or rank == 1:
            ax.text(rank, -0.4, str(rank), ha="center", va="bottom", fontsize=9)
    shown = min(critical_difference, k - 1.0)
    ax.plot([1, 1 + shown], [-1.5, -1.5], color="black", lw=1.5, marker="|", ms=6)
    ax.text(
        1 + shown + 0.02 * k,
        -1.5,
        f"critical difference {critical_difference:.2f}",
        ha="left" if shown < 0.6 * (k - 1) else "right",
        va="center" if shown < 0.6 * (k - 1) else "bottom",
        fontsize=9,
    )
    for row, (first, last) in enumerate(bars):
        y = 0.5 + 0.55 * row
        ax.plot([first - 0.02 * k / 4, last + 0.02 * k / 4], [y, y], color="0.25", lw=4)
    _names(ax, ranks, top)
    ax.set_title(title, fontsize=11, loc="left", pad=18 if title else 6, parse_math=False)
    caption(ax, "mean rank, 1 is best; bars: not separated")
    return ax


def _names(ax: "Axes", ranks: Mapping[str, float], top: float) -> None:
    """Write the names at the left, the best first, with lines to their ranks."""
    looks, texts = styles(ranks), shortened(ranks)
    for place, name in enumerate(sorted(ranks, key=lambda name: ranks[name])):
        y = top + place
        ax.plot([ranks[name], ranks[name], 1.0], [0, y, y], color="0.6", lw=0.8)
        ax.plot(ranks[name], y, color=looks[name].color, marker=looks[name].marker, ms=6)
        beside = {"ha": "right", "va": "center", "fontsize": 9, "annotation_clip": False}
        write_beside(ax, f"{texts[name]}  {ranks[name]:.2f}", (1.0, y), (-6, 0), **beside)
