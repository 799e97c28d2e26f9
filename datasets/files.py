"""A data set from the user's own table of comma, semicolon or tab separated values."""

import csv
import io
import itertools
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .dataset import Dataset

# In a tie the first wins: a comma is the likeliest of the three inside a number or a text.
_SEPARATORS = ("\t", ";", ",")
_MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})

# Number of the file's line, counted from 1, and its fields.
_Row = tuple[int, list[str]]


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
    rows = _read_rows(path, file)
    first = rows[0][1]
    if isinstance(label, str) and label not in first and label.removeprefix("-").isdecimal():
        label = int(label)
    at = _label_position(label, first, file)
    if isinstance(label, str) or _is_header(rows, at):
        names = [name or f"column {i}" for i, name in enumerate(first)]
        rows = rows[1:]
    else:
        names = [f"column {i}" for i in range(len(first))]
    if not rows:
        raise ValueError(f"{file} holds a header and nothing else, expected rows after it")
    classes, y = _read_labels(rows, at, f"label column {names[at]!r} of {file}")
    X = _read_features(rows, at, names, file)
    if first[0] == "" and at != 0 and np.array_equal(X[:, 0], X[0, 0] + np.arange(len(X))):
        raise ValueError(
            f"the first column of {file} has no name and counts the rows, expected none such: it "
            "would tell the classes of sorted rows (pandas writes none with index=False)"
        )
    if timesteps is not None:
        X = _cut(X, timesteps, file)
    return Dataset(
        name=path.stem,
        X=X,
        y=y,
        classes=classes,
        description=f"The numbers of {path.name}, with the classes in {names[at]!r}.",
        source=path.name,
        licence="unknown (your file)",
    )


def _read_rows(path: Path, file: str) -> list[_Row]:
    """Read the lines that are not empty, all of the same number of fields, two or more."""
    text = _read_text(path, file)
    separator = max(_SEPARATORS, key=lambda separator: _fit(text, separator))
    try:
        rows = list(_split(text, separator))
    except csv.Error as error:
        raise ValueError(f"{file} cannot be split into fields at {error}") from None
    if not rows:
        raise ValueError(f"{file} is empty, expected a row of numbers and a class on each line")
    width = len(rows[0][1])
    for line, fields in rows:
        if len(fields) != width:
            raise ValueError(
                f"row {line} of {file} has {len(fields)} fields, expected {width} as in the first"
            )
    if width == 1:
        raise ValueError(
            f"{file} has one column, expected features and a label separated by commas, "
            "semicolons or tabs"
        )
    return rows


def _read_text(path: Path, file: str) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {file}, expected a CSV file") from None
    except IsADirectoryError:
        raise ValueError(f"{file} is a folder, expected a CSV file") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # No text has a zero byte; a binary file that happens to be valid UTF-8 does.
    if "\0" in text:
        raise ValueError(f"{file} is not text in UTF-8, expected a CSV file in that encoding")
    return text


def _split(text: str, separator: str) -> Iterator[_Row]:
    # strict, since an open quote would otherwise swallow the rows after it.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for raw in reader:
            fields = [field.strip() for field in raw]
            if fields not in ([], [""]):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(f"row {line}: {error}") from None


def _fit(text: str, separator: str) -> tuple[bool, int]:
    """Rank a separator by whether it cuts the first lines alike and into how many fields."""
    try:
        counts = [len(fields) for _, fields in itertools.islice(_split(text, separator), 50)]
    except csv.Error:
        # Quotation marks that do not match: the reader is to say so, in the likeliest cut.
        return False, text.partition("\n")[0].count(separator) + 1
    if not counts:
        return False, 0
    return counts[0] > 1 and len(set(counts)) == 1, counts[0]


def _label_position(label: str | int | None, first: list[str], file: str) -> int:
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
        f"{width - 1} or a name of its first line: {_listed(first)}"
    )


def _is_header(rows: Sequence[_Row], at: int) -> bool:
    first = rows[0][1]
    if any(_is_text(field) for i, field in enumerate(first) if i != at):
        return True
    # Columns that were numbered rather than named, as in 0,1,2,class.
    labels = [fields[at] for _, fields in rows[1:]]
    return _is_text(first[at]) and bool(labels) and not any(map(_is_text, labels))


def _read_labels(
    rows: Sequence[_Row], at: int, column: str
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Read the class names and the class index of each row."""
    labels = [fields[at] for _, fields in rows]
    for line, fields in rows:
        if fields[at].casefold() in _MISSING:
            raise ValueError(f"{column} has no value in row {line}, expected a class")
    values = [value for value in map(_number, labels) if value is not None]
    numeric = len(values) == len(labels)
    if numeric:
        for value, (line, _) in zip(values, rows, strict=True):
            if not value.is_integer():
                raise ValueError(
                    f"{column} looks like a regression target with {value:g} in row {line}, "
                    "expected classes: whole numbers or names"
                )
    found, y = np.unique(values if numeric else labels, return_inverse=True)
    classes = tuple(str(int(value)) if numeric else str(value) for value in found)
    if len(classes) < 2:
        raise ValueError(f"{column} holds one class, {classes[0]!r}, expected two or more")
    if numeric and len(classes) > 20 and 2 * len(classes) > len(labels):
        raise ValueError(
            f"{column} looks like a regression target or a row number with {len(classes)} "
            f"different numbers in {len(labels)} rows, expected classes"
        )
    return classes, y.astype(np.int64)


def _read_features(
    rows: Sequence[_Row], at: int, names: Sequence[str], file: str
) -> npt.NDArray[np.float64]:
    table = []
    for line, fields in rows:
        numbers = []
        for i, field in enumerate(fields):
            if i == at:
                continue
            number = _number(field)
            if number is None or not math.isfinite(number):
                raise ValueError(
                    f"column {names[i]!r} of {file} has {field[:40]!r} in row {line}, "
                    "expected a finite number"
                )
            numbers.append(number)
        table.append(numbers)
    return np.array(table, dtype=np.float64)


def _cut(X: npt.NDArray[np.float64], timesteps: int, file: str) -> npt.NDArray[np.float64]:
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


def _number(field: str) -> float | None:
    """Read a field as a number, infinities and NaN included, or None if it is not one."""
    # To float() 2020_01 is a number; in a file it is a name.
    if "_" in field:
        return None
    try:
        return float(field)
    except ValueError:
        return None


def _is_text(field: str) -> bool:
    return field.casefold() not in _MISSING and _number(field) is None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"
