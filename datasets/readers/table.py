"""A table from a file as a pandas frame: values separated by characters, or Parquet."""

import csv
import io
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..validation import Floats, is_integer
from .text import is_finite_number, is_word, quoted, read_text

if TYPE_CHECKING:
    import pandas

# In a tie the first wins: a comma is the likeliest of the three inside a number or a text.
_SEPARATORS = ("\t", ";", ",")
_EXPECTED = "expected columns separated by commas, semicolons or tabs"

# The number of a line, counted from 1, and its fields.
_Row = tuple[int, list[str]]


def read_table(
    path: str | os.PathLike[str], label: str | int | None = None, header: bool | None = None
) -> "pandas.DataFrame":
    """Read a table of CSV, TSV or Parquet.

    Parameters
    ----------
    path : str or path
        A Parquet file if it ends in ``.parquet``; otherwise a text in UTF-8 whose fields are
        separated by commas, semicolons or tabs.
    label : str or int, optional
        A column that may hold words, by its name or index, where the others hold numbers; only
        to find out whether the first line is a header.
    header : bool, optional
        Whether the first line of a text names the columns; by default this is found out.

    Returns
    -------
    pandas.DataFrame
        Columns of numbers where all fields of a text are finite numbers, of strings otherwise.
        The index holds the number of each row's line, counted from 1; of Parquet, the number
        of the row, counted from 0.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If the file is Parquet and pandas finds no library for it (``pip install
        'metarnn[parquet]'``).
    ValueError
        If the file is not a table; the message names the line at fault.

    Notes
    -----
    The separator is the one that cuts the first lines into the most fields, the same number
    in each. The first line is a header if it holds the name given as `label`, or if any
    field but the label is a word (neither a number nor a mark of a missing value), or if
    its label is a word and all the other labels are numbers. Without a header the
    columns are called "column 0", "column 1" and so on. Empty lines are skipped.

    The text is not split by pandas, which fills short rows up, does not say in which line a field
    is, and takes an open quotation mark for a field of many lines.
    """
    import pandas

    path = Path(path)
    file = repr(str(path))
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path, file)
    rows = _read_rows(path, file)
    first = rows[0][1]
    if header is None:
        header = _is_header(rows, label, file)
    lines, fields = [line for line, _ in rows[header:]], [fields for _, fields in rows[header:]]
    if not lines:
        raise ValueError(f"{file} holds a header and nothing else, expected rows after it.")
    frame = pandas.DataFrame(fields, index=lines, dtype=str)
    frame = pandas.concat([_as_numbers(frame[i]) for i in frame], axis=1)
    names = first if header else [""] * len(first)
    return frame.set_axis([name or f"column {i}" for i, name in enumerate(names)], axis=1)


def column_position(label: str | int, names: Sequence[str], table: str) -> int:
    """Return the position of a column that is given by name or by index, 0 to its number - 1.

    A text that is no name but a whole number is an index, as from a command line.
    """
    n_columns = len(names)
    if isinstance(label, str) and label not in names and label.removeprefix("-").isdecimal():
        label = int(label)
    if isinstance(label, str):
        if names.count(label) == 1:
            return names.index(label)
        fault = "is there more than once" if label in names else "is not there"
    elif not is_integer(label):
        fault = "is neither a name nor an index"
    elif -n_columns <= label < n_columns:
        return int(label) % n_columns
    else:
        fault = "is out of range"
    raise ValueError(
        f"label column {label!r} of {table} {fault}, expected an index from {-n_columns} to "
        f"{n_columns - 1} or a name: {quoted(names)}."
    )


def finite_values(frame: "pandas.DataFrame", table: str) -> Floats:
    """Return the columns of a frame as finite numbers (B, F); an error names column and row."""
    import pandas

    for i, name in enumerate(frame):
        column = frame.iloc[:, i]
        if pandas.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind != "c":
            finite = np.isfinite(column.to_numpy(np.float64, na_value=np.nan))
            if finite.all():
                continue
            at = int(finite.argmin())
            found = str(column.iloc[at])
        else:
            # A column of strings may also hold nothing but numbers, in Parquet.
            fields = [str(field) for field in column]
            at = next((i for i, field in enumerate(fields) if not is_finite_number(field)), 0)
            found = repr(fields[at][:40])
        raise ValueError(
            f"column {name!r} of {table} has {found} in row {frame.index[at]}, expected a finite "
            "number."
        )
    return frame.to_numpy(np.float64)


def _read_parquet(path: Path, file: str) -> "pandas.DataFrame":
    import pandas

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {file}, expected a Parquet file.")
    try:
        frame = pandas.read_parquet(path)
    except ImportError:
        raise ImportError(
            f"{file} needs pyarrow to be read, expected it by: pip install 'metarnn[parquet]'."
        ) from None
    except Exception:
        # Each library for Parquet has errors of its own.
        raise ValueError(f"{file} cannot be read, expected a Parquet file.") from None
    return frame.reset_index(drop=True).rename(columns=str)


def _read_rows(path: Path, file: str) -> list[_Row]:
    """Return the lines that are not empty, all of the same number of fields."""
    text = read_text(path, "a table")
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
    return rows


def _split(text: str, separator: str) -> Iterator[_Row]:
    # strict, since an open quotation mark would otherwise swallow the rows after it.
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
    """Rank a separator by whether the first lines have equally many fields, and how many."""
    try:
        counts = [len(fields) for _, fields in itertools.islice(_split(text, separator), 50)]
    except csv.Error:
        # Quotation marks that do not match: the likeliest separator raises the error.
        return False, text.partition("\n")[0].count(separator) + 1
    if not counts:
        return False, 0
    return counts[0] > 1 and len(set(counts)) == 1, counts[0]


def _is_header(rows: list[_Row], label: str | int | None, file: str) -> bool:
    """Whether the first row names the columns."""
    first = rows[0][1]
    at = None if label is None else column_position(label, first, file)
    if label in first or any(is_word(field) for i, field in enumerate(first) if i != at):
        return True
    if at is None:
        return False
    # Columns that are numbered rather than named, as in 0,1,2,class.
    labels = [fields[at] for _, fields in rows[1:]]
    return is_word(first[at]) and bool(labels) and not any(map(is_word, labels))


def _as_numbers(column: "pandas.Series[str]") -> "pandas.Series[Any]":
    """Return a column of strings as numbers if all are finite."""
    import pandas

    numbers = pandas.to_numeric(column, errors="coerce")
    return numbers if np.isfinite(numbers.to_numpy(np.float64)).all() else column
