"""Estimators that are fitted in some milliseconds."""

from typing import Any

from metarnn import RNNClassifier


def small_model(kind: Any = RNNClassifier, **settings: Any) -> Any:
    """Return an estimator of 3 hidden units with a budget of 60 passes."""
    return kind(**({"hidden": 3, "budget": 60, "random_state": 0} | settings))
