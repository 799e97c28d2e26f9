"""Lines of fields between commas, semicolons or tabs: which of them, and the decimal sign."""

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .formulas import unshielded
from .opening import read_text
from .text import is_finite_number

# In a tie the first wins: a comma is the likeliest of the three inside a number or a text.
_SEPARATORS = ("\t", ";", ",")
_EXPECTED = "expected columns separated by commas, semicolons or tabs"

_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
# What may as well be a whole number of thousands.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")

#: The number of a line, counted from 1, and its fields.
Row = tuple[int, list[str]]


def read_rows(path: Path, file: str, encoding: str | None) -> list[Row]:
    """Return the lines that are not empty, all of the same number of fields.

    Numbers have decimal points, also where the file has commas. The ``'`` that keeps a text from
    being a formula is no part of it.
    """
    text = read_text(path, "a table", encoding)
    separator = max(_SEPARATORS, key=lambda separator: _fit(text, separator))
    try:
        rows = list(_split(text, separator))
    except csv.Error as error:
        raise ValueError(f"{file} cannot be split into fields at {error}.") from None
    if not rows:
        raise ValueError(f"{file} is empty, {_EXPECTED}.")
    width = len(rows[0][1])
    for line, fields in rows:
        if len(fields) != width:
            raise ValueError(
                f"row {line} of {file} has {len(fields)} fields, expected {width} as in the first."
            )
    return _with_points(rows, separator)


def _split(text: str, separator: str) -> Iterator[Row]:
    # strict, since an open quotation mark would otherwise swallow the rows after it.
    lines = (line + "\n" for line in text.split("\n"))
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    line = 1
    try:
        for raw in reader:
            fields = [unshielded(field.strip()) for field in raw]
            if fields not in ([], [""]):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(f"row {line}: {error}") from None


class _Fit(NamedTuple):
    """How well a separator cuts the first lines, from what counts most."""

    even: bool
    n_numbers: int
    n_fields: int


def _fit(text: str, separator: str) -> _Fit:
    try:
        rows = [fields for _, fields in itertools.islice(_split(text, separator), 50)]
    except csv.Error:
        # Quotation marks that do not match: the likeliest separator raises the error.
        return _Fit(False, 0, text.partition("\n")[0].count(separator) + 1)
    if not rows:
        return _Fit(False, 0, 0)
    even = len(rows[0]) > 1 and len({len(fields) for fields in rows}) == 1
    fields = list(itertools.chain(*rows)) if even else []
    n_numbers = sum(is_finite_number(f) or bool(_COMMA_NUMBER.fullmatch(f)) for f in fields)
    return _Fit(even, n_numbers, len(rows[0]))


def _with_points(rows: list[Row], separator: str) -> list[Row]:
    """Return rows whose decimal commas, if they have such, are points.

    Between commas a quoted "1,234" may be a thousand: one number that cannot shows that none is.
    """
    fields = [field for _, row in rows for field in row]
    commas = [field for field in fields if "," in field and _COMMA_NUMBER.fullmatch(field)]
    ambiguous = separator == "," and all(map(_THOUSANDS.fullmatch, commas))
    if not commas or ambiguous or any(map(_POINT_NUMBER.fullmatch, fields)):
        return rows
    decimal = frozenset(commas)
    return [(line, [f.replace(",", ".") if f in decimal else f for f in row]) for line, row in rows]
