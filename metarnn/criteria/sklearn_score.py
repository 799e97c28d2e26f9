"""Any scorer of scikit-learn, which sees each candidate as a fitted classifier."""

import copy
import re
import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from .criterion import Floats
from .score import Predictions, Score

#: Parts of the names of scorers for regression.
REGRESSION_WORDS = "error", "r2", "explained_variance", "deviance"
#: A score whose softmax is 1 where all others are 0.
CERTAIN = 1000.0


class Candidate(ClassifierMixin, BaseEstimator):
    """A candidate as a scorer sees it: a fitted classifier of the indices of labels.

    Its scores are (n, K), and X holds the index of each label (n, 1).
    """

    def __init__(self, scores: Floats, probabilities: Callable[[Floats], Floats]) -> None:
        self.scores = scores
        self.probabilities = probabilities
        self.classes_ = np.arange(scores.shape[1])

    def predict(self, X: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(self._of(X).argmax(axis=1))

    def predict_proba(self, X: NDArray[np.int64]) -> Floats:
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
    data far longer than the pass. Warnings that a score is not defined for some candidate's
    predictions are suppressed.

    Parameters
    ----------
    scorer : str or callable
        A name of ``sklearn.metrics.get_scorer_names()``, or a scorer as
        ``sklearn.metrics.make_scorer`` makes them, which sees a :class:`Candidate`.

    Raises
    ------
    TypeError, ValueError
        A metric that is no scorer, an unknown name, or a scorer for regression.
    """

    description = "a scorer of scikit-learn"

    def __init__(self, scorer: str | Callable[..., Any]) -> None:
        if isinstance(scorer, str):
            if any(part in scorer for part in REGRESSION_WORDS):
                raise ValueError(
                    f"The scorer {scorer!r} is for regression, but scorers are applied to classes; "
                    "the loss for regression is 'squared_error'."
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

    def of(self, predictions: Predictions) -> Floats:
        X = np.arange(len(predictions.labels))[:, None]
        alike = predictions.weights.min() == predictions.weights.max()
        weighted = {} if alike else {"sample_weight": predictions.weights}
        found = np.full(len(predictions.scores), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            for p in np.flatnonzero(np.isfinite(predictions.scores).all(axis=(1, 2))):
                candidate = Candidate(predictions.scores[p].astype(float), self.probabilities)
                found[p] = self._scorer(candidate, X, predictions.labels, **weighted)
        return found

    def with_best(self, labels: NDArray[np.int64], weights: Floats, n_outputs: int) -> Self:
        perfect = np.zeros((1, len(labels), n_outputs))
        perfect[0, np.arange(len(labels)), labels] = CERTAIN
        wrong = np.roll(perfect, 1, axis=2) - perfect
        nearly, one = perfect.copy(), labels.argmin()
        nearly[0, one] = wrong[0, one]
        try:
            best, worst, good = (
                float(self.of(Predictions(scores, labels, weights))[0])
                for scores in (perfect, wrong, nearly)
            )
        except Exception as error:
            reason = re.split(r"\.\s|\n", str(error))[0].rstrip(".") or type(error).__name__
            if "average='binary'" in reason:
                reason = (
                    f"it is for two classes, expected {self.name}_macro or {self.name}_weighted"
                )
            given = "labels" if weights.min() == weights.max() else "labels with their weights"
            raise ValueError(
                f"The loss {self.name!r} cannot score these {given}: {reason}."
            ) from error
        margin = 1e-9 * max(1.0, abs(best))
        # NaN is a score that is not defined for those predictions.
        if not np.isfinite(best) or worst > best - margin or good > best + margin:
            raise ValueError(
                f"The loss {self.name!r} must be a score that is finite and highest for perfect "
                f"predictions of these labels, but these score {best:g}, wrong ones {worst:g} and "
                f"perfect ones but for one {good:g}."
            )
        calibrated = copy.copy(self)
        calibrated.best = float(best)
        return calibrated
