"""A data set from the user's own table of comma, semicolon or tab separated values."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from .fields import Row, as_number, is_text, listed, read_labels, read_rows


def load_csv(
    path: str | os.PathLike[str],
    label: str | int | None = None,
    timesteps: int | None = None,
) -> Dataset:
    """Read a data set from a file with a row of numbers and a class on each line.

    Parameters
    ----------
    path : str or path
        A text file in UTF-8 whose fields are separated by commas, semicolons or tabs.
    label : str or int, optional
        The column of the classes, by name or by index (0 the first, -1 the last); the
        last column unless given. Text that is no name but a whole number is an index. All
        the others are features.
    timesteps : int, optional
        Cut the F features of a row into this many steps, in the order of the columns;
        it must divide F.

    Returns
    -------
    Dataset
        X of shape (B, F), or (B, timesteps, F / timesteps). The classes are in the order of
        `numpy.unique`: labels that are all numbers by value, any others as text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not such a table; the message names the column and line at fault.

    Notes
    -----
    The separator is the one that cuts the first lines into the most fields, the same number
    in each. The first line is a header if it holds the name given as `label`, or if any
    field but the label is a text (neither a number nor a mark of a missing value), or if
    its label is a text and all the other labels are numbers. Without a header the
    columns are called "column 0", "column 1" and so on.
    Empty lines are passed over. An empty field, "?", "NA", "N/A", "NaN" and "null", in any
    case, mark a missing value; there must be none.
    """
    path = Path(path)
    file = repr(str(path))
    rows = read_rows(path, file)
    first = rows[0][1]
    if isinstance(label, str) and label not in first and label.removeprefix("-").isdecimal():
        label = int(label)
    at = label_position(label, first, file)
    if isinstance(label, str) or _is_header(rows, at):
        names = [name or f"column {i}" for i, name in enumerate(first)]
        rows = rows[1:]
    else:
        names = [f"column {i}" for i in range(len(first))]
    if not rows:
        raise ValueError(f"{file} holds a header and nothing else, expected rows after it")
    classes, y = read_labels(rows, at, f"label column {names[at]!r} of {file}")
    X = _read_features(rows, at, names, file)
    if first[0] == "" and at != 0 and np.array_equal(X[:, 0], X[0, 0] + np.arange(len(X))):
        raise ValueError(
            f"the first column of {file} has no name and counts the rows, expected none such: it "
            "would tell the classes of sorted rows (pandas writes none with index=False)"
        )
    if timesteps is not None:
        X = cut(X, timesteps, file)
    return Dataset(
        name=path.stem,
        X=X,
        y=y,
        classes=classes,
        description=f"The numbers of {path.name}, with the classes in {names[at]!r}.",
        source=path.name,
        licence="unknown (your file)",
    )


def label_position(label: str | int | None, first: list[str], file: str) -> int:
    """Find the label column among the fields of the first line."""
    width = len(first)
    if label is None:
        return width - 1
    if isinstance(label, str):
        if first.count(label) == 1:
            return first.index(label)
        fault = "is there more than once" if label in first else "is not there"
    elif isinstance(label, bool) or not isinstance(label, int | np.integer):
        fault = "is neither a name nor an index"
    elif -width <= label < width:
        return int(label) % width
    else:
        fault = "is out of range"
    raise ValueError(
        f"label column {label!r} of {file} {fault}, expected an index from {-width} to "
        f"{width - 1} or a name of its first line: {listed(first)}"
    )


def _is_header(rows: Sequence[Row], at: int) -> bool:
    first = rows[0][1]
    if any(is_text(field) for i, field in enumerate(first) if i != at):
        return True
    # Columns that were numbered rather than named, as in 0,1,2,class.
    labels = [fields[at] for _, fields in rows[1:]]
    return is_text(first[at]) and bool(labels) and not any(map(is_text, labels))


def _read_features(
    rows: Sequence[Row], at: int, names: Sequence[str], file: str
) -> npt.NDArray[np.float64]:
    table = []
    for line, fields in rows:
        numbers = []
        for i, field in enumerate(fields):
            if i == at:
                continue
            number = as_number(field)
            if number is None or not math.isfinite(number):
                raise ValueError(
                    f"column {names[i]!r} of {file} has {field[:40]!r} in row {line}, "
                    "expected a finite number"
                )
            numbers.append(number)
        table.append(numbers)
    return np.array(table, dtype=np.float64)


def cut(X: npt.NDArray[np.float64], timesteps: int, file: str) -> npt.NDArray[np.float64]:
    """Cut the features of rows into steps, checked to come out even."""
    rows, features = X.shape
    if (
        isinstance(timesteps, bool)
        or not isinstance(timesteps, int | np.integer)
        or timesteps < 1
        or features % timesteps
    ):
        raise ValueError(
            f"timesteps is {timesteps!r}, expected a whole number that divides the {features} "
            f"features of {file}"
        )
    return X.reshape(rows, timesteps, features // timesteps)
