"""The area under the ROC curve of two classes, for whole populations at once."""

import numpy as np
from numpy.typing import NDArray

from .criterion import Floats
from .score import Predictions
from .sklearn_score import SklearnScore


class AreaUnderRoc(SklearnScore):
    """scikit-learn's "roc_auc", without a call for each candidate.

    It is the probability that a sequence of the second class scores higher than one of the first,
    where equal scores count half: Mann and Whitney's U over the number of pairs.
    """

    def __init__(self) -> None:
        super().__init__("roc_auc")

    def of(self, predictions: Predictions) -> Floats:
        scores, labels, weights = predictions
        if scores.shape[2] != 2 or len(np.unique(labels)) != 2:
            return super().of(predictions)  # which says why there is no such area
        margins = scores[..., 1].astype(float) - scores[..., 0]
        finite = np.isfinite(scores).all(axis=(1, 2))
        return np.where(
            finite, areas(np.where(finite[:, None], margins, 0), labels, weights), np.nan
        )


def areas(margins: Floats, labels: NDArray[np.int64], weights: Floats) -> Floats:
    """Return the areas (P,) of scores (P, n) of the class 1 over the class 0, by their ranks."""
    order = np.argsort(margins, axis=1)
    ranked = np.take_along_axis(margins, order, axis=1)
    ones, zeros = (np.where(labels == label, weights, 0.0)[order] for label in (1, 0))
    upto = np.cumsum(zeros, axis=1)
    # Of equal scores, the first and the last.
    n = ranked.shape[1]
    changes = np.diff(ranked, axis=1) != 0
    places = np.arange(n)
    first = np.zeros(ranked.shape, int)
    first[:, 1:] = np.where(changes, places[1:], 0)
    np.maximum.accumulate(first, axis=1, out=first)
    last = np.full(ranked.shape, n - 1)
    last[:, :-1] = np.where(changes, places[:-1], n - 1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    below = np.take_along_axis(upto - zeros, first, axis=1)
    not_above = np.take_along_axis(upto, last, axis=1)
    pairs = ones.sum(axis=1) * upto[:, -1]
    return np.asarray((ones * (below + not_above) / 2).sum(axis=1) / pairs)
