"""The loss along a line and on a plane in the weight space."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .figure import axes_for
from .labels import describe, write_beside
from .style import COLORS, in_style, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

#: Points evaluated at a time, so that a batch fits the memory for any D.
BATCH = 4096


@in_style
def plot_line(
    objective: Any,
    a: ArrayLike,
    b: ArrayLike,
    ax: "Axes | None" = None,
    *,
    n_points: int = 201,
    margin: float = 0.25,
    names: tuple[str, str] = ("a", "b"),
) -> "Axes":
    """Draw the loss along the straight line through two points.

    I. J. Goodfellow, O. Vinyals, A. M. Saxe: Qualitatively characterizing neural network
    optimization problems. ICLR 2015. A hill on the line does not prove a barrier: another path
    may lead around it, and the same network with its hidden units permuted is another point.

    Parameters
    ----------
    objective : Fitness or other objective
        Called with points (n, D), it returns their losses (n,).
    a, b : (D,) array_like
        At 0 and 1.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    n_points : int
        Losses to compute; each is a pass.
    margin : float
        The distance drawn beyond both, in distances between them.
    names : (str, str)
        Their names.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        Points of other shapes, or equal points.
    """
    first, last = _points(a, b)
    ax = axes_for(ax)
    at = np.union1d(np.linspace(-margin, 1 + margin, n_points), [0.0, 1.0])
    losses = _losses(objective, first + at[:, None] * (last - first))
    ax.plot(at, losses, color=COLORS[0], lw=1.8)
    for place, name, marker in zip((0.0, 1.0), names, "os", strict=True):
        loss = losses[at == place][0]
        ax.plot(place, loss, marker=marker, color=COLORS[1], ms=7, ls="none")
        write_beside(ax, f"{name}: {loss:.4g}", (place, loss), (6, 8))
    if losses.min() > 0 and losses.max() > 100 * losses.min():
        log_scale(ax.yaxis)
    x = f"distance along the line, {names[0]} at 0 and {names[1]} at 1"
    note = f"distance of the two: {np.linalg.norm(last - first):.4g} in the weights"
    describe(ax, note=note, x=x, y="loss")
    return ax


def plane_through(
    a: ArrayLike, b: ArrayLike, third: ArrayLike | None = None, trajectory: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Return an origin (D,) and two orthonormal directions (2, D) of a plane through a and b.

    The first direction is from a to b. The second is towards the third point; or, for a
    trajectory, the one in which its points are farthest from the line: the first principal
    component of their offsets from the line, not centered, since the plane contains the line.

    Raises
    ------
    ValueError
        Points of other shapes, a equal to b, neither third nor trajectory or both, or all
        points on the line.
    """
    first, last = _points(a, b)
    along = (last - first) / np.linalg.norm(last - first)
    if (third is None) == (trajectory is None):
        raise ValueError("Give either a third point or a trajectory, to span the plane.")
    others = np.atleast_2d(np.asarray(trajectory if third is None else third, dtype=float))
    if others.ndim != 2 or others.shape[1] != len(first):
        raise ValueError(
            f"third and trajectory must be points of {len(first)} weights, got shape "
            f"{others.shape}."
        )
    rest = others - first
    rest = rest - np.outer(rest @ along, along)
    _, sizes, directions = np.linalg.svd(rest, full_matrices=False)
    if sizes[0] <= 1e-9 * np.linalg.norm(last - first):
        raise ValueError("All points lie on the line through a and b, which spans no plane.")
    across = directions[0]
    across = across * (1.0 if rest[-1] @ across >= 0 else -1.0)
    return first, np.stack([along, across])


