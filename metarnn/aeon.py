"""Estimators for aeon, the library of time series: with its axes, tags and checks.

aeon is no dependency. It caps numba, so install it in an environment of its own:
``pip install metarnn aeon``. Its collections are arrays (B, I, T) and lists of arrays (I, T_i).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

try:
    from aeon.classification.base import BaseClassifier
    from aeon.regression.base import BaseRegressor
except ImportError:
    raise ImportError(
        "metarnn.aeon needs aeon: pip install aeon (it caps numba, so better in an environment "
        "of its own)."
    ) from None

from metarnn.defaults import ALPHA, ALPHA_OF_NUMBERS, BUDGET, HIDDEN, OPTIMIZER
from metarnn.estimators import RNNClassifier, RNNRegressor

TAGS: dict[str, Any] = {
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:multithreading": False,
    "X_inner_type": ["np-list", "numpy3D"],
    "algorithm_type": "deeplearning",
}


@dataclass(eq=False, repr=False)
class _TimeSeriesEstimator:
    """The parameters of both estimators, and a fit of metarnn's estimator on aeon's axes."""

    cell: str | None = None
    hidden: Any = HIDDEN
    activation: str | None = None
    bidirectional: bool | None = None
    readout: str | None = None
    optimizer: Any = OPTIMIZER
    budget: float = BUDGET
    alpha: float = ALPHA
    scale: bool = True
    early_stopping: bool = False
    n_best: int | None = None
    random_state: Any = None
    dtype: str = "float32"
    n_threads: int | None = None

    _tags: ClassVar[dict[str, Any]] = TAGS
    _estimator: ClassVar[type]

    def __post_init__(self) -> None:
        super().__init__()

    def _fit(self, X: Any, y: Any) -> Any:
        settings = self.get_params(deep=False)  # type: ignore[attr-defined]
        self.model_ = self._estimator(layout="nct", **settings).fit(X, y)
        return self

    def _predict(self, X: Any) -> NDArray[Any]:
        return np.asarray(self.model_.predict(X))

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, Any]:
        return {"hidden": 3, "budget": 60}


@dataclass(eq=False, repr=False)
class RNNTimeSeriesClassifier(_TimeSeriesEstimator, BaseClassifier):
    """Recurrent network that classifies time series, trained by any optimizer of metarnn.

    Parameters
    ----------
    cell, hidden, activation, bidirectional, readout, optimizer, budget, alpha, scale, \
early_stopping, n_best, random_state, dtype, n_threads, loss, class_weight
        See :class:`metarnn.RNNClassifier`.

    Attributes
    ----------
    model_ : RNNClassifier
        The fitted estimator of metarnn.

    Examples
    --------
    >>> from aeon.datasets import load_unit_test  # doctest: +SKIP
    >>> from metarnn.aeon import RNNTimeSeriesClassifier
    >>> X, y = load_unit_test()
    >>> RNNTimeSeriesClassifier(random_state=0).fit(X, y).score(X, y)
    """

    loss: Any = "cross_entropy"
    class_weight: Any = None

    _estimator: ClassVar[type] = RNNClassifier

    def _predict_proba(self, X: Any) -> NDArray[np.float64]:
        return np.asarray(self.model_.predict_proba(X))


@dataclass(eq=False, repr=False)
class RNNTimeSeriesRegressor(_TimeSeriesEstimator, BaseRegressor):
    """Recurrent network that predicts a number for each time series.

    Parameters
    ----------
    cell, hidden, activation, bidirectional, readout, optimizer, budget, alpha, scale, \
early_stopping, n_best, random_state, dtype, n_threads
        See :class:`metarnn.RNNRegressor`.

    Attributes
    ----------
    model_ : RNNRegressor
        The fitted estimator of metarnn.
    """

    alpha: float = ALPHA_OF_NUMBERS

    _estimator: ClassVar[type] = RNNRegressor
