"""How well a model predicts: scores of a classifier or a regressor, and their lines."""

from typing import Any

import numpy as np
from sklearn import metrics

from .data import Data


def scores(model: Any, data: Data) -> dict[str, Any]:
    """Return the scores of a fitted estimator on data, by name."""
    y, predictions = data.y, model.predict(data.X, lengths=data.lengths)
    if not hasattr(model, "classes_"):
        return {
            "n_sequences": len(y),
            "r2": metrics.r2_score(y, predictions),
            "root_mean_squared_error": metrics.root_mean_squared_error(y, predictions),
            "mean_absolute_error": metrics.mean_absolute_error(y, predictions),
        }
    probabilities = model.predict_proba(data.X, lengths=data.lengths)
    counts = np.bincount(np.searchsorted(model.classes_, y))
    return {
        "n_sequences": len(y),
        "accuracy": float(metrics.accuracy_score(y, predictions)),
        "most_frequent_class": counts.max() / len(y),
        "macro_f1": metrics.f1_score(y, predictions, average="macro", zero_division=0),
        "log_loss": metrics.log_loss(y, probabilities, labels=model.classes_),
        "classes": model.classes_,
        "confusion_matrix": metrics.confusion_matrix(y, predictions, labels=model.classes_),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return scores as lines of at most 80 columns."""
    if "r2" in found:
        return [
            f"  R^2 {found['r2']:.4f}",
            f"  root mean squared error {found['root_mean_squared_error']:.4g}",
            f"  mean absolute error {found['mean_absolute_error']:.4g}",
        ]
    said = [
        f"  accuracy {found['accuracy']:.4f} "
        f"(most frequent class {found['most_frequent_class']:.4f})",
        f"  macro F1 {found['macro_f1']:.4f}",
        f"  log loss {found['log_loss']:.4f}",
    ]
    if len(found["classes"]) <= 12:
        names = [str(name)[:10] for name in found["classes"]]
        width = max(6, *(len(name) + 1 for name in names))
        width = min(width, max(5, 66 // len(names)))
        said.append("  rows: true class, columns: predicted class")
        said.append("  " + " " * 11 + "".join(f"{name[: width - 1]:>{width}}" for name in names))
        for name, row in zip(names, found["confusion_matrix"], strict=True):
            said.append(f"  {name:11}" + "".join(f"{n:{width}}" for n in row))
    return said
