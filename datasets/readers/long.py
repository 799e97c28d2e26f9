"""A data set from a file with a row for each step of each series."""

import os
from pathlib import Path
from typing import Any

from ..dataset import Dataset
from .labels import dataset_of_sequences
from .long_frame import from_long
from .opening import unpacked_name
from .table import read_table


def load_long(
    path: str | os.PathLike[str],
    series: str = "id",
    order: str | None = "time",
    target: str | None = "label",
    *,
    missing: str | None = None,
    encoding: str | None = None,
    **renamed: Any,
) -> Dataset:
    """Read a data set from a table with a step of a series in each row, in any order.

    Parameters
    ----------
    path : str or path
        A file as for :func:`read_table`, whose columns have names.
    series : str, default "id"
        The column of the series to which a step belongs: numbers or names.
    order : str, default "time"
        The column that orders the steps of a series, numbers or times; None where the rows are
        in order.
    target : str, default "label"
        The column of the class, the same in all steps of a series; None where there is none.
    missing : {"interpolate", "drop", "mask"}, optional
        What becomes of missing values, as for :func:`metarnn.datasets.fill_missing`; refused by
        default.
    encoding : str, optional
        Of the file; UTF-8, or what its byte order mark says, by default.
    **renamed
        Former names of parameters, which the error translates.

    Returns
    -------
    Dataset
        X of shape (B, T, I), where the I inputs are the other columns in their order, with
        zeros after the own `lengths` of shorter series. The series are in the order in
        which they first appear; `ids` are their values.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not such a table; the message names the column and row at fault.

    See Also
    --------
    metarnn.datasets.from_long : the same of a frame, with targets of any kind.

    Notes
    -----
    Times order the steps and are no inputs: keep them as a further column if the steps are not
    evenly spaced.
    """
    if renamed:
        raise TypeError(
            f"load_long has no argument {', '.join(renamed)}: sequence, time and label are now "
            "series, order and target."
        )
    path = Path(path)
    file = repr(str(path))
    frame = read_table(path, encoding=encoding)
    found = from_long(frame, series=series, order=order, target=target, missing=missing, table=file)
    first = frame.drop_duplicates([series]).index
    name = unpacked_name(path).stem
    return dataset_of_sequences(
        [x.to_numpy() for x in found.X],
        labels=None if found.y is None else [str(label) for label in found.y],
        rows=first,
        column=f"target column {target!r} of {file}",
        place="series {}".format,
        missing=None,  # nothing is, any more
        ids=tuple(str(name) for name in found.ids),
        name=name,
        description=f"The sequences of {path.name}"
        + (f", with the classes in {target!r}." if target else "."),
        source=path.name,
    )
