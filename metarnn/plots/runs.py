"""One figure of every run, and the median of each name."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .figure import wide_axes
from .labels import describe, plain
from .style import COLORS, in_style, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@in_style
def plot_runs(
    values: Mapping[str, ArrayLike],
    ax: "Axes | None" = None,
    *,
    xlabel: str = "accuracy",
    title: str = "",
    references: Mapping[str, float] | None = None,
    highlighted: Collection[str] = (),
    number: str = ".3f",
) -> "Axes":
    """Draw a mark for each run, and beside each name the median of its runs.

    Parameters
    ----------
    values : mapping of str to (n_runs,) array_like
        For each name one figure of each run, such as its accuracy; drawn from the top.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    xlabel, title : str
        What the figures are, with their unit, and the title.
    references : mapping of str to float, optional
        Figures to compare with, such as chance, drawn as dotted lines with their names.
    highlighted : collection of str
        Names whose runs are squares of another color: what the others are compared with.
    number : str
        Format of the medians.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        No names, a name without runs, or a highlighted name that is not there.
    """
    from .arrangement import Rows

    if not values:
        raise ValueError("values must name at least one row of runs, got none.")
    if unknown := [name for name in highlighted if name not in values]:
        raise ValueError(f"highlighted must be names of values {[*values]}, got {unknown}.")
    ax, medians = wide_axes(ax, len(values), grid="x"), []
    for place, (name, found) in enumerate(values.items()):
        runs = np.sort(np.asarray(found, dtype=float).ravel())
        if not runs.size:
            raise ValueError(f"values[{name!r}] must have a run at least, got none.")
        stands_out = name in highlighted
        color, marker = (COLORS[1], "s") if stands_out else (COLORS[0], "o")
        # Equal figures must not hide each other.
        heights = place + 0.25 * np.linspace(-1, 1, runs.size) * (runs.size > 1)
        ax.plot(runs, heights, marker, ms=5, color=color, alpha=0.8)
        middle = float(np.median(runs))
        ax.plot([middle, middle], [place - 0.36, place + 0.36], color=ink(ax), lw=1.6)
        beside = ax.get_yaxis_transform()
        text = f"{middle:{number}}"
        medians.append(ax.text(1.02, place, text, transform=beside, va="center", color=ink(ax)))
    named = []
    for name, value in (references or {}).items():
        ax.axvline(value, color="0.5", lw=1, ls=":")
        named.append(f"{name} {value:{number}}")
    ax.set_yticks(range(len(values)), [*values])
    plain(ax.get_yticklabels())
    ax.set_ylim(len(values) - 0.5, -0.5)
    Rows(ax, [*ax.get_yticklabels(), *medians], 9)
    note = "bars and numbers: medians" + (f"; dotted: {', '.join(named)}" if named else "")
    describe(ax, title=title, note=note, x=xlabel)
    return ax
