"""A data set from a table with a row for each step of each sequence."""

import os
from pathlib import Path

import numpy as np

from ..dataset import Dataset
from .labels import labeled_sequences
from .table import finite_values, read_table
from .text import quoted


def load_long(
    path: str | os.PathLike[str], sequence: str = "id", time: str = "time", label: str = "label"
) -> Dataset:
    """Read a data set from a table with a step of a sequence in each row, in any order.

    Parameters
    ----------
    path : str or path
        A file as for :func:`read_table`, whose columns have names.
    sequence : str, default "id"
        The column of the sequence to which a step belongs: numbers or names.
    time : str, default "time"
        The column of numbers that orders the steps of a sequence.
    label : str, default "label"
        The column of the class, the same in all steps of a sequence.

    Returns
    -------
    Dataset
        X of shape (B, T, I), where the I inputs are the other columns in their order, with
        zeros after the own `lengths` of shorter sequences. The sequences are in the order in
        which they first appear.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not such a table; the message names the column and row at fault.

    Notes
    -----
    Times order the steps and are no inputs: keep them as a further column if the steps are not
    evenly spaced.
    """
    import pandas

    path = Path(path)
    file = repr(str(path))
    frame = read_table(path)
    names = list(frame.columns)
    for column in (sequence, time, label):
        if names.count(column) != 1:
            fault = "is there more than once" if column in names else "is not there"
            raise ValueError(
                f"column {column!r} of {file} {fault}, expected it among the names of the first "
                f"line: {quoted(names)}."
            )
    if len({sequence, time, label}) < 3:
        raise ValueError(
            f"the columns of sequence, time and label of {file} are {sequence!r}, {time!r} and "
            f"{label!r}, expected three different ones."
        )
    inputs = [name not in (sequence, time, label) for name in names]
    if not any(inputs):
        raise ValueError(f"{file} has the columns {quoted(names)}, expected inputs beside them.")
    times = finite_values(frame[[time]], file)[:, 0]
    values = finite_values(frame.loc[:, inputs], file)
    owners, labels, rows = frame[sequence].tolist(), frame[label].to_numpy(), frame.index
    codes = pandas.factorize(frame[sequence])[0]  # in the order of first appearance
    for i in np.flatnonzero((codes < 0) | (frame[sequence].astype(str) == "")):
        raise ValueError(
            f"row {rows[i]} of {file} has nothing in column {sequence!r}, expected a sequence."
        )
    first = np.unique(codes, return_index=True)[1]
    for i in np.flatnonzero(labels != labels[first[codes]]):
        j = first[codes[i]]
        raise ValueError(
            f"row {rows[i]} of {file} has the label {labels[i]!r}, expected {labels[j]!r} as "
            f"sequence {owners[i]!r} has in row {rows[j]}."
        )
    for i in np.flatnonzero(frame.duplicated([sequence, time])):
        raise ValueError(
            f"row {rows[i]} of {file} has the time {times[i]:g} of sequence {owners[i]!r} again, "
            "expected each time once."
        )
    order = np.lexsort((times, codes))
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    return labeled_sequences(
        [values[steps] for steps in np.split(order, ends)],
        [str(name) for name in labels[first]],
        rows[first],
        f"label column {label!r} of {file}",
        name=path.stem,
        description=f"The sequences of {path.name}, with the classes in {label!r}.",
        source=path.name,
    )
