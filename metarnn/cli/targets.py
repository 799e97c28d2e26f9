"""Targets of a file, as an estimator takes them: numbers, or labels."""

from typing import Any

import numpy as np

#: Numbers are a question to the user if there are more of them than this, and fewer rows of each.
MOST_CLASSES, FEWEST_ROWS = 20, 10


def targets(y: Any, source: Any, *, regression: bool, classification: bool) -> tuple[Any, bool]:
    """Return targets as numbers or labels, and whether they are numbers to be predicted.

    Whoever asks for neither gets labels, unless they look like numbers: fractions, or many
    different numbers with few rows of each. Then the choice is the user's, and an error says so.
    """
    if regression:
        return as_numbers(y, source), True
    y = np.asarray(y)
    if y.dtype.kind in "iuf":
        different = np.unique(y)
        fractions = different[different != np.rint(different)]
        many = len(different) > MOST_CLASSES and len(y) < FEWEST_ROWS * len(different)
        if not classification and (len(fractions) or many):
            such = ", ".join(f"{number:g}" for number in (*fractions, *different)[:2])
            raise ValueError(
                f"The target of {source} holds {len(different)} different numbers in {len(y)} "
                f"rows, such as {such}: --regression predicts numbers, --classification takes "
                "each as a class."
            )
        if len(fractions):
            y = y.astype(str)
    return as_labels(y), False


def as_numbers(y: Any, source: Any) -> Any:
    """Return targets as numbers; an error about words among them names the source."""
    try:
        return np.asarray(y).astype(float)
    except (TypeError, ValueError):
        raise ValueError(
            f"--regression predicts numbers, but the target of {source} holds words."
        ) from None


def as_labels(y: Any) -> Any:
    """Return targets as labels: integers, or words."""
    y = np.asarray(y)
    return y.astype(str) if y.dtype.hasobject else y


def as_classes(y: Any, classes: Any, source: Any) -> Any:
    """Return labels in the type of a model's classes; an error about others names the source."""
    y = as_labels(y)
    if y.dtype.kind != classes.dtype.kind:
        y = y.astype(str)
        y = np.array([{str(c): c for c in classes}.get(label, label) for label in y])
    unknown = set(y.tolist()) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"The target of {source} has the class {sorted(map(str, unknown))[0]!r}, but the "
            f"model knows {', '.join(repr(str(c)) for c in classes)}."
        )
    return y
