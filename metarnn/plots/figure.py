"""Figures and axes to draw on, those that are given or new ones."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_figure(width: float = 7, height: float = 4.5) -> "Figure":
    """Return a figure without pyplot, which needs no display and no closing.

    Parameters
    ----------
    width, height : float
        Its size in inches.

    Returns
    -------
    matplotlib Figure
        Its axes are in the style file of the plots.
    """
    from .styled_figure import StyledFigure

    return StyledFigure(figsize=(width, height), layout="constrained", facecolor="white")


def axes_for(
    ax: "Axes | None", width: float = 7, height: float = 4.5, *, grid: str | None = "both"
) -> "Axes":
    """Return the axes that are given, or those of a new figure, with the spines of the house.

    The grid is along "x", "y" or "both"; None is for pictures, which keep all their spines.
    """
    if ax is None:
        ax = new_figure(width, height).subplots()
    framed = grid is None
    ax.spines[["top", "right"]].set_visible(framed)
    ax.grid(False)
    if grid is not None:
        ax.grid(True, which="major", axis=grid, alpha=0.25)  # type: ignore[arg-type]
    ax.set_axisbelow(True)
    return ax


def wide_axes(ax: "Axes | None", n_names: int, *, grid: str = "both") -> "Axes":
    """Return the axes that are given, or those of a figure tall enough for the names beside it."""
    return axes_for(ax, 8, max(4.5, 0.28 * n_names), grid=grid)
