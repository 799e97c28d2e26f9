"""Names at the ends of lines, beside the axes, apart from each other whatever the size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from .arrangement import Arrangement, shrink
from .style import Style, ink, shortened

#: Letters of names, in points; smaller where many names are beside small axes.
SIZE = 8.5

#: From the edge of the axes, in points: where a line to a name begins, bends and ends, and where
#: the name begins.
PLACES = 0.0, 6.0, 14.0, 17.0


class EndNames(Arrangement):
    """The names at the ends of lines, each with a line in its style that leads to it.

    The ends are in units of the data; one that is not finite is at the top.
    """

    def __init__(self, ax: Axes, ends: Mapping[str, float], looks: Mapping[str, Style]) -> None:
        super().__init__(ax)
        self.ends = np.array([value if np.isfinite(value) else np.nan for value in ends.values()])
        short = shortened(ends)
        self.texts = [_name(ax, short[name]) for name in ends]
        self.lines = [_leader(ax, looks[name]) for name in ends]

    def _heights(self) -> np.ndarray:
        """Return where the lines end, in pixels above the lower edge; at the top if at infinity."""
        ax: Any = self.axes
        H, finite = ax.bbox.height, np.isfinite(self.ends)
        heights = np.full(len(self.ends), H)
        if finite.any():
            places = np.column_stack([np.full(finite.sum(), ax.get_xlim()[1]), self.ends[finite]])
            heights[finite] = np.nan_to_num(ax.transData.transform(places)[:, 1] - ax.bbox.y0)
        return np.clip(heights, 0.0, H)

    def key(self) -> Any:
        """Return where the lines end, to a tenth of a pixel."""
        return self._heights().round(1).tolist()

    def arrange(self, renderer: Any) -> None:
        """Place the names and the lines to them."""
        ax: Any = self.axes
        H, n, ends = ax.bbox.height, len(self.texts), self._heights()
        gap = shrink(self.texts, SIZE, H / n, renderer)
        inner = max(H - gap, 1e-9)  # the centers are half a name from both edges
        centers = gap / 2 + inner * spread((ends - gap / 2) / inner, gap / inner)
        x = ax.bbox.x1 + np.array(PLACES) * ax.figure.dpi / 72
        for text, line, end, center in zip(self.texts, self.lines, ends, centers, strict=True):
            text.set_position((x[3], ax.bbox.y0 + center))
            line.set_data(x[:3], ax.bbox.y0 + np.array([end, center, center]))


def spread(heights: Any, gap: float) -> Any:
    """Return heights at least a gap apart, in the same order and as close as possible.

    Neighbors that overlap are centered at their mean until none do: isotonic regression of the
    heights (n,), which are between 0 and 1, minus their gaps. The gap is less if the heights do
    not fit.
    """
    from scipy.optimize import isotonic_regression

    heights = np.clip(np.asarray(heights, dtype=float), 0.0, 1.0)
    n = len(heights)
    gap = min(gap, 1 / max(n - 1, 1))
    order = np.argsort(heights, kind="stable")
    steps = gap * np.arange(n)
    bases = isotonic_regression(heights[order] - steps).x
    apart = np.empty(n)
    apart[order] = np.clip(bases, 0.0, 1.0 - gap * (n - 1)) + steps
    return apart


def _name(ax: Axes, name: str) -> Text:
    color = ink(ax)  # some colors of lines are too pale for letters
    looks: dict[str, Any] = {"va": "center", "color": color, "parse_math": False}
    return ax.text(0, 0, name, transform=IdentityTransform(), **looks)


def _leader(ax: Axes, look: Style) -> Line2D:
    line = Line2D([], [], color=look.color, ls=look.dash, lw=1.2, label="_nolegend_")
    line.set_transform(IdentityTransform())
    ax.add_artist(line)
    line.set_clip_on(False)
    return line
