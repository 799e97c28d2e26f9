"""A data set from a table with features and a label in each row."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.names import renamed

from ..dataset import Dataset
from ..missing import MASK, check_missing, fill_missing
from ..validation import Flags, check_timesteps
from .labels import class_indices
from .opening import unpacked_name
from .repeated import warn_of_steps
from .table import column_position, column_values, read_table
from .text import quoted

if TYPE_CHECKING:
    import pandas


@renamed(label="target")
def load_table(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    timesteps: int | str | None = None,
    *,
    missing: str | None = None,
    encoding: str | None = None,
    needs_target: bool = False,
) -> Dataset:
    """Read a data set from a table with a row of numbers and a class in each row.

    Parameters
    ----------
    path : str or path
        A file of comma, semicolon or tab separated values, ARFF, or Parquet, as for
        :func:`read_table`.
    target : str or int, optional
        The column of the classes, by name or by index (0 the first, -1 the last). All others are
        features. It may be left out of ARFF whose last column declares classes. Left out of other
        tables, it is the last column, with a warning.
    timesteps : int or "features", optional
        Cut the F features of a row into this many steps, in the order of the columns;
        it must divide F. "features" makes each feature a step.
    missing : {"interpolate", "drop", "mask"}, optional
        What becomes of missing values; refused by default. "drop" leaves out the rows that have
        some. A row has no time, so that "interpolate" needs `timesteps`, and with "mask" 0
        stands for a missing value, unless an earlier step of the row has one; a further
        feature for each says where it is missing (:func:`metarnn.datasets.fill_missing`).
    encoding : str, optional
        Of a text; UTF-8, or what its byte order mark says, by default.
    needs_target : bool
        Refuse to take the last column, as the command line and studies do.

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

    Warns
    -----
    FutureWarning
        `target` is left out.

    Notes
    -----
    An empty field, "?", "NA", "N/A", "NaN" and "null", in any case, mark a missing value. Truth
    values of Parquet count as 0 and 1; a stored index is left out. A warning says where rows look
    like the steps of longer series, which :func:`load_long` reads.
    """
    path = Path(path)
    return dataset_from_frame(
        read_table(path, -1 if target is None else target, encoding=encoding),
        target,
        repr(str(path)),
        timesteps=timesteps,
        missing=missing,
        needs_target=needs_target,
        name=unpacked_name(path).stem,
        source=path.name,
        license="unknown (your file)",
    )


#: The name under which a reader of text tables is looked for.
load_csv = load_table


def dataset_from_frame(
    frame: "pandas.DataFrame",
    target: str | int | None,
    table: str,
    *,
    timesteps: int | str | None,
    missing: str | None = None,
    needs_target: bool = False,
    name: str,
    source: str,
    license: str,
) -> Dataset:
    """Return the data set of a table of numbers with a column of classes.

    `target`, `timesteps`, `missing` and `needs_target` are as for :func:`load_table`, and an error
    calls the frame `table`.
    """
    import pandas

    n_rows, n_columns = frame.shape
    if n_rows == 0 or n_columns < 2:
        raise ValueError(
            f"{table} has {n_rows} rows of {n_columns} columns, expected rows of features and a "
            "label (in a text separated by commas, semicolons or tabs)."
        )
    names = [str(name) for name in frame.columns]
    if target is None and "class" not in frame.attrs:
        if needs_target:
            raise ValueError(
                f"target must name the column of {table} to predict, expected one of "
                f"{quoted(names)}, or an index (-1 is the last)."
            )
        warnings.warn(
            f"target is left out, and the last column of {table}, {names[-1]!r}, is taken: give "
            f"target={names[-1]!r}.",
            FutureWarning,
            stacklevel=4,
        )
    at = column_position(-1 if target is None else target, names, table)
    labels = ["" if pandas.isna(x) else str(x) for x in frame.iloc[:, at].tolist()]
    warn_of_steps(frame, names[at], table)
    classes, y = class_indices(labels, list(frame.index), f"target column {names[at]!r} of {table}")
    features = frame.iloc[:, [i for i in range(n_columns) if i != at]]
    X, kept = complete_rows(features, table, missing, timesteps)
    X = X.to_numpy()
    n_steps = X.shape[1] if timesteps == "features" else timesteps
    unnamed = names[0] == "column 0" and names != [f"column {i}" for i in range(n_columns)]
    if unnamed and at != 0 and np.array_equal(X[:, 0], X[0, 0] + np.arange(len(X))):
        raise ValueError(
            f"the first column of {table} has no name and counts the rows, expected none such: it "
            "would give away the classes of sorted rows (pandas writes none with index=False)."
        )
    return Dataset(
        name=name,
        X=X
        if n_steps is None
        else X.reshape(len(X), check_timesteps(n_steps, X.shape[1], table), -1),
        y=y[kept],
        classes=classes,
        description=f"The numbers of {source}, with the classes in {names[at]!r}.",
        source=source,
        license=license,
    )


def complete_rows(
    features: "pandas.DataFrame", table: str, missing: str | None, timesteps: Any = None
) -> "tuple[pandas.DataFrame, Flags]":
    """Return the features of a table as numbers, none of them missing, and which rows are kept.

    `timesteps` cuts a row into steps, "features" into one each; see :func:`load_table`.
    """
    import pandas

    check_missing(missing)
    values = column_values(features, table, gaps=missing is not None)
    names = list(features.columns)
    kept: Flags = np.ones(len(values), bool)
    if missing == "drop":
        kept = np.asarray(np.isfinite(values).all(axis=1))
        if not kept.any():
            raise ValueError(
                f"{table} has no row without a missing value, expected some to be left, or "
                "missing='mask'."
            )
    elif missing is not None:
        if missing == "interpolate" and timesteps in (None, 1):
            raise ValueError(
                f"a row of {table} is one step, without any around it, expected missing='drop' or "
                "missing='mask', or timesteps that cut a row into steps."
            )
        if missing == "mask" and timesteps == "features":
            raise ValueError(
                f"timesteps is 'features' and missing is 'mask', which adds features to {table}, "
                f"expected timesteps={len(names)}."
            )
        n_steps = len(names) if timesteps == "features" else timesteps or 1
        n_steps = check_timesteps(n_steps, len(names), table)
        steps = values.reshape(len(values), n_steps, -1)
        places = [f"row {row} of {table}" for row in features.index]
        filled = fill_missing(steps, missing, name=places.__getitem__)
        values = np.reshape(filled, (len(values), -1))
        if missing == "mask":
            parts = np.reshape(np.array(names, object), (n_steps, -1)).tolist()
            names = [name for part in parts for name in (*part, *(f"{n}{MASK}" for n in part))]
    return pandas.DataFrame(values[kept], columns=names, index=features.index[kept]), kept
