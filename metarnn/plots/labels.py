"""Texts of a plot: title and note above it, labels of the axes, names beside lines and places.

All print as they are, without mathematics: a name may have a "$" or a "_".
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .style import Style, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def describe(ax: "Axes", *, title: str = "", note: str = "", x: str = "", y: str = "") -> None:
    """Write the title, a note on how to read the plot, and the labels of both axes.

    Texts that are longer than the side of the axes they stand at are broken into lines.
    """
    from .arrangement import Broken

    ax.set_xlabel(x, parse_math=False)
    ax.set_ylabel(y, parse_math=False)
    above = ax.set_title(title, loc="left", pad=18, va="bottom", parse_math=False)
    looks: Any = {"fontsize": 8, "va": "bottom", "alpha": 0.75, "color": ink(ax)}
    place: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "parse_math": False}
    Broken(ax, above, ax.annotate(note, (0, 1), xytext=(0, 4), **place, **looks))


def name_ends(ax: "Axes", ends: Mapping[str, float], looks: Mapping[str, Style]) -> None:
    """Write names at the right edge, beside the ends of their lines, without overlap.

    The ends are in units of the data; one that is not finite is at the top. Many names beside
    low axes are written smaller: 14 need two inches to be read easily.
    """
    from .end_names import EndNames

    if ends:
        EndNames(ax, ends, looks)


def write_beside(
    ax: "Axes", text: str, place: Any, offset: tuple[float, float], **looks: Any
) -> Any:
    """Write a text at an offset in points from a place, and return it."""
    plain = {"textcoords": "offset points", "parse_math": False, "color": ink(ax), **looks}
    return ax.annotate(text, place, xytext=offset, **plain)


def plain(texts: Iterable[Any]) -> None:
    """Let texts that matplotlib has made, such as labels of ticks, print as they are."""
    for text in texts:
        text.set_parse_math(False)
