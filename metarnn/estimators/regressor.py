"""A scikit-learn regressor of sequences."""

from dataclasses import dataclass
from math import fsum
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_consistent_length

from .recurrent import Examples, Floats, RecurrentEstimator, steps_alone


@dataclass(eq=False, repr=False, kw_only=True)
class RNNRegressor(RegressorMixin, RecurrentEstimator):
    """Recurrent network that answers each sequence with a number, or with several.

    Parameters, methods and attributes are those of :class:`metarnn.RNNClassifier` but for what is
    told here; there are no classes.

    Parameters
    ----------
    loss : {"squared_error"}
        The mean squared error.

    Attributes
    ----------
    target_mean_, target_scale_ : (K,) arrays
        Mean and standard deviation of the targets, weighted: the network learns the
        targets less the mean, divided by the deviation.
    loss_, loss_curve_, ...
        Of targets so scaled: 1 is what the mean as the answer to all has, and 1 less the loss
        without penalty is R^2 on the training sequences.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(100, 5, 2))
    >>> model = RNNRegressor(hidden=4, budget=1000, random_state=0)
    >>> model.fit(X, X[:, -1, 0]).score(X, X[:, -1, 0])  # doctest: +SKIP
    """

    loss: str = "squared_error"

    SAVED = RecurrentEstimator.SAVED | {"target_mean_", "target_scale_", "_single"}

    @available_if(steps_alone)
    def partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
    ) -> Self:
        """Take one gradient step on some sequences; see :meth:`RNNClassifier.partial_fit`.

        Mean and deviation of the targets are those of the first call.
        """

        def learn(n: int, weights: Floats) -> NDArray[Any]:
            return self._learn_answers(y, n, weights)

        return self._partial_fit(X, y, sample_weight, lengths, learn)

    def predict(self, X: Any, lengths: ArrayLike | None = None) -> Floats:
        """Return numbers (B,), or (B, K) where y had K columns; with `n_best` the members' mean."""
        told = self._scores(X, lengths).mean(axis=0) * self.target_scale_ + self.target_mean_
        return told[:, 0] if self._single else told

    def score(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
    ) -> float:
        """Return the coefficient of determination, R^2."""
        return float(r2_score(y, self.predict(X, lengths), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def check_loaded(self) -> None:
        """See :meth:`RecurrentEstimator.check_loaded`."""
        super().check_loaded()
        if not self.target_mean_.shape == self.target_scale_.shape == (self.n_outputs_,):
            raise ValueError("there must be a mean and a deviation for each output")

    def _learn_answers(self, y: ArrayLike, n_sequences: int, weights: Floats) -> Floats:
        """Learn mean and deviation of the targets, and return them scaled."""
        targets, single = self._targets(y, n_sequences)
        if not weights.sum() > 0:
            raise ValueError("sample_weight must not be all zero.")
        # On the way to go on from weights, these mean what they meant.
        if not (self.warm_start and hasattr(self, "weights_")):
            self._single = single
            total = fsum(weights)
            # Sums without rounding: a weight of 2 is as the sequence twice, to the bit.
            mean = np.array([fsum(weights * column) / total for column in targets.T])
            squares = (targets - mean) ** 2
            spread = np.sqrt([fsum(weights * column) / total for column in squares.T])
            constant = spread <= 10 * np.finfo(float).eps * np.abs(mean)
            self.target_mean_, self.target_scale_ = mean, np.where(constant, 1.0, spread)
        return self._shrunk(targets)

    def _known_answers(self, y: ArrayLike, n_sequences: int) -> Floats:
        return self._shrunk(self._targets(y, n_sequences)[0])

    def _targets(self, y: ArrayLike, n_sequences: int) -> tuple[Floats, bool]:
        """Return targets (B, K), and whether they came as one number for each sequence."""
        targets = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        if targets.ndim > 2:
            raise ValueError(
                f"y must have axes (sequences,) or (sequences, outputs), got shape {targets.shape}."
            )
        check_consistent_length(targets, np.empty(n_sequences))
        return targets.reshape(len(targets), -1), targets.ndim == 1

    def _shrunk(self, targets: Floats) -> Floats:
        if targets.shape[1:] != self.target_mean_.shape:
            raise ValueError(
                f"y must have {len(self.target_mean_)} columns as before, got {targets.shape[1]}."
            )
        return np.asarray((targets - self.target_mean_) / self.target_scale_)

    def _n_scores(self) -> int:
        return len(self.target_mean_)

    def _score_of(self, scores: NDArray[np.floating], examples: Examples) -> float:
        return float(r2_score(examples.answers, scores))

    def _checked_optimizer(self) -> Any:
        if self.loss != "squared_error":
            raise ValueError(f"loss must be 'squared_error', got {self.loss!r}.")
        return super()._checked_optimizer()
