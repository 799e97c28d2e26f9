"""A regressor of sequences without descent: random networks and a ridge."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from metarnn.estimators.target_arrays import determination
from metarnn.estimators.targets import NumberTargets, Targets
from metarnn.sequences.validation import Floats, MaybeArray

from .model import FeatureModel


@dataclass(eq=False, repr=False, kw_only=True)
class RecurrentFeaturesRegressor(RegressorMixin, FeatureModel):
    """Ridge regression of numbers on the pooled states of many random recurrent networks.

    It predicts a number for each sequence, or several, by one solution in closed form: the one
    whose penalty predicts best the targets that it has not seen. Targets are standardized before.
    Networks, parameters and attributes are those of
    :class:`metarnn.RecurrentFeaturesClassifier`, except for classes and for what follows. Not for
    a number at each step, nor for numbers far beyond those of the training sequences.

    Attributes
    ----------
    target_mean_, target_scale_ : (K,) arrays
        Weighted mean and standard deviation of the targets. `coef_` and `intercept_` predict the
        standardized targets, (y - mean) / deviation.
    leave_one_out_score_ : float
        R^2 of the training sequences, each predicted by the others.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import RecurrentFeaturesRegressor
    >>> X = np.random.default_rng(0).normal(size=(100, 20, 1))
    >>> model = RecurrentFeaturesRegressor(n_features=500, random_state=0)
    >>> model.fit(X, X[:, -1, 0]).score(X, X[:, -1, 0])  # doctest: +SKIP
    """

    targets_kind: ClassVar[type[Targets]] = NumberTargets

    def predict(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return predictions (B,), or (B, K) where y had K columns."""
        scores = self._scores(X, lengths)
        targets: Any = self._fitted_targets()
        return np.asarray(targets.decode(scores))

    def score(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> float:
        """Return the coefficient of determination, R^2."""
        return determination(y, self.predict(X, lengths), sample_weight)

    def _columns(self, targets: Targets, encoded: Any) -> Floats:
        return np.asarray(encoded, dtype=float)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
