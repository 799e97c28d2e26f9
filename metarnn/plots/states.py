"""Hidden states along sequences."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .style import COLORS, MARKERS, axes_for, caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metarnn.networks.network import Network


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
    X, lengths
        Sequences (B, T, I); see :meth:`Network.scores`. More than about ten are hard to read.
    y : (B,) array_like of int, optional
        Class of each sequence, which determines its color and the marker at its end.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    layer : int
        Which recurrent layer, from 0.

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
    named = set()
    for one, n, label in zip(seen, steps, classes, strict=True):
        path = (one[:n] - mean) @ axes.T
        color = COLORS[int(label) % len(COLORS)]
        name = None if y is None or label in named else f"class {label}"
        named.add(label)
        ax.plot(*path.T, color=color, lw=0.9, alpha=0.6, marker=".", ms=3)
        ax.plot(*path[0], color=color, marker="o", mfc="white", ms=6, ls="none")
        marker = MARKERS[(int(label) + 1) % len(MARKERS)]
        ax.plot(*path[-1], color=color, marker=marker, ms=7, ls="none", label=name)
    for i, side in enumerate("xy"):
        part = f"{fractions[i]:.0%} of the variance" if i < len(fractions) else "nothing"
        getattr(ax, f"set_{side}label")(f"component {i + 1} of the state ({part})")
    if y is not None:
        lines, names = ax.get_legend_handles_labels()
        order = np.argsort([int(name.split()[-1]) for name in names])
        place: Any = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
        ax.legend([lines[i] for i in order], [names[i] for i in order], fontsize=8, **place)
    caption(ax, "hidden state after each step; open circle: the first step, full marker: the last")
    ax.grid(alpha=0.25)
    return ax
