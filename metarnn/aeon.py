"""Estimators for aeon, the library of time series: its axes, tags and checks.

aeon is no dependency; it caps numba, so it is best installed in an environment of its own:
``pip install metarnn aeon``. It has (B, I, T) arrays and lists of (I, T_i) arrays.
"""

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

from metarnn.estimators import RNNClassifier, RNNRegressor

TAGS: dict[str, Any] = {
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:multithreading": False,
    "X_inner_type": ["np-list", "numpy3D"],
    "algorithm_type": "deeplearning",
}


class _Series:
    """What both do: hold the settings of an estimator, and fit one on aeon's axes."""

    _kind: ClassVar[type]

    def _estimator(self) -> Any:
        settings = self.get_params(deep=False)  # type: ignore[attr-defined]
        return self._kind(layout="nct", **settings)

    def _fit(self, X: Any, y: Any) -> Any:
        self.model_ = self._estimator().fit(X, y)
        return self

    def _predict(self, X: Any) -> NDArray[Any]:
        return np.asarray(self.model_.predict(X))

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, Any]:
        return {"hidden": 3, "budget": 60}


class RNNTimeSeriesClassifier(_Series, BaseClassifier):
    """A recurrent network that classifies time series, trained in any of metarnn's ways.

    Parameters
    ----------
    cell, hidden, activation, bidirectional, readout, optimizer, budget, loss, alpha, \
class_weight, scale, early_stopping, n_best, random_state, dtype, n_threads
        See :class:`metarnn.RNNClassifier`.

    Attributes
    ----------
    model_ : RNNClassifier
        What was fitted.

    Examples
    --------
    >>> from aeon.datasets import load_unit_test  # doctest: +SKIP
    >>> from metarnn.aeon import RNNTimeSeriesClassifier
    >>> X, y = load_unit_test()
    >>> RNNTimeSeriesClassifier(random_state=0).fit(X, y).score(X, y)
    """

    _tags: ClassVar[dict[str, Any]] = TAGS
    _kind = RNNClassifier

    def __init__(
        self,
        cell: str = "elman",
        hidden: Any = 16,
        activation: str = "tanh",
        bidirectional: bool = False,
        readout: str = "last",
        optimizer: Any = "adam",
        budget: float = 3000,
        loss: Any = "cross_entropy",
        alpha: float = 0.0,
        class_weight: Any = None,
        scale: bool = True,
        early_stopping: bool = False,
        n_best: int = 1,
        random_state: Any = None,
        dtype: str = "float32",
        n_threads: int | None = None,
    ) -> None:
        self.cell = cell
        self.hidden = hidden
        self.activation = activation
        self.bidirectional = bidirectional
        self.readout = readout
        self.optimizer = optimizer
        self.budget = budget
        self.loss = loss
        self.alpha = alpha
        self.class_weight = class_weight
        self.scale = scale
        self.early_stopping = early_stopping
        self.n_best = n_best
        self.random_state = random_state
        self.dtype = dtype
        self.n_threads = n_threads
        super().__init__()

    def _predict_proba(self, X: Any) -> NDArray[np.float64]:
        return np.asarray(self.model_.predict_proba(X))


class RNNTimeSeriesRegressor(_Series, BaseRegressor):
    """A recurrent network that answers time series with numbers.

    Parameters
    ----------
    cell, hidden, activation, bidirectional, readout, optimizer, budget, alpha, scale, \
early_stopping, n_best, random_state, dtype, n_threads
        See :class:`metarnn.RNNRegressor`.

    Attributes
    ----------
    model_ : RNNRegressor
        What was fitted.
    """

    _tags: ClassVar[dict[str, Any]] = TAGS
    _kind = RNNRegressor

    def __init__(
        self,
        cell: str = "elman",
        hidden: Any = 16,
        activation: str = "tanh",
        bidirectional: bool = False,
        readout: str = "last",
        optimizer: Any = "adam",
        budget: float = 3000,
        alpha: float = 0.0,
        scale: bool = True,
        early_stopping: bool = False,
        n_best: int = 1,
        random_state: Any = None,
        dtype: str = "float32",
        n_threads: int | None = None,
    ) -> None:
        self.cell = cell
        self.hidden = hidden
        self.activation = activation
        self.bidirectional = bidirectional
        self.readout = readout
        self.optimizer = optimizer
        self.budget = budget
        self.alpha = alpha
        self.scale = scale
        self.early_stopping = early_stopping
        self.n_best = n_best
        self.random_state = random_state
        self.dtype = dtype
        self.n_threads = n_threads
        super().__init__()
