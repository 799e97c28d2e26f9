"""A table from a file as a pandas frame: values separated by characters, ARFF, or Parquet."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.extras import install
from metarnn.names import did_you_mean, renamed
from metarnn.validation import is_integer

from ..missing import WAY_OUT
from ..validation import Floats
from .arff import read_arff
from .opening import unpacked_name
from .separated import Row, read_rows
from .text import MISSING, is_word, quoted

if TYPE_CHECKING:
    import pandas


@renamed(label="target")
def read_table(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    header: bool | None = None,
    *,
    encoding: str | None = None,
) -> "pandas.DataFrame":
    """Read a table of CSV, TSV, ARFF or Parquet.

    Parameters
    ----------
    path : str or path
        A Parquet file if it ends in ``.parquet``, one of ARFF if in ``.arff``; otherwise a text
        whose fields are separated by commas, semicolons or tabs. A text may be compressed by
        gzip, bzip2, xz, zstandard or zip.
    target : str or int, optional
        A column that may hold words, by its name or index, where the others hold numbers; only
        to find out whether the first line is a header.
    header : bool, optional
        Whether the first line of a text names the columns; by default this is found out.
    encoding : str, optional
        Of a text; UTF-8, or what its byte order mark says, by default.

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
    The separator is the one that cuts the first lines into the most numbers, or else fields, the
    same number in each. A decimal comma is read between semicolons, tabs or quotation marks,
    unless the text has decimal points too. The first line is a header if it holds the name given
    as `target`, or if any field but the target is a word (neither a number nor a mark of a missing
    value), or if its target is a word and all the other targets are numbers. Without a header the
    columns are called "column 0", "column 1" and so on. Empty lines are skipped.

    The text is not split by pandas, which fills short rows up, does not say in which line a field
    is, and takes an open quotation mark for a field of many lines.
    """
    import pandas

    path = Path(path)
    file = repr(str(path))
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path, file)
    if unpacked_name(path).suffix.lower() == ".arff":
        return read_arff(path, encoding)
    rows = read_rows(path, file, encoding)
    first = rows[0][1]
    if header is None:
        header = _is_header(rows, target, file)
    lines, fields = [line for line, _ in rows[header:]], [fields for _, fields in rows[header:]]
    if not lines:
        raise ValueError(f"{file} holds a header and nothing else, expected rows after it.")
    frame = pandas.DataFrame(fields, index=lines, dtype=str)
    frame = pandas.concat([_as_numbers(frame[i]) for i in frame], axis=1)
    names = first if header else [""] * len(first)
    return frame.set_axis([name or f"column {i}" for i, name in enumerate(names)], axis=1)


def column_position(target: str | int, names: Sequence[str], table: str) -> int:
    """Return the position of a column that is given by name or by index, 0 to its number - 1.

    A text that is no name but a whole number is an index, as from a command line.
    """
    n_columns = len(names)
    if isinstance(target, str) and target not in names and target.removeprefix("-").isdecimal():
        target = int(target)
    if isinstance(target, str):
        if names.count(target) == 1:
            return names.index(target)
        near = did_you_mean(target, names)
        fault = "is there more than once" if target in names else f"is not there{near}"
    elif not is_integer(target):
        fault = "is neither a name nor an index"
    elif -n_columns <= target < n_columns:
        return int(target) % n_columns
    else:
        fault = "is out of range"
    raise ValueError(
        f"target column {target!r} of {table} {fault}, expected an index from {-n_columns} to "
        f"{n_columns - 1} or a name: {quoted(names)}."
    )


def column_values(frame: "pandas.DataFrame", table: str, *, gaps: bool = False) -> Floats:
    """Return the columns of a frame as finite numbers (B, F); an error names column and row.

    With `gaps` a missing value is NaN.
    """
    import pandas

    columns = []
    shown: Callable[[object], str]
    for i, name in enumerate(frame):
        column = frame.iloc[:, i]
        if pandas.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind != "c":
            values = column.to_numpy(np.float64, na_value=np.nan)
            absent, shown = np.isnan(values), str
        else:
            column = column.astype(object).where(column.notna(), "").astype(str)
            absent, shown = column.str.casefold().isin(MISSING).to_numpy(), repr
            values = pandas.to_numeric(column.mask(absent), errors="coerce").to_numpy(np.float64)
            if np.isfinite(values).all():  # text by the word of a Parquet file
                values = np.full_like(values, np.nan)
        wrong = np.isinf(values) | (np.isnan(values) & ~(absent & gaps))
        for at in np.flatnonzero(wrong):
            found = shown(column.iloc[at])[:40]
            expected = WAY_OUT if absent[at] else "expected a finite number"
            raise ValueError(
                f"column {name!r} of {table} has {found} in row {frame.index[at]}, {expected}."
            )
        columns.append(values)
    return np.column_stack(columns)


def _read_parquet(path: Path, file: str) -> "pandas.DataFrame":
    import pandas

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {file}, expected a Parquet file.")
    try:
        frame = pandas.read_parquet(path)
    except ImportError:
        raise ImportError(
            f"{file} needs pyarrow to be read, expected it by: {install('parquet')}."
        ) from None
    except Exception:
        # Each library for Parquet has errors of its own.
        raise ValueError(f"{file} cannot be read, expected a Parquet file.") from None
    return frame.reset_index(drop=True).rename(columns=str)


def _is_header(rows: list[Row], target: str | int | None, file: str) -> bool:
    """Whether the first row names the columns."""
    first = rows[0][1]
    at = None if target is None else column_position(target, first, file)
    if target in first or any(is_word(field) for i, field in enumerate(first) if i != at):
        return True
    if at is None:
        return False
    # Columns that are numbered rather than named, as in 0,1,2,class.
    targets = [fields[at] for _, fields in rows[1:]]
    return is_word(first[at]) and bool(targets) and not any(map(is_word, targets))


def _as_numbers(column: "pandas.Series[str]") -> "pandas.Series[Any]":
    """Return a column of strings as numbers if all are finite."""
    import pandas

    numbers = pandas.to_numeric(column, errors="coerce")
    return numbers if np.isfinite(numbers.to_numpy(np.float64)).all() else column