@in_style
def plot_landscape(
    objective: Any,
    a: ArrayLike,
    b: ArrayLike,
    ax: "Axes | None" = None,
    *,
    third: ArrayLike | None = None,
    trajectory: ArrayLike | None = None,
    n_points: int = 61,
    margin: float = 0.3,
    names: tuple[str, str, str] = ("a", "b", "c"),
) -> "Axes":
    """Draw the loss on a plane through two points, with a trajectory of the weights.

    A color bar beside the axes takes room from them.

    H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein: Visualizing the loss landscape of neural
    nets. NeurIPS 2018. The plane shows two of D dimensions: a trajectory that seems to cross a
    hill may pass it at a distance, and a minimum on the plane need not be one of the loss.

    Parameters
    ----------
    objective, a, b, ax
        As for :func:`plot_line`; a and b may be minima.
    third : (D,) array_like, optional
        A third point of the plane.
    trajectory : (n, D) array_like, optional
        Points in their order, projected on the plane. Without a third point the plane is the
        one in which they are farthest from the line through a and b.
    n_points : int
        Points on each side; `n_points` squared losses are computed, each a pass.
    margin : float
        The distance drawn beyond all points, as a fraction of their extent.
    names : (str, str, str)
        The names of a, b and the third point.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        Points of other shapes, a equal to b, neither `third` nor `trajectory` or both, or all
        points on the line through a and b.
    """
    origin, directions = plane_through(a, b, third, trajectory if third is None else None)
    ax = axes_for(ax, grid=None)
    named = [np.asarray(point, float) for point in (a, b, third) if point is not None]
    marks = (np.stack(named) - origin) @ directions.T
    path, note = None, ""
    if trajectory is not None:
        away = np.atleast_2d(np.asarray(trajectory, float)) - origin
        path = away @ directions.T
    corners = marks if path is None else np.concatenate([marks, path])
    low, high = corners.min(axis=0), corners.max(axis=0)
    pad = margin * np.maximum(high - low, 0.3 * (high - low).max())
    x, y = (np.linspace(low[i] - pad[i], high[i] + pad[i], n_points) for i in range(2))
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    losses = _losses(objective, origin + places @ directions).reshape(n_points, n_points)
    _contours(ax, x, y, losses)
    if path is not None:
        left = np.linalg.norm(away - path @ directions, axis=1).max()
        ax.plot(*path.T, color=COLORS[1], lw=1.4, marker=".", ms=4)
        arrow = {"arrowstyle": "->", "color": COLORS[1], "lw": 1.6}
        ax.annotate("", path[-1], path[-2] if len(path) > 1 else path[-1], arrowprops=arrow)
        note = f"trajectory: up to {left:.3g} away from the plane"
    for place, name, marker in zip(marks, names, "os^", strict=False):
        ax.plot(*place, marker=marker, color="black", mfc="white", ms=7, ls="none")
        box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75}
        write_beside(ax, name, place, (7, 5), fontsize=10, color="black", bbox=box)
    x_label = f"from {names[0]} towards {names[1]} (distance in the weights)"
    describe(ax, note=note, x=x_label, y="across (distance in the weights)")
    return ax


def _contours(ax: "Axes", x: Floats, y: Floats, losses: Floats) -> None:
    """Fill contours, on a log scale if the losses span a factor of 20."""
    from matplotlib.colors import LogNorm

    shown = np.ma.masked_invalid(losses)
    low, high = float(shown.min()), float(shown.max())
    logarithmic = low > 0 and high > 20 * low
    if low < high:
        levels = (np.geomspace if logarithmic else np.linspace)(low, high, 21)
        norm = LogNorm(low, high) if logarithmic else None
        filled = ax.contourf(x, y, shown, levels, cmap="Blues_r", norm=norm)
        ax.contour(x, y, shown, levels[::2], colors="white", linewidths=0.5, alpha=0.7)
        colors = ax.figure.colorbar(filled, ax=ax, label="loss", ticks=levels[::4])
        colors.ax.set_yticks(levels[::4], [f"{level:.3g}" for level in levels[::4]])
        colors.ax.minorticks_off()


def _losses(objective: Any, points: Floats) -> Floats:
    """Return the losses of points, evaluated in batches."""
    parts = [points[start : start + BATCH] for start in range(0, len(points), BATCH)]
    return np.concatenate([np.asarray(objective(part), dtype=float) for part in parts])


def _points(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    first, last = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.ndim != 1 or first.shape != last.shape:
        raise ValueError(
            f"a and b must be points (D,) of the same D, got shapes {first.shape} and {last.shape}."
        )
    if not np.linalg.norm(last - first) > 0:
        raise ValueError("a and b must be two different finite points.")
    return first, last
