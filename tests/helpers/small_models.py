"""Estimators that are fitted in some milliseconds."""

from typing import Any

from metarnn import RNNClassifier


def small_model(kind: Any = RNNClassifier, **settings: Any) -> Any:
    """Return an estimator with one small Elman network, not scaled, and a budget of 60 passes."""
    small = {"budget": 60, "scale": False, "alpha": 0.0, "n_best": 1, "random_state": 0}
    if settings.get("network") is None:
        small |= {"hidden": 3, "cell": "elman", "bidirectional": False, "readout": "last"}
    return kind(**(small | settings))
