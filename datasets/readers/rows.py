"""A data set from a table with features and a label in each row."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..dataset import Dataset
from ..validation import check_timesteps
from .labels import class_indices
from .table import column_position, finite_values, read_table

if TYPE_CHECKING:
    import pandas


def load_table(
    path: str | os.PathLike[str], label: str | int | None = None, timesteps: int | None = None
) -> Dataset:
    """Read a data set from a table with a row of numbers and a class in each row.

    Parameters
    ----------
    path : str or path
        A file of comma, semicolon or tab separated values, or Parquet, as for
        :func:`read_table`.
    label : str or int, optional
        The column of the classes, by name or by index (0 the first, -1 the last); by default
        the last one. All others are features.
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
    FileNotFoundError, ImportError, ValueError
        As for :func:`read_table`, and if the file is not such a table; the message names the
        column and row at fault.

    Notes
    -----
    An empty field, "?", "NA", "N/A", "NaN" and "null", in any case, mark a missing value; there
    must be none. Truth values of Parquet count as 0 and 1; a stored index is left out.
    """
    path = Path(path)
    return dataset_from_frame(
        read_table(path, label=-1 if label is None else label),
        label,
        repr(str(path)),
        timesteps=timesteps,
        name=path.stem,
        source=path.name,
        license="unknown (your file)",
    )


#: The name under which a reader of text tables is looked for.
load_csv = load_table


def dataset_from_frame(
    frame: "pandas.DataFrame",
    label: str | int | None,
    table: str,
    *,
    timesteps: int | None,
    name: str,
    source: str,
    license: str,
) -> Dataset:
    """Return the data set of a table of numbers with a column of classes.

    `label` and `timesteps` are as for :func:`load_table`, and an error calls the frame `table`.
    """
    import pandas

    n_rows, n_columns = frame.shape
    if n_rows == 0 or n_columns < 2:
        raise ValueError(
            f"{table} has {n_rows} rows of {n_columns} columns, expected rows of features and a "
            "label (in a text separated by commas, semicolons or tabs)."
        )
    names = [str(name) for name in frame.columns]
    at = column_position(-1 if label is None else label, names, table)
    labels = ["" if pandas.isna(x) else str(x) for x in frame.iloc[:, at].tolist()]
    classes, y = class_indices(labels, list(frame.index), f"label column {names[at]!r} of {table}")
    X = finite_values(frame.iloc[:, [i for i in range(n_columns) if i != at]], table)
    unnamed = names[0] == "column 0" and names != [f"column {i}" for i in range(n_columns)]
    if unnamed and at != 0 and np.array_equal(X[:, 0], X[0, 0] + np.arange(n_rows)):
        raise ValueError(
            f"the first column of {table} has no name and counts the rows, expected none such: it "
            "would give away the classes of sorted rows (pandas writes none with index=False)."
        )
    return Dataset(
        name=name,
        X=X
        if timesteps is None
        else X.reshape(n_rows, check_timesteps(timesteps, n_columns - 1, table), -1),
        y=y,
        classes=classes,
        description=f"The numbers of {source}, with the classes in {names[at]!r}.",
        source=source,
        license=license,
    )
