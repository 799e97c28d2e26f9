"""A data set from the user's own Parquet table."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..dataset import Dataset
from .csv import cut, label_position
from .fields import read_labels

if TYPE_CHECKING:
    import pandas


def load_table(
    path: str | os.PathLike[str],
    label: str | int | None = None,
    timesteps: int | None = None,
) -> Dataset:
    """Read a data set from a Parquet file with a row of numbers and a class in each row.

    Parameters
    ----------
    path : str or path
        A Parquet file of columns of numbers and one of classes.
    label, timesteps
        As for :func:`load_csv`.

    Returns
    -------
    Dataset
        X of shape (B, F), or (B, timesteps, F / timesteps). The classes are in the order of
        `numpy.unique`: labels that are all numbers by value, any others as text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If pandas finds no library for Parquet.
    ValueError
        If the file is not such a table; the message names the column at fault.

    Notes
    -----
    Read by pandas, whose stored index, if there is one, is left out. Needs pyarrow: ``pip
    install 'metarnn[parquet]'``. Truth values count as 0 and 1.
    """
    import pandas

    path = Path(path)
    file = repr(str(path))
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {file}, expected a Parquet file")
    try:
        frame = pandas.read_parquet(path)
    except ImportError:
        raise ImportError(
            f"{file} needs pyarrow to be read, expected it by: pip install 'metarnn[parquet]'"
        ) from None
    except Exception:
        # Each library for Parquet has errors of its own.
        raise ValueError(f"{file} cannot be read, expected a Parquet file") from None
    return dataset_of_frame(
        frame, label, file, timesteps=timesteps, name=path.stem, source=path.name,
        licence="unknown (your file)",
    )  # fmt: skip


def dataset_of_frame(
    frame: "pandas.DataFrame",
    label: str | int | None,
    what: str,
    *,
    timesteps: int | None,
    name: str,
    source: str,
    licence: str,
) -> Dataset:
    """Return the data set of a table of numbers with a column of classes.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    label, timesteps
        As for :func:`load_csv`.
    what : str
        The table, as an error names it.
    name, source, licence : str
        As for :class:`Dataset`.

    Raises
    ------
    ValueError
        If the frame is not such a table; the message names the column at fault.
    """
    import pandas

    names = [str(name) for name in frame.columns]
    if frame.shape[0] == 0 or frame.shape[1] < 2:
        raise ValueError(
            f"{what} has {frame.shape[0]} rows of {frame.shape[1]} columns, expected rows of "
            "features and a label"
        )
    at = label_position(label, names, what)
    labels = frame.iloc[:, at]
    found = [(i, ["" if pandas.isna(x) else str(x)]) for i, x in enumerate(labels.tolist())]
    classes, y = read_labels(found, 0, f"label column {names[at]!r} of {what}")
    features = frame.iloc[:, [i for i in range(len(names)) if i != at]]
    for title, column in features.items():
        if not pandas.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind == "c":
            raise ValueError(
                f"column {str(title)!r} of {what} has type {column.dtype}, expected numbers"
            )
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(
                f"column {str(title)!r} of {what} has {values[row]} in row {row}, expected a "
                "finite number"
            )
    X = features.to_numpy(dtype=np.float64)
    return Dataset(
        name=name,
        X=X if timesteps is None else cut(X, timesteps, what),
        y=y,
        classes=classes,
        description=f"The numbers of {source}, with the classes in {names[at]!r}.",
        source=source,
        licence=licence,
    )
