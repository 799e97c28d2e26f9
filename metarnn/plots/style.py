"""Colors, dashes and markers, and names at the ends of lines.

The colors are those of M. Okabe and K. Ito (Color universal design, 2008), which color-blind
people can distinguish; dashes and markers distinguish lines in gray as well.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Without their yellow, which is too pale for a line on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p")

#: The longest name beside a line; tables have it in full.
LONGEST = 20


class Style(NamedTuple):
    """The style of the lines of one name."""

    color: str
    dash: Any
    marker: str


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Return a style for each name; the first 35 differ in color or dash."""
    return {
        name: Style(COLORS[i % len(COLORS)], DASHES[i % len(DASHES)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }


def shortened(names: Iterable[str]) -> dict[str, str]:
    """Return names that fit beside a plot; names that would become equal stay in full."""
    names = list(names)
    short = [name if len(name) <= LONGEST else name[: LONGEST - 1] + "…" for name in names]
    return {
        name: cut if short.count(cut) == 1 else name for name, cut in zip(names, short, strict=True)
    }


def name_ends(ax: "Axes", ends: Mapping[str, float], looks: Mapping[str, Style]) -> None:
    """Write names at the right edge, beside the ends of their lines, without overlap.

    Call it last, when the limits of the y axis are final. The ends are in units of the data; one
    that is not finite is at the top.
    """
    if not ends:
        return
    shown = np.array([value if np.isfinite(value) else np.inf for value in ends.values()])
    to_axes = ax.transData + ax.transAxes.inverted()
    finite = np.isfinite(shown)
    heights = np.ones(len(shown))
    places = np.column_stack([np.full(finite.sum(), ax.get_xlim()[1]), shown[finite]])
    if finite.any():
        heights[finite] = to_axes.transform(places)[:, 1]
    heights = np.clip(np.nan_to_num(heights), 0.0, 1.0)
    # About the part of the figure that the layout leaves.
    points = ax.figure.bbox.height / ax.figure.dpi * 72 * 0.75
    size = float(np.clip(points / (1.25 * len(ends)), 5.0, 8.5))
    written = spread(heights, 1.25 * size / points)
    texts = shortened(ends)
    for name, at, height in zip(ends, heights, written, strict=True):
        look = looks[name]
        ax.plot(
            [1.0, 1.03, 1.07],
            [at, height, height],
            transform=ax.transAxes,
            color=look.color,
            ls=look.dash,
            lw=1.2,
            clip_on=False,
            label="_nolegend_",
        )
        ax.text(
            1.085,
            height,
            texts[name],
            transform=ax.transAxes,
            va="center",
            fontsize=size,
            color="0.1",  # some colors are too pale for letters
            parse_math=False,
        )


def spread(heights: Any, gap: float) -> Any:
    """Return heights at least a gap apart, in the same order and as close as possible.

    Neighbors that overlap are centered at their mean until none do: isotonic regression of the
    heights (n,), which are between 0 and 1, minus their gaps. The gap is less if the heights do
    not fit.
    """
    from scipy.optimize import isotonic_regression

    heights = np.asarray(heights, dtype=float)
    n = len(heights)
    gap = min(gap, 1 / max(n - 1, 1))
    order = np.argsort(heights, kind="stable")
    steps = gap * np.arange(n)
    bases = isotonic_regression(heights[order] - steps).x
    apart = np.empty(n)
    apart[order] = np.clip(bases, 0.0, 1.0 - gap * (n - 1)) + steps
    return apart


def draw_curve(ax: "Axes", x: Any, y: Any, name: str, look: Any, number: int) -> None:
    """Draw a line in a style, with markers whose places differ by its number."""
    ax.plot(
        x,
        y,
        color=look.color,
        ls=look.dash,
        marker=look.marker,
        markevery=(0.02 + 0.007 * number, 0.2),
        ms=4,
        lw=1.6,
        label=name,
    )


def log_scale(axis: Any) -> None:
    """Make an axis, such as ``ax.xaxis``, logarithmic.

    Its labels are plain numbers, which are faster to read and draw than powers.
    """
    from matplotlib.ticker import LogFormatter, StrMethodFormatter

    class Between(LogFormatter):
        """Labels between powers where matplotlib has some, with three digits."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            return f"{x:.3g}" if super().__call__(x, pos) else ""

    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(Between(labelOnlyBase=False, minor_thresholds=(1, 0.4)))


def new_figure(width: float = 7, height: float = 4.5) -> "Figure":
    """Return a figure, its size in inches, without pyplot: it needs no display and no closing."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def axes_for(ax: "Axes | None", width: float = 7, height: float = 4.5) -> "Axes":
    """Return the axes that are given, or those of a new figure."""
    return new_figure(width, height).subplots() if ax is None else ax


def wide_axes(ax: "Axes | None", n_names: int) -> "Axes":
    """Return the axes that are given, or those of a figure tall enough for the names beside it."""
    return axes_for(ax, 8, max(4.5, 0.28 * n_names))


def write_beside(
    ax: "Axes", text: str, place: Any, offset: tuple[float, float], **looks: Any
) -> None:
    """Write a text at an offset in points from a place."""
    ax.annotate(
        text, place, xytext=offset, textcoords="offset points", **{"parse_math": False, **looks}
    )


def caption(ax: "Axes", text: str) -> None:
    """Write an explanation of a plot above it, in small print."""
    looks = {"fontsize": 8, "color": "0.35", "va": "bottom"}
    write_beside(ax, text, (0, 1), (0, 4), xycoords="axes fraction", **looks)
