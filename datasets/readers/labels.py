"""Classes from labels as they are written in files, and data sets of sequences with them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from ..missing import fill_missing
from ..padding import padded
from ..validation import Floats, Integers
from .text import MISSING, as_number, is_finite_number


def class_indices(
    labels: Sequence[str], rows: Sequence[int], column: str, *, as_named: bool = False
) -> tuple[tuple[str, ...], Integers]:
    """Return the names of the classes and the class index of each label (B,).

    Classes that are all numbers are in the order of their values, others in that of
    `numpy.unique`. Numbers of one value, such as 1 and 1.0, are one class, unless classes stay
    `as_named`. An error calls the labels `column` and says in which of the file's `rows` one
    is missing, or that the labels are not two or more classes.
    """
    numbers = [as_number(label) for label in labels]
    numeric = None not in numbers
    for label, number, row in zip(labels, numbers, rows, strict=True):
        if label.casefold() in MISSING:
            raise ValueError(f"{column} has no value in row {row}, expected a class.")
        if numeric and not as_named and not number.is_integer():  # type: ignore[union-attr]
            raise ValueError(
                f"{column} has {number:g} in row {row} and looks like a regression target, "
                "expected classes: whole numbers or names."
            )
    if as_named:
        value = dict(zip(labels, numbers if numeric else labels, strict=True))
        classes = tuple(sorted(value, key=lambda name: (value[name], name)))
        y = np.array([classes.index(label) for label in labels])
    else:
        values: npt.NDArray[Any] = np.array(numbers if numeric else labels)
        found, y = np.unique(values, return_inverse=True)
        classes = tuple(str(int(value)) if numeric else str(value) for value in found)
    if len(classes) < 2:
        raise ValueError(f"{column} holds one class, {classes[0]!r}, expected two or more.")
    if numeric and not as_named and len(classes) > 20 and 2 * len(classes) > len(labels):
        raise ValueError(
            f"{column} has {len(classes)} different numbers in {len(labels)} rows and looks like a "
            "regression target or a row number, expected classes."
        )
    return classes, y.astype(np.int64)


def dataset_of_sequences(
    sequences: Sequence[Floats],
    *,
    labels: Sequence[str] | None,
    rows: Sequence[int],
    column: str,
    place: Callable[[int], str],
    missing: str | None,
    numeric: bool = False,
    as_named: bool = False,
    times: Sequence[Floats] | None = None,
    license: str = "unknown (your file)",
    **fields: Any,
) -> Dataset:
    """Return the data set of sequences (T_i, I), in which NaN is a missing value.

    Labels are as for :func:`class_indices`, those beyond the number of sequences name classes
    only; or they are numbers, if `numeric`; without them the data set has no classes. An error
    about the values calls a sequence `place`, by its index.
    """
    sequences = fill_missing(sequences, missing, times=times, name=place)
    fields |= {"y": np.zeros(0, np.int64), "classes": (), "license": license}
    if labels is not None and numeric:
        for label, row in zip(labels, rows, strict=True):
            if not is_finite_number(label):
                raise ValueError(f"{column} has {label!r} in row {row}, expected a finite number.")
        fields["targets"] = np.array(labels, np.float64)
    elif labels is not None:
        classes, y = class_indices(labels, rows, column, as_named=as_named)
        fields |= {"y": y[: len(sequences)], "classes": classes}
    X, steps = padded(sequences)
    return Dataset(X=X, lengths=None if (steps == steps[0]).all() else steps, **fields)
