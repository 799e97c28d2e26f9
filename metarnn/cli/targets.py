"""Targets of a file, as an estimator takes them: numbers, or labels."""

from collections.abc import Sequence
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


def as_classes(y: Any, classes: Any, source: Any, coded: Sequence[str] = ()) -> Any:
    """Return labels in the type of a model's classes; an error about others names the source.

    A model that was fitted in Python on a data set knows the codes of its classes, 0 to K - 1, by
    the names `coded`. Where its classes are such codes and no names, names become codes.
    """
    y = as_labels(y)
    names = {str(c) for c in classes}
    codes = {name: str(code) for code, name in enumerate(coded)}
    if classes.dtype.kind in "iu" and names <= {*codes.values()} and not names <= {*coded}:
        y = np.array([codes[name] for name in y.tolist()])
    if y.dtype.kind != classes.dtype.kind:
        y = y.astype(str)
        y = np.array([{str(c): c for c in classes}.get(label, label) for label in y])
    unknown = set(y.tolist()) - set(classes.tolist())
    if unknown:
        first = sorted(map(str, unknown))[0]
        are_codes = names == {*map(str, range(len(names)))} and not first.lstrip("-").isdecimal()
        way = ", codes of classes as it seems: fit it on their names" if are_codes else ""
        raise ValueError(
            f"The target of {source} has the class {first!r}, but the "
            f"model knows {', '.join(repr(str(c)) for c in classes)}{way}."
        )
    return y
