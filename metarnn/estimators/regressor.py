"""A scikit-learn regressor of sequences."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if

from metarnn.defaults import ALPHA_OF_NUMBERS
from metarnn.sequences.validation import Floats, MaybeArray

from .recurrent import RecurrentEstimator
from .streaming import has_single_steps
from .target_arrays import determination
from .targets import NumberTargets, Targets


@dataclass(eq=False, repr=False, kw_only=True)
class RNNRegressor(RegressorMixin, RecurrentEstimator):
    """Recurrent network that predicts a number, or several, for each sequence.

    Parameters, methods and attributes are those of :class:`metarnn.RNNClassifier`, except for
    classes and for what follows.

    Parameters
    ----------
    loss : {"squared_error"}
        The mean squared error.

    Attributes
    ----------
    target_mean_, target_scale_ : (K,) arrays
        Weighted mean and standard deviation of the targets. The network is trained on the
        standardized targets, (y - mean) / deviation.
    loss_, loss_curve_, ...
        Of the standardized targets: predicting the mean for all sequences has loss 1, and 1 minus
        the loss without penalty is R^2 on the training sequences.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(100, 5, 2))
    >>> model = RNNRegressor(hidden=4, budget=1000, random_state=0)
    >>> model.fit(X, X[:, -1, 0]).score(X, X[:, -1, 0])  # doctest: +SKIP
    """

    loss: str = "squared_error"
    alpha: float = ALPHA_OF_NUMBERS

    targets_kind: ClassVar[type[Targets]] = NumberTargets

    @available_if(has_single_steps)
    def partial_fit(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> Self:
        """Take one gradient step on some sequences; see :meth:`RNNClassifier.partial_fit`.

        Mean and deviation of the targets are those of all sequences so far, as if they had come
        at once; those of the first call may be of one sequence, whose deviation counts as 1.
        """

        def learn(weights: Floats, last: Any) -> Targets:
            targets = NumberTargets.learn(y, len(weights), weights)
            return targets if last is None else last.merged(targets)

        return self._partial_fit(X, y, sample_weight, lengths, learn)

    @classmethod
    def from_torch(
        cls, module: Any, *, readout: str | None = None, activation: str | None = None
    ) -> Self:
        """Return a fitted regressor that computes what a trained PyTorch module does.

        See :meth:`RNNClassifier.from_torch`. The module's outputs are taken as predictions in the
        unit of the targets.
        """
        from .from_torch import fitted_model, read_torch

        found = read_torch(module, None, readout, activation)
        mean, scale = found.numbers
        K = found.network.n_outputs
        targets = NumberTargets(
            np.zeros(K) if mean is None else mean, np.ones(K) if scale is None else scale, K == 1
        )
        model: Self = fitted_model(cls, found, targets)
        return model

    def predict(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return predictions (B,), or (B, K) where y had K columns; with `n_best` the mean."""
        scores = self._scores(X, lengths).mean(axis=0)
        targets: Any = self._fitted_targets()
        return np.asarray(targets.decode(scores))

    def score(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> float:
        """Return the coefficient of determination, R^2."""
        return determination(y, self.predict(X, lengths), sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
