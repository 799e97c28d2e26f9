"""Confusion matrix."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from .style import caption, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_confusion(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ax: "Axes | None" = None,
    *,
    labels: Sequence[object] | None = None,
    normalize: bool = False,
) -> "Axes":
    """Draw a confusion matrix, by scikit-learn's ConfusionMatrixDisplay.

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

    Raises
    ------
    ValueError
        Arguments that scikit-learn refuses, such as unequal lengths.
    """
    from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
    from sklearn.utils.multiclass import unique_labels

    shown = list(unique_labels(y_true, y_pred) if labels is None else labels)
    matrix = confusion_matrix(y_true, y_pred, labels=shown, normalize="true" if normalize else None)
    if ax is None:
        side = min(3.2 + 0.45 * len(shown), 12)
        ax = new_figure(side + 0.6, side).subplots()
    display = ConfusionMatrixDisplay(matrix, display_labels=shown)
    # With many classes numbers are too small to read, and colors replace them.
    many = len(shown) > 15
    display.plot(
        ax=ax,
        cmap="Blues",
        colorbar=many,
        include_values=not many,
        values_format=".2f" if normalize else "d",
        xticks_rotation=45 if max(len(str(label)) for label in shown) > 3 else "horizontal",
    )
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    caption(ax, "fractions of each true class" if normalize else "numbers of sequences")
    return ax
