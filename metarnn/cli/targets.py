"""Targets of a file, as an estimator takes them: numbers, or labels."""

from typing import Any

import numpy as np


def as_numbers(y: Any, source: Any) -> Any:
    """Return targets as numbers; an error about words among them names the source."""
    try:
        return np.asarray(y).astype(float)
    except (TypeError, ValueError):
        raise ValueError(
            f"--regression predicts numbers, but the target of {source} holds words."
        ) from None


def as_labels(y: Any, source: Any) -> Any:
    """Return targets as labels, which fractions are not; an error names the source."""
    y = np.asarray(y)
    if y.dtype.kind == "f" and not np.array_equal(y, np.rint(y)):
        raise ValueError(
            f"The target of {source} holds numbers such as {y[y != np.rint(y)][0]:g}, which are "
            "not labels of classes: --regression predicts numbers."
        )
    return y.astype(str) if y.dtype.hasobject else y


def as_classes(y: Any, classes: Any, source: Any) -> Any:
    """Return labels in the type of a model's classes; an error about others names the source."""
    y = as_labels(y, source)
    if y.dtype.kind != classes.dtype.kind:
        y = y.astype(str)
        y = np.array([{str(c): c for c in classes}.get(label, label) for label in y])
    unknown = set(y.tolist()) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"The target of {source} has the class {sorted(map(str, unknown))[0]!r}, but the "
            f"model knows {', '.join(map(str, classes))}."
        )
    return y
