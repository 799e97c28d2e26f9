"""Confusion matrix."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .figure import axes_for
from .labels import describe, plain
from .style import in_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: With more classes numbers are too small to read, and a color bar replaces them.
MOST_NUMBERS = 15


@in_style
def plot_confusion(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ax: "Axes | None" = None,
    *,
    labels: Sequence[object] | None = None,
    normalize: bool = False,
) -> "Axes":
    """Draw a confusion matrix.

    With more than 15 classes there are no numbers in the cells, and a color bar takes room from
    the axes.

    Parameters
    ----------
    y_true, y_pred : (B,) array_like
        True and predicted classes.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure, sized for the classes.
    labels : sequence, optional
        The classes to show, in order; by default all that occur, sorted.
    normalize : bool
        Show fractions of each true class instead of counts.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        Arguments that scikit-learn refuses, such as unequal lengths.
    """
    from sklearn.metrics import confusion_matrix
    from sklearn.utils.multiclass import unique_labels

    from .arrangement import Columns, Rows

    shown = list(unique_labels(y_true, y_pred) if labels is None else labels)
    matrix = confusion_matrix(y_true, y_pred, labels=shown, normalize="true" if normalize else None)
    side = min(3.2 + 0.45 * len(shown), 12)
    ax = axes_for(ax, side + 0.6, side, grid=None)
    ticks = range(len(shown))
    picture = ax.imshow(matrix, cmap="Blues", vmin=0)
    ax.set_xticks(ticks, map(str, shown))
    ax.set_yticks(ticks, map(str, shown))
    plain([*ax.get_xticklabels(), *ax.get_yticklabels()])
    numbers: list[Any] = []
    if len(shown) > MOST_NUMBERS:
        ax.figure.colorbar(picture, ax=ax)
    else:
        for (row, column), value in np.ndenumerate(matrix):
            pale = value > 0.5 * matrix.max()
            text = f"{value:.2f}" if normalize else f"{value:d}"
            looks: Any = {"ha": "center", "va": "center", "color": "white" if pale else "#08306b"}
            numbers.append(ax.text(column, row, text, **looks))
    Rows(ax, [*ax.get_yticklabels(), *numbers], 9)
    Columns(ax, ax.get_xticklabels(), numbers)
    note = "fractions of each true class" if normalize else "numbers of sequences"
    describe(ax, note=note, x="predicted class", y="true class")
    return ax
