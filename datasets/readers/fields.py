"""What the readers of text files share: lines and fields, numbers, classes."""

import csv
import io
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

# In a tie the first wins: a comma is the likeliest of the three inside a number or a text.
_SEPARATORS = ("\t", ";", ",")
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})

# Number of the file's line, counted from 1, and its fields.
Row = tuple[int, list[str]]


def read_rows(path: Path, file: str, least: int = 2) -> list[Row]:
    """Read the lines that are not empty, all of the same number of fields, `least` or more."""
    text = read_text(path, file)
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
    if width < least:
        raise ValueError(
            f"{file} has one column, expected features and a label separated by commas, "
            "semicolons or tabs"
        )
    return rows


def read_text(path: Path, file: str, kind: str = "a CSV file") -> str:
    """Read a text in UTF-8; `kind` says in an error what was expected."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {file}, expected {kind}") from None
    except IsADirectoryError:
        raise ValueError(f"{file} is a folder, expected {kind}") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # No text has a zero byte; a binary file that happens to be valid UTF-8 does.
    if "\0" in text:
        raise ValueError(f"{file} is not text in UTF-8, expected {kind} in that encoding")
    return text


def _split(text: str, separator: str) -> Iterator[Row]:
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


def read_labels(
    rows: Sequence[Row], at: int, column: str
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Read the class names and the class index of each row."""
    labels = [fields[at] for _, fields in rows]
    for line, fields in rows:
        if fields[at].casefold() in MISSING:
            raise ValueError(f"{column} has no value in row {line}, expected a class")
    values = [value for value in map(as_number, labels) if value is not None]
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


def as_finite(field: str, row: str) -> float:
    """Read a field as a finite number; `row` says in an error where it is."""
    value = as_number(field)
    if value is None or not math.isfinite(value):
        raise ValueError(f"{row} has {field[:40]!r}, expected a finite number")
    return value


def as_number(field: str) -> float | None:
    """Read a field as a number, infinities and NaN included, or None if it is not one."""
    # To float() 2020_01 is a number; in a file it is a name.
    if "_" in field:
        return None
    try:
        return float(field)
    except ValueError:
        return None


def is_text(field: str) -> bool:
    """Whether a field is neither a number nor the mark of a missing value."""
    return field.casefold() not in MISSING and as_number(field) is None


def listed(names: Sequence[str]) -> str:
    """Return the first dozen of some names, and how many more there are."""
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"
