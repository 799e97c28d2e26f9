"""Scores made of counts of answers, for whole populations at once."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metarnn.sequences.labeled import LabeledSequences

from .criterion import Floats
from .score import Answers, Score


class Counts(NamedTuple):
    """The weight of answers by class.

    Attributes
    ----------
    right : (P, K) array
        Of answers that are right.
    answered : (P, K) array
        Of all answers; NaN for candidates with scores that are not finite.
    true : (K,) array
        Of the labels.
    """

    right: Floats
    answered: Floats
    true: Floats


def accuracy(counts: Counts) -> Floats:
    """Return the share of right answers."""
    return np.asarray(counts.right.sum(axis=1) / counts.true.sum())


def balanced_accuracy(counts: Counts) -> Floats:
    """Return the mean over the classes, those without a label left out, of the share of each."""
    present = counts.true > 0
    return np.asarray((counts.right[:, present] / counts.true[present]).mean(axis=1))


def f1_macro(counts: Counts) -> Floats:
    """Return the mean F1 of the classes, those left out that are neither label nor answer.

    A class's F1 is two times its right answers, divided by its labels and its answers together.
    """
    met = counts.true + counts.answered
    f1 = 2 * counts.right / np.where(met == 0, 1.0, met)
    return np.asarray(f1.sum(axis=1) / (met > 0).sum(axis=1))


class ConfusionScore(Score):
    """A score that follows from counts of answers; perfect answers have 1.

    The same as scikit-learn's of that name, and as for mean losses it makes no difference, to
    the bit, in which order the sequences are and whether one has weight 2 or is there twice.

    Parameters
    ----------
    of_counts : callable
        Counts to scores (P,).
    description : str
        One line.
    """

    def __init__(self, of_counts: Callable[[Counts], Floats], description: str) -> None:
        self._of_counts = of_counts
        self.name = of_counts.__name__
        self.title = f"1 - {self.name}"
        self.description = description

    def of(self, answers: Answers) -> Floats:
        """See :meth:`Score.of`."""
        from .answer_counts import count_answers

        P, _, K = answers.scores.shape
        right, answered = np.zeros((P, K)), np.zeros((P, K))
        count_answers(*answers, right, answered)
        true = np.bincount(answers.labels, answers.weights, minlength=K).astype(float)
        with np.errstate(invalid="ignore"):
            scores = self._of_counts(Counts(right, answered, true))
        return np.where(np.isnan(answered).any(axis=1), np.nan, scores)

    def arranged(self, data: LabeledSequences) -> LabeledSequences:
        """Return each different sequence once, in an order that does not depend on the given."""
        return data.merged()
