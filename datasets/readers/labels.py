"""Classes from labels as they are written in files, and data sets of labeled sequences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from ..padding import padded
from ..validation import Floats, Integers
from .text import MISSING, as_number


def class_indices(
    labels: Sequence[str], rows: Sequence[int], column: str
) -> tuple[tuple[str, ...], Integers]:
    """Return the names of the classes and the class index of each label (B,).

    Classes that are all numbers are in the order of their values, others in that of
    `numpy.unique`. An error calls the labels `column` and says in which of the file's `rows` one
    is missing, or that the labels are not two or more classes.
    """
    numbers = [as_number(label) for label in labels]
    numeric = None not in numbers
    for label, number, row in zip(labels, numbers, rows, strict=True):
        if label.casefold() in MISSING:
            raise ValueError(f"{column} has no value in row {row}, expected a class.")
        if numeric and not number.is_integer():  # type: ignore[union-attr]
            raise ValueError(
                f"{column} has {number:g} in row {row} and looks like a regression target, "
                "expected classes: whole numbers or names."
            )
    values: npt.NDArray[Any] = np.array(numbers if numeric else labels)
    found, y = np.unique(values, return_inverse=True)
    classes = tuple(str(int(value)) if numeric else str(value) for value in found)
    if len(classes) < 2:
        raise ValueError(f"{column} holds one class, {classes[0]!r}, expected two or more.")
    if numeric and len(classes) > 20 and 2 * len(classes) > len(labels):
        raise ValueError(
            f"{column} has {len(classes)} different numbers in {len(labels)} rows and looks like a "
            "regression target or a row number, expected classes."
        )
    return classes, y.astype(np.int64)


def labeled_sequences(
    sequences: Sequence[Floats],
    labels: Sequence[str],
    rows: Sequence[int],
    column: str,
    *,
    license: str = "unknown (your file)",
    **fields: Any,
) -> Dataset:
    """Return the data set of sequences (T_i, I) with labels, as for :func:`class_indices`.

    Labels beyond the number of sequences name classes only.
    """
    classes, y = class_indices(labels, rows, column)
    X, steps = padded(sequences)
    lengths = None if (steps == steps[0]).all() else steps
    fields |= {"license": license, "lengths": lengths}
    return Dataset(X=X, y=y[: len(X)], classes=classes, **fields)
