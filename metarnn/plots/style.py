"""The look of all plots: colors, dashes and markers of names, figures and axes.

The colors are those of M. Okabe and K. Ito (Color universal design, 2008), which color-blind
people can distinguish; dashes and markers distinguish lines in gray as well.
"""

from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

P = ParamSpec("P")
R = TypeVar("R")

# Without their yellow, which is too pale for a line on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p")

#: A style file of matplotlib, which all plots are drawn in.
STYLE_FILE = Path(__file__).with_name("house.mplstyle")

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


def in_style(draw: Callable[P, R]) -> Callable[P, R]:
    """Return a function that draws in the style file, and then puts matplotlib's settings back."""

    @wraps(draw)
    def drawn(*args: P.args, **settings: P.kwargs) -> R:
        import matplotlib as mpl

        with mpl.rc_context(_look()):
            return draw(*args, **settings)

    return drawn


@cache
def _look() -> dict[Any, Any]:
    import matplotlib as mpl

    return dict(mpl.rc_params_from_file(STYLE_FILE, use_default_template=False))


def draw_curve(ax: "Axes", x: Any, y: Any, name: str, look: Style, number: int) -> None:
    """Draw a line in a style, with markers whose places differ by its number."""
    ax.plot(
        x,
        y,
        color=look.color,
        ls=look.dash,
        marker=look.marker,
        markevery=(0.02 + 0.007 * number, 0.2),
        label=name,
    )


def ink(ax: "Axes") -> Any:
    """Return the color of letters, which is light where the axes are made for a dark page."""
    return ax.xaxis.label.get_color()


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
