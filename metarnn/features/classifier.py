"""A classifier of sequences without descent: random networks and a ridge."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin

from metarnn.estimators.examples import Examples
from metarnn.estimators.target_arrays import accuracy
from metarnn.estimators.targets import ClassTargets, Targets
from metarnn.sequences.validation import Floats, MaybeArray

from .model import FeatureModel

#: Penalty of the squares of the logarithm of the factor, and of the offsets, in nats: where all
#: classes are told apart, probabilities would become 0 and 1.
CALIBRATION_PENALTY = 0.1


@dataclass(eq=False, repr=False, kw_only=True)
class RecurrentFeaturesClassifier(ClassifierMixin, FeatureModel):
    """Classifier of sequences by the pooled states of many random recurrent networks.

    A ridge regression of class indicators on the features of :class:`RecurrentFeatures`, with the
    penalty that predicts best what it has not seen: one solution in closed form, no descent.
    Probabilities are the softmax of its scores times a factor plus an offset for each class, which
    fit the predictions of each training sequence by the others.

    Parameters
    ----------
    n_features, hidden, cells, scales, recurrences, time_constants, bidirectional, channels, \
pools, embedding, timesteps, layout, random_state, dtype, n_threads, verbose
        See :class:`RecurrentFeatures`.
    penalties : list of float
        Penalties of the ridge, for each standardized feature, of which leave-one-out chooses.
    class_weight : dict, "balanced" or None
        Weight of each class, by which the weights of its sequences are multiplied.

    Attributes
    ----------
    classes_ : (K,) array
        Class labels.
    coef_, intercept_ : (F, K) and (K,) arrays
        The readout of the features as :class:`RecurrentFeatures` returns them: its softmax are
        the probabilities.
    extractor_ : Extractor
        Computes the features.
    penalty_ : float
        The chosen penalty; `penalty_losses_` has the leave-one-out error of each.
    leave_one_out_score_ : float
        Accuracy on training sequences, each predicted by the others. It has seen the choice of
        the penalty, and the networks all sequences' scaling: slightly optimistic.
    n_networks_ : int
        Number of networks.
    n_passes_ : float
        Passes spent: one for each network.
    n_timesteps_in_, n_channels_in_, n_outputs_ : int
        T, I and K as seen in fit.

    See Also
    --------
    metarnn.RNNClassifier : one network, trained.

    Examples
    --------
    >>> from metarnn import RecurrentFeaturesClassifier
    >>> from metarnn.datasets import load
    >>> train, test = load("tone", seed=0), load("tone", seed=1)
    >>> model = RecurrentFeaturesClassifier(n_features=2000, random_state=0)
    >>> model.fit(train.X, train.y).score(test.X, test.y)  # doctest: +SKIP
    """

    class_weight: dict[Any, float] | str | None = None

    targets_kind: ClassVar[type[Targets]] = ClassTargets
    _alike: ClassVar[float] = 1e-6

    def decision_function(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return logits (B, K) of the classes; of two classes their difference (B,)."""
        scores = self._scores(X, lengths)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return class probabilities (B, K), in the order of `classes_`."""
        scores = self._scores(X, lengths)
        return np.asarray(softmax(scores, axis=1))

    def predict_log_proba(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return the logarithms of :meth:`predict_proba`, (B, K)."""
        return np.asarray(log_softmax(self._scores(X, lengths), axis=1))

    def predict(self, X: Any, lengths: MaybeArray = None) -> NDArray[Any]:
        """Return the class of each sequence, (B,)."""
        scores = self._scores(X, lengths)
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def score(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> float:
        """Return the accuracy."""
        return accuracy(y, self.predict(X, lengths), sample_weight)

    def _columns(self, targets: Targets, encoded: Any) -> Floats:
        return np.where(np.arange(targets.n_outputs) == encoded[:, None], 1.0, -1.0)

    def _calibration(self, predictions: Floats, examples: Examples) -> tuple[float, Floats]:
        weights = examples.weights / examples.weights.mean()
        return calibration(predictions, examples.targets, weights)


def calibration(scores: Floats, labels: NDArray[Any], weights: Floats) -> tuple[float, Floats]:
    """Return the factor and the offsets (K,) of scores (B, K) whose softmax has the best log loss.

    Temperature scaling with a bias (C. Guo et al.: On calibration of modern neural networks. ICML
    2017, section 4.2), with a small penalty. Offsets help where classes have unequal numbers.
    """
    own = np.arange(scores.shape[1]) == labels[:, None]

    def loss(x: Floats) -> tuple[float, Floats]:
        factor = np.exp(x[0])
        logs = log_softmax(scores * factor + x[1:], axis=1)
        by_logits = weights[:, None] * (np.exp(logs) - own)
        by_factor = factor * np.vdot(by_logits, scores)
        gradient = np.concatenate([[by_factor], by_logits.sum(axis=0)])
        value = -float(weights @ logs[own]) + CALIBRATION_PENALTY * float(x @ x)
        return value, gradient + 2 * CALIBRATION_PENALTY * x

    bounds = [(-10.0, 10.0), *[(None, None)] * scores.shape[1]]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(np.exp(found.x[0])), np.asarray(found.x[1:])
