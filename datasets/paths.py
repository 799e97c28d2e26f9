"""A data set from a path, by the reader that its beginning or ending selects."""

import os
from pathlib import Path

from metarnn.names import renamed

from .dataset import Dataset
from .readers import load_folder, load_long, load_table, load_ts
from .readers.archive import is_series
from .readers.opening import unpacked_name
from .tables import load_openml

#: Prefix of the name or id of a table of OpenML.
OPENML = "openml:"


@renamed(label="target")
def load_path(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    *,
    series: str | None = None,
    order: str | None = None,
    timesteps: int | str | None = None,
    missing: str | None = None,
    encoding: str | None = None,
    labeled: bool = True,
    needs_target: bool = False,
) -> Dataset:
    """Read a data set by the reader that a path's beginning or ending selects.

    Parameters
    ----------
    path : str or path
        A file ``.ts``, or another of the time series archives, for :func:`load_ts`, also as a
        pair; a folder for :func:`load_ts` if it holds a pair of its own name, else for
        :func:`load_folder`; any other file for :func:`load_table`, or with `series` for
        :func:`load_long`; and ``openml:NAME`` or ``openml:ID`` for :func:`load_openml`.
    target : str or int, optional
        The column of the classes of a table, by its name or index (-1 is the last); see
        :func:`load_table`. ARFF and OpenML may say themselves which it is.
    series, order : str, optional
        The columns of a long table that say to which series a row belongs, and when it is.
    timesteps : int or "features", optional
        Of the rows of a table, as for :func:`load_table`; other data have steps of their own.
    missing : {"interpolate", "drop", "mask"}, optional
        What becomes of missing values; refused by default.
    encoding : str, optional
        Of a text; UTF-8, or what its byte order mark says, by default.
    labeled : bool, default True
        Whether to read the labels of series; without them any can be read for predictions.
    needs_target : bool
        Refuse to take the last column of a table, as the command line and studies do.

    Returns
    -------
    Dataset
        As the reader returns it.

    Raises
    ------
    ConnectionError, FileNotFoundError, ImportError, ValueError
        As the reader raises them, and if a column is named where there are no columns.

    Notes
    -----
    A ``.tsv`` file is read as a table, unless it is one of the UCR archive, with the class in the
    first column: one named ``NAME_TRAIN.tsv``, or without a header and with numbers whose last is
    a fraction or padding. A `target` makes it a table.
    """
    if str(path).startswith(OPENML):
        table = str(path).removeprefix(OPENML)
        name = int(table) if table.isdecimal() else table
        return load_openml(name, target=None if target is None else str(target))
    path = Path(path)
    if path.is_char_device() or path.is_block_device():
        raise ValueError(f"{str(path)!r} is a device, expected a file or a folder.")
    columns = {"target": target, "series": series, "order": order}
    named = target is not None or series is not None
    if path.is_dir() or unpacked_name(path).suffix.lower() == ".ts":
        for name, column in columns.items():
            if column is not None:
                raise ValueError(
                    f"{name} column {column!r} is given with {str(path)!r}, expected it with a "
                    "table only."
                )
    elif order is not None and series is None:
        raise ValueError(f"order is {order!r} without series, expected both (--series, --order).")
    if not named and is_series(path, encoding):
        return load_ts(path, missing=missing, encoding=encoding, labeled=labeled)
    if path.is_dir():
        return load_folder(path, missing=missing, encoding=encoding, labeled=labeled)
    if series is not None:
        if isinstance(target, int):
            raise ValueError(f"target column {target} is a number, expected the name of a column.")
        return load_long(path, series, order, target, missing=missing, encoding=encoding)
    return load_table(
        path, target, timesteps, missing=missing, encoding=encoding, needs_target=needs_target
    )
