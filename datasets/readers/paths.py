"""A data set from a path: the reader that its beginning or ending calls for."""

import os
from pathlib import Path

from ..dataset import Dataset
from ..tables.openml import load_openml
from .csv import load_csv
from .folder import load_folder
from .parquet import load_table
from .ts import load_ts

#: What a table of OpenML begins with, before its name or id.
OPENML = "openml:"


def load_path(path: str | os.PathLike[str], label: str | int | None = None) -> Dataset:
    """Read a data set by the reader that a path's ending calls for.

    Parameters
    ----------
    path : str or path
        A file ``.ts`` for :func:`load_ts` or ``.parquet`` for :func:`load_table`; a folder for
        :func:`load_ts` if it holds a pair of its own name, else for :func:`load_folder`; any
        other file for :func:`load_csv`; and ``openml:NAME`` or ``openml:ID`` for
        :func:`load_openml`.
    label : str or int, optional
        The column of the classes of a table; the last one unless given.

    Returns
    -------
    Dataset
        See the reader.

    Raises
    ------
    ConnectionError, FileNotFoundError, ImportError, ValueError
        As the reader does, and if a label column is given where there are no columns.

    Notes
    -----
    A ``.tsv`` file is read as a table, in which the label is the last column unless given;
    those of the UCR archive, which begin with it, are for :func:`load_ts`. Tables in the long
    form are for :func:`load_long`.
    """
    if str(path).startswith(OPENML):
        table = str(path).removeprefix(OPENML)
        named = None if label is None else str(label)
        return load_openml(int(table) if table.isdecimal() else table, label=named)
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".parquet":
        return load_table(path, label=label)
    if kind != ".ts" and not path.is_dir():
        return load_csv(path, label=label)
    if label is not None:
        raise ValueError(
            f"label column {label!r} is given with {str(path)!r}, expected it with a table only"
        )
    pair = path.is_dir() and any(path.glob(f"{path.name}_T*.ts*"))
    return load_ts(path) if pair or kind == ".ts" else load_folder(path)
