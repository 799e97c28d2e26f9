"""Hidden states along sequences."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .figure import axes_for
from .labels import describe, plain
from .style import in_style, ink, styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metarnn.networks.network import Network


@in_style
def plot_states(
    network: "Network",
    weights: ArrayLike,
    X: ArrayLike,
    y: ArrayLike | None = None,
    ax: "Axes | None" = None,
    *,
    layer: int = 0,
    lengths: Any = None,
) -> "Axes":
    """Draw the hidden states of sequences step by step, on their first two principal components.

    Parameters
    ----------
    network : Network
        With recurrent layers.
    weights : (D,) array_like
        One candidate.
    X : (B, T, I) array_like
        Sequences; see :meth:`metarnn.Network.scores`. More than about ten are hard to read.
    y : (B,) array_like, optional
        Class of each sequence, which determines its color and the marker at its end.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    layer : int
        Which recurrent layer, from 0.
    lengths : (B,) array_like of int, optional
        Steps of each sequence.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        No such layer, or not one class for each sequence.

    Notes
    -----
    Two components may show little of H units: the axes state their fraction of the variance.
    """
    from metarnn.networks.diagnostics import states

    seen = states(network, weights, X, layer=layer, lengths=lengths)
    B, T, H = seen.shape
    classes = np.zeros(B, dtype=int) if y is None else np.asarray(y)
    if classes.shape != (B,):
        raise ValueError(
            f"y must be one class for each of {B} sequences, got shape {classes.shape}."
        )
    steps = np.full(B, T) if lengths is None else np.asarray(lengths)
    valid = np.concatenate([one[:n] for one, n in zip(seen, steps, strict=True)])
    mean = valid.mean(axis=0)
    _, sizes, directions = np.linalg.svd(valid - mean, full_matrices=False)
    fractions = sizes**2 / max((sizes**2).sum(), np.finfo(float).tiny)
    axes = np.zeros((2, H))
    axes[: len(directions[:2])] = directions[:2]
    ax = axes_for(ax)
    looks = styles(np.unique(classes).tolist())
    ends: dict[Any, Any] = {}
    for one, n, label in zip(seen, steps, classes.tolist(), strict=True):
        path, look = (one[:n] - mean) @ axes.T, looks[label]
        ax.plot(*path.T, color=look.color, lw=0.9, alpha=0.6, marker=".", ms=3)
        ax.plot(*path[0], color=look.color, marker="o", mfc="none", ms=6, ls="none")
        (ends[label],) = ax.plot(*path[-1], color=look.color, marker=look.marker, ms=7, ls="none")
    if y is not None:
        place: Any = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
        names = [f"class {label}" for label in looks]
        plain(
            ax.legend(
                [ends[label] for label in looks], names, labelcolor=ink(ax), **place
            ).get_texts()
        )
    x, y_label = (
        f"component {i + 1} "
        + (f"({fractions[i]:.0%} of the variance)" if i < len(fractions) else "(nothing)")
        for i in range(2)
    )
    note = "states step by step; open circle: the first, full marker: the last"
    describe(ax, note=note, x=x, y=y_label)
    return ax
