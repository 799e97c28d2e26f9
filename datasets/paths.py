"""A data set from a path, by the reader that its beginning or ending selects."""

import os
from pathlib import Path

from .dataset import Dataset
from .readers import load_folder, load_table, load_ts
from .tables import load_openml

#: Prefix of the name or id of a table of OpenML.
OPENML = "openml:"


def load_path(path: str | os.PathLike[str], label: str | int | None = None) -> Dataset:
    """Read a data set by the reader that a path's beginning or ending selects.

    Parameters
    ----------
    path : str or path
        A file ``.ts`` for :func:`load_ts`; a folder for :func:`load_ts` if it holds a pair of
        its own name, else for :func:`load_folder`; any other file for :func:`load_table`; and
        ``openml:NAME`` or ``openml:ID`` for :func:`load_openml`.
    label : str or int, optional
        The column of the classes of a table; by default the last one.

    Returns
    -------
    Dataset
        As the reader returns it.

    Raises
    ------
    ConnectionError, FileNotFoundError, ImportError, ValueError
        As the reader raises them, and if a label column is given where there are no columns.

    Notes
    -----
    A ``.tsv`` file is read as a table, with the label in the last column by default; those of
    the UCR archive, with the label in the first, are for :func:`load_ts`. Tables in the long
    form are for :func:`load_long`.
    """
    if str(path).startswith(OPENML):
        table = str(path).removeprefix(OPENML)
        named = None if label is None else str(label)
        return load_openml(int(table) if table.isdecimal() else table, label=named)
    path = Path(path)
    series = path.suffix.lower() == ".ts"
    if not series and not path.is_dir():
        return load_table(path, label=label)
    if label is not None:
        raise ValueError(
            f"label column {label!r} is given with {str(path)!r}, expected it with a table only."
        )
    pair = path.is_dir() and any(path.glob(f"{path.name}_T*.ts*"))
    return load_ts(path) if pair or series else load_folder(path)
