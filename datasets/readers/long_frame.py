"""Series from a long frame, which has a row for each step."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..missing import MASK, check_missing, fill_missing
from .table import column_values
from .text import MISSING, quoted

if TYPE_CHECKING:
    import pandas


class LongTable(NamedTuple):
    """The series of a long table, from :func:`from_long`.

    Attributes
    ----------
    X : list of B pandas frames (T_i, I)
        The series, in the order in which they first appear, and their inputs by name. The
        estimators and scikit-learn's splits take it as it is.
    y : (B,) array, or None
        The target of each series.
    ids : (B,) array
        The value of each series in the column that tells them apart.
    """

    X: "list[pandas.DataFrame]"
    y: npt.NDArray[Any] | None
    ids: npt.NDArray[Any]

    def __repr__(self) -> str:
        steps = sorted({len(one) for one in self.X}) or [0]
        length = f"{steps[0]}" if len(steps) == 1 else f"{steps[0]} to {steps[-1]}"
        n_inputs = self.X[0].shape[1] if self.X else 0
        target = "no target" if self.y is None else f"targets of {self.y.dtype}"
        return f"<LongTable: {len(self.X)} series of {length} steps, {n_inputs} inputs, {target}>"


def from_long(
    frame: Any,
    *,
    series: str,
    order: str | None = None,
    target: str | None = None,
    missing: str | None = None,
    table: str = "the frame",
) -> LongTable:
    """Read series from a frame that has a step of a series in each row.

    Parameters
    ----------
    frame : pandas.DataFrame, or one of polars, pyarrow and their like
        A row for each step, in any order. All columns but those that are named here are inputs.
    series : str
        The column of the series to which a step belongs: numbers or names.
    order : str, optional
        The column that orders the steps of a series: numbers or times, each once in a series. By
        default the rows are in order.
    target : str, optional
        The column of the label or number to predict, the same in all steps of a series.
    missing : {"interpolate", "drop", "mask"}, optional
        What becomes of missing values, as for :func:`metarnn.datasets.fill_missing`;
        refused by default.
    table : str
        What errors call the frame.

    Returns
    -------
    LongTable
        The series `X`, their targets `y` and `ids`.

    Raises
    ------
    ValueError
        If the frame is not such a table; the message names the column and row at fault.

    Notes
    -----
    Columns of series, order and target are no inputs: keep a copy of the times as a further
    column if the steps are not evenly spaced. Split the series, never the rows: rows of one
    series in both parts let a model recognize the series.

    Examples
    --------
    >>> import pandas
    >>> from metarnn.sequences import from_long
    >>> frame = pandas.DataFrame({"id": [1, 1, 2], "day": [2, 1, 1], "x": [5.0, 4.0, 7.0]})
    >>> [x["x"].tolist() for x in from_long(frame, series="id", order="day").X]
    [[4.0, 5.0], [7.0]]
    """
    import pandas

    check_missing(missing)
    if not isinstance(frame, pandas.DataFrame):
        frame = _as_pandas(frame, table)
    special = [name for name in (series, order, target) if name is not None]
    _check_columns(list(frame.columns), special, table)
    rows = frame.index
    codes = pandas.factorize(frame[series])[0]  # in the order of first appearance
    for i in np.flatnonzero((codes < 0) | (frame[series].astype(str) == "")):
        raise ValueError(
            f"row {rows[i]} of {table} has nothing in column {series!r}, expected a series."
        )
    times = np.arange(len(frame)) if order is None else _times(frame[[order]], table)
    inputs = frame.drop(columns=special)
    values = column_values(inputs, table, gaps=missing is not None)
    first = np.unique(codes, return_index=True)[1]
    owners = frame[series].to_numpy()
    if target is not None:
        labels = frame[target].to_numpy()
        absent = frame[target].isna() | frame[target].astype(str).str.casefold().isin(MISSING)
        for i in np.flatnonzero(absent):
            raise ValueError(
                f"target column {target!r} of {table} has no value in row {rows[i]}, expected a "
                "target."
            )
        for i in np.flatnonzero(labels != labels[first[codes]]):
            j = first[codes[i]]
            raise ValueError(
                f"row {rows[i]} of {table} has the label {labels[i]!r}, expected {labels[j]!r} as "
                f"series {owners[i]!r} has in row {rows[j]}."
            )
    by_time = np.lexsort((times, codes))
    again = (np.diff(codes[by_time]) == 0) & (np.diff(times[by_time]) == 0)
    for i in by_time[1:][again]:
        raise ValueError(
            f"row {rows[i]} of {table} has the time {frame[order].iloc[i]} of series "
            f"{owners[i]!r} again, expected each time once."
        )
    parts = np.split(by_time, np.flatnonzero(np.diff(codes[by_time])) + 1)
    filled = fill_missing(
        [values[steps] for steps in parts],
        missing,
        times=[times[steps] for steps in parts],
        name=lambda b: f"series {owners[first[b]]!r} of {table}",
    )
    names = list(inputs.columns)
    names += [f"{name}{MASK}" for name in names] if missing == "mask" else []
    X = [pandas.DataFrame(one, columns=names) for one in filled]
    return LongTable(X, None if target is None else labels[first], owners[first])


def _as_pandas(frame: Any, table: str) -> "pandas.DataFrame":
    import narwhals
    import pandas

    try:
        columns = narwhals.from_native(frame, eager_only=True)
    except TypeError:
        raise TypeError(f"{table} must be a data frame, got {type(frame).__name__}.") from None
    return pandas.DataFrame({name: columns[name].to_numpy() for name in columns.columns})


def _check_columns(names: list[Any], special: list[str], table: str) -> None:
    """Check the columns with a meaning of their own, and that others are left."""
    for column in special:
        if names.count(column) != 1:
            fault = "is there more than once" if column in names else "is not there"
            raise ValueError(
                f"column {column!r} of {table} {fault}, expected it among the names of the "
                f"columns: {quoted(list(map(str, names)))}."
            )
    if len(set(special)) < len(special):
        raise ValueError(
            f"the columns of series, order and target of {table} are "
            f"{', '.join(map(repr, special))}, expected different ones."
        )
    if len(names) == len(special):
        raise ValueError(
            f"{table} has the columns {quoted(list(map(str, names)))}, expected inputs beside them."
        )


def _times(column: "pandas.DataFrame", table: str) -> npt.NDArray[Any]:
    """Return when the steps are, as numbers."""
    import pandas

    times = column.iloc[:, 0]
    if not pandas.api.types.is_numeric_dtype(times.dtype):
        try:
            times = pandas.to_datetime(times, format="ISO8601")
            return (times - times.min()).dt.total_seconds().to_numpy(np.float64)
        except (TypeError, ValueError):
            pass  # which the check of the numbers says
    return column_values(column, table)[:, 0]
