"""Scores that follow from counts of predictions by class, for whole populations at once."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metarnn.sequences.labeled import LabeledSequences

from .criterion import Floats
from .score import Predictions, Score


class Counts(NamedTuple):
    """The weight of predictions and labels by class."""

    correct: Floats  # (P, K), of correct predictions
    predicted: Floats  # (P, K), of all; NaN for candidates with scores that are not finite
    true: Floats  # (K,), of the labels


def accuracy(counts: Counts) -> Floats:
    """Return the fraction of correct predictions.

    Parameters
    ----------
    counts : Counts
        Of P candidates.

    Returns
    -------
    (P,) array
        From 0 to 1.
    """
    return np.asarray(counts.correct.sum(axis=1) / counts.true.sum())


def balanced_accuracy(counts: Counts) -> Floats:
    """Return the mean recall of the classes that have a label.

    Parameters
    ----------
    counts : Counts
        Of P candidates.

    Returns
    -------
    (P,) array
        From 0 to 1.
    """
    present = counts.true > 0
    return np.asarray((counts.correct[:, present] / counts.true[present]).mean(axis=1))


def f1_macro(counts: Counts) -> Floats:
    """Return the mean F1 of the classes that are a label or a prediction.

    A class's F1 is twice its correct predictions, divided by the sum of its labels and predictions.

    Parameters
    ----------
    counts : Counts
        Of P candidates.

    Returns
    -------
    (P,) array
        From 0 to 1.
    """
    met = counts.true + counts.predicted
    f1 = 2 * counts.correct / np.where(met == 0, 1.0, met)
    return np.asarray(f1.sum(axis=1) / (met > 0).sum(axis=1))


class ConfusionScore(Score):
    """A score that follows from counts of predictions; perfect predictions score 1.

    It equals scikit-learn's of that name. As for mean losses, neither the order of the sequences
    nor whether one has weight 2 or occurs twice makes a difference, to the bit. `of_counts` maps
    counts to scores (P,).

    Parameters
    ----------
    of_counts : callable
        Maps counts to scores (P,).
    description : str
        The loss in words.
    """

    def __init__(self, of_counts: Callable[[Counts], Floats], description: str) -> None:
        self._of_counts = of_counts
        self.name = of_counts.__name__
        self.title = f"1 - {self.name}"
        self.description = description

    def of(self, predictions: Predictions) -> Floats:
        from .confusion_counts import count_predictions

        P, _, K = predictions.scores.shape
        correct, predicted = np.zeros((P, K)), np.zeros((P, K))
        count_predictions(*predictions, correct, predicted)
        true = np.bincount(predictions.labels, predictions.weights, minlength=K).astype(float)
        with np.errstate(invalid="ignore"):
            scores = self._of_counts(Counts(correct, predicted, true))
        return np.where(np.isnan(predicted).any(axis=1), np.nan, scores)

    def arranged(self, data: LabeledSequences) -> LabeledSequences:
        return data.merged()
