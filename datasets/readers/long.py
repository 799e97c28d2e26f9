"""A data set from a table with a row for each step of each sequence."""

import os
from pathlib import Path

import numpy as np

from ..dataset import Dataset
from .fields import Row, as_finite, listed, read_labels, read_rows
from .padding import padded


def load_long(
    path: str | os.PathLike[str], sequence: str = "id", time: str = "time", label: str = "label"
) -> Dataset:
    """Read a data set from a file with a step of a sequence on each line, in any order.

    Parameters
    ----------
    path : str or path
        A text file as for :func:`load_csv`, whose first line names the columns.
    sequence : str, default "id"
        The column that says which sequence a step belongs to: numbers or names.
    time : str, default "time"
        The column of numbers that orders the steps of a sequence.
    label : str, default "label"
        The column of the class, the same in all the steps of a sequence.

    Returns
    -------
    Dataset
        X of shape (B, T, I), where the I inputs are the other columns in their order, with
        zeros after the own `lengths` of sequences that are shorter than others. Sequences
        come in the order in which they first appear.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not such a table; the message names the column and line at fault.

    Notes
    -----
    Times order the steps and are not told to the network: keep them as a further column if
    the steps are not evenly spaced.
    """
    path = Path(path)
    file = repr(str(path))
    (_, names), *rows = read_rows(path, file)
    at = {}
    for column in (sequence, time, label):
        if names.count(column) != 1:
            fault = "is there more than once" if column in names else "is not there"
            raise ValueError(
                f"column {column!r} of {file} {fault}, expected it among the names of the first "
                f"line: {listed(names)}"
            )
        at[column] = names.index(column)
    if len(at) < 3:
        raise ValueError(
            f"the columns of sequence, time and label of {file} are {sequence!r}, {time!r} and "
            f"{label!r}, expected three different ones"
        )
    inputs = [i for i in range(len(names)) if i not in at.values()]
    if not inputs:
        raise ValueError(f"{file} has the columns {listed(names)}, expected inputs beside them")
    if not rows:
        raise ValueError(f"{file} holds a header and nothing else, expected rows after it")
    steps: dict[str, dict[float, list[float]]] = {}
    labels: dict[str, Row] = {}
    for line, fields in rows:
        where = f"row {line} of {file}"
        name = fields[at[sequence]]
        if not name:
            raise ValueError(f"{where} has nothing in column {sequence!r}, expected a sequence")
        when = as_finite(fields[at[time]], f"column {time!r} in {where}")
        first, (told,) = labels.setdefault(name, (line, [fields[at[label]]]))
        if told != fields[at[label]]:
            raise ValueError(
                f"{where} has the label {fields[at[label]]!r}, expected {told!r} as sequence "
                f"{name!r} has in row {first}"
            )
        series = steps.setdefault(name, {})
        if when in series:
            raise ValueError(
                f"{where} has the time {fields[at[time]]} of sequence {name!r} again, expected "
                "each time once"
            )
        series[when] = [as_finite(fields[i], f"column {names[i]!r} in {where}") for i in inputs]
    classes, y = read_labels(list(labels.values()), 0, f"label column {label!r} of {file}")
    X, lengths = padded(
        [np.array([series[t] for t in sorted(series)]) for series in steps.values()]
    )
    return Dataset(
        name=path.stem,
        X=X,
        y=y,
        classes=classes,
        description=f"The sequences of {path.name}, with the classes in {label!r}.",
        source=path.name,
        licence="unknown (your file)",
        lengths=lengths,
    )
