"""The map of minima, with the way of a run through it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .figure import axes_for
from .labels import describe
from .style import COLORS, in_style, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metarnn.minima import OptimaNetwork

#: Areas of the circles, in square points: the smallest, and that of all starts in one basin.
SMALLEST, LARGEST = 18.0, 1800.0

#: Where a run was.
WAY = COLORS[1]


@in_style
def plot_optima_network(
    network: "OptimaNetwork",
    ax: "Axes | None" = None,
    *,
    way: Sequence[int] | None = None,
    title: str = "",
) -> "Axes":
    """Draw minima at the height of their losses, with the kicks that lead down.

    The area of a circle is the fraction of random starts that the minimum attracts, and dark
    circles are low. Lines are kicks to a minimum that is not higher, darker the more there are. A
    black ring marks a bottom, which no kick left for a lower one. Minima that follow each other
    are near to each other in width, as far as possible; the width means nothing else.

    Parameters
    ----------
    network : OptimaNetwork
        Of :func:`metarnn.minima.optima_network`.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure. Axes of one figure that share their heights
        compare optimizers.
    way : sequence of int, optional
        The minima in whose basins a run was, in their order: :meth:`metarnn.minima.Visits.way`.
        Arrows lead from a cross to a star.
    title : str
        Title.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ImportError
        networkx, which places the minima, is missing.
    ValueError
        A way through minima that the network does not have.
    """
    n, losses = len(network.minima), network.losses
    steps = [] if way is None else [int(step) for step in way]
    if steps and (min(steps) < 0 or max(steps) >= n):
        raise ValueError(
            f"way must be of minima 0 to {n - 1} of the network, got {min(steps)} to {max(steps)}."
        )
    ax = axes_for(ax, 7, 5, grid="y")
    places = np.column_stack([_widths(network), losses])
    _lines(ax, network, places)
    areas = SMALLEST + LARGEST * network.basins
    bottom = np.isin(network.plateaus, network.bottoms)
    looks: Any = {"cmap": "Blues_r", "vmin": losses.min(), "vmax": 1.25 * losses.max(), "zorder": 3}
    looks["edgecolors"] = np.where(bottom, ink(ax), "0.6")
    looks["linewidths"] = np.where(bottom, 1.5, 0.6)
    ax.scatter(places[:, 0], losses, areas, losses, **looks)
    if steps:
        _arrows(ax, places[steps])
    ax.set_xticks([])
    ax.set_xlim(-0.06, 1.06)
    ax.margins(y=0.12)
    note = f"{n} minima by loss; area: fraction of starts; line: kicks to a lower one; ring: bottom"
    if way is not None:
        note = f"{len(set(steps))} minima visited, from the cross to the star"
    describe(ax, title=title, note=note, y="loss of the minimum")
    return ax


def _widths(network: "OptimaNetwork") -> Any:
    """Return a width (n,) for each minimum, from 0 to 1: the order of a layout by springs."""
    from metarnn.minima.optima_network import import_networkx

    networkx = import_networkx()
    down, n = network.monotonic, len(network.minima)
    weights = down + down.T
    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    pairs = np.argwhere(np.triu(weights) > 0).tolist()
    graph.add_weighted_edges_from((a, b, float(weights[a, b])) for a, b in pairs)
    placed = networkx.spring_layout(graph, seed=0, iterations=200)
    across = np.array([placed[number][0] for number in range(n)])
    return (np.argsort(np.argsort(across)) + 0.5) / n


def _lines(ax: "Axes", network: "OptimaNetwork", places: Any) -> None:
    """Draw the edges that do not lead up, opaque where half of the kicks take them."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgb

    down = network.monotonic
    pairs = np.argwhere(down > 0)
    weights = down[tuple(pairs.T)]
    colors = np.tile([*to_rgb(ink(ax)), 1.0], (len(pairs), 1))
    colors[:, 3] = np.clip(0.08 + 1.2 * weights, 0, 0.7)
    lines = places[pairs].reshape(-1, 2, 2)
    ax.add_collection(LineCollection(lines, colors=colors, linewidths=0.5 + 1.5 * weights))


def _arrows(ax: "Axes", stops: Any) -> None:
    """Draw the way from stop to stop (m, 2)."""
    arrow: Any = {"arrowstyle": "-|>", "color": WAY, "lw": 1.3, "shrinkA": 3, "shrinkB": 4}
    arrow |= {"connectionstyle": "arc3,rad=0.15"}
    for here, there in pairwise(stops):
        ax.annotate("", there, here, arrowprops=arrow, zorder=4)
    dots: Any = {"color": WAY, "ls": "none", "mec": "white", "mew": 0.8, "zorder": 5}
    ax.plot(*stops[0], marker="X", ms=9, **dots)
    ax.plot(*stops[-1], marker="*", ms=14, **dots)
