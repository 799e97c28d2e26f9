"""Any scorer of scikit-learn, asked about each candidate as about a fitted classifier."""

import copy
import re
import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer, get_scorer_names

from .criterion import Floats
from .score import Answers, Score

#: Parts of the names of scores of numbers rather than classes.
OF_NUMBERS = "error", "r2", "explained_variance", "deviance"
#: Scores of right and wrong answers that nobody doubts: their softmax is 0 and 1.
SURE = 1000.0


class Candidate(ClassifierMixin, BaseEstimator):
    """What a scorer sees of a candidate: a fitted classifier of the numbers of labels.

    Parameters
    ----------
    scores : (n, K) array
        What it answers to each label; X holds the number of the label (n, 1).
    probabilities : callable
        Scores to probabilities.
    """

    def __init__(self, scores: Floats, probabilities: Callable[[Floats], Floats]) -> None:
        self.scores = scores
        self.probabilities = probabilities
        self.classes_ = np.arange(scores.shape[1])

    def predict(self, X: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the answers, as the classifier would."""
        return np.asarray(self._of(X).argmax(axis=1))

    def predict_proba(self, X: NDArray[np.int64]) -> Floats:
        """Return probabilities (n, K)."""
        return self.probabilities(self._of(X))

    def decision_function(self, X: NDArray[np.int64]) -> Floats:
        """Return scores (n, K); of two classes that of the second less that of the first."""
        scores = self._of(X)
        return scores if scores.shape[1] > 2 else scores[:, 1] - scores[:, 0]

    def _of(self, X: NDArray[np.int64]) -> Floats:
        return self.scores[np.asarray(X)[:, 0]]


class SklearnScore(Score):
    """A scorer of scikit-learn: ``scorer(estimator, X, y, sample_weight=...) -> float``.

    It is called once for each candidate, which takes scikit-learn some milliseconds: for small
    data far longer than the pass. Warnings of scores that are not defined for some
    candidate's answers are held back.

    Parameters
    ----------
    scorer : str or callable
        A name of ``sklearn.metrics.get_scorer_names()``, or a scorer as
        ``sklearn.metrics.make_scorer`` makes them. It sees the classes 0..K-1, and in place of
        the inputs the number of each label, (n, 1).

    Raises
    ------
    TypeError
        A metric, which is no scorer.
    ValueError
        A name that there is not, or one of a score of numbers.
    """

    description = "a scorer of scikit-learn"

    def __init__(self, scorer: str | Callable[..., Any]) -> None:
        if isinstance(scorer, str):
            if any(part in scorer for part in OF_NUMBERS):
                raise ValueError(
                    f"The loss {scorer!r} scores numbers, but scorers are asked about classes; "
                    "the loss of numbers is 'squared_error'."
                )
            self.name, self._scorer = scorer, get_scorer(scorer)
            self.title = scorer[4:] if scorer.startswith("neg_") else f"1 - {scorer}"
        else:
            metric = getattr(scorer, "_score_func", scorer)
            self.name, self._scorer = getattr(metric, "__name__", type(scorer).__name__), scorer
            self.title = f"best - {self.name}"
            if metric is scorer and getattr(scorer, "__module__", "").startswith("sklearn."):
                raise TypeError(
                    f"The loss {self.name} is a metric and no scorer: write "
                    f"make_scorer({self.name})."
                )

    @staticmethod
    def is_name(name: str) -> bool:
        """Whether scikit-learn has a scorer of that name."""
        return name in get_scorer_names()

    def of(self, answers: Answers) -> Floats:
        """See :meth:`Score.of`; NaN for candidates with scores that are not finite."""
        X = np.arange(len(answers.labels))[:, None]
        alike = answers.weights.min() == answers.weights.max()
        weighted = {} if alike else {"sample_weight": answers.weights}
        found = np.full(len(answers.scores), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            for p in np.flatnonzero(np.isfinite(answers.scores).all(axis=(1, 2))):
                candidate = Candidate(answers.scores[p].astype(float), self.probabilities)
                found[p] = self._scorer(candidate, X, answers.labels, **weighted)
        return found

    def settled(self, labels: NDArray[np.int64], weights: Floats, n_classes: int) -> Self:
        """Return the same with the score of perfect answers.

        Raises
        ------
        ValueError
            A scorer that cannot score such labels and weights, or for which perfect answers are
            not the best ones.
        """
        right = np.zeros((1, len(labels), n_classes))
        right[0, np.arange(len(labels)), labels] = SURE
        wrong = np.roll(right, 1, axis=2) - right
        nearly, one = right.copy(), labels.argmin()
        nearly[0, one] = wrong[0, one]
        try:
            best, worst, good = (
                float(self.of(Answers(scores, labels, weights))[0])
                for scores in (right, wrong, nearly)
            )
        except Exception as error:
            (reason, *_) = re.split(r"\.\s|\n", str(error))
            alike = weights.min() == weights.max()
            raise ValueError(
                f"The loss {self.name!r} cannot score these labels"
                f"{'' if alike else ' with their weights'}: "
                f"{reason.rstrip('.') or type(error).__name__}."
            ) from error
        margin = 1e-9 * max(1.0, abs(best))
        # Or NaN, where the score of those answers is not defined.
        if not np.isfinite(best) or worst > best - margin or good > best + margin:
            raise ValueError(
                f"The loss {self.name!r} must be a score that is finite and highest for perfect "
                f"answers to these labels, but these score {best:g}, wrong ones {worst:g} and "
                f"perfect ones but for one {good:g}."
            )
        settled = copy.copy(self)
        settled.best = float(best)
        return settled
