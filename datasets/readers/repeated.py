"""Tables whose rows are not independent: several of them carry the id of one thing."""

import re
import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas


def is_id(name: str) -> bool:
    """Whether a column's name says that its values tell things apart."""
    plain = r"(.*[\W_])?(id|uuid|guid)|series|sequence|subject|case|sample"
    return bool(re.fullmatch(plain, name, re.IGNORECASE) or re.fullmatch(r".*[a-z]I[dD]", name))


def warn_of_steps(frame: "pandas.DataFrame", label: str | None, table: str) -> None:
    """Warn if rows look like the steps of series, which a split would tear apart.

    They do if the name of a column says that it holds ids, and these repeat; or if a column has
    the same value in each of many runs of rows, in each of which another one rises.
    """
    for name in dict.fromkeys(str(column) for column in frame.columns):
        if name == label:
            continue
        column = frame.loc[:, name]
        if column.ndim > 1 or not 1 < column.nunique() < len(frame):
            continue
        order = _order_in_runs(frame, name, label)
        if is_id(name) or order is not None:
            warnings.warn(
                f"Column {name!r} of {table} has the same value in several rows: if a row is one "
                f"step of a series, read the series by --series {name} --order {order or 'COLUMN'} "
                f"(in Python load_long or metarnn.sequences.from_long), so that no series is in "
                "both parts of a split.",
                stacklevel=4,
            )
            return


def _order_in_runs(frame: "pandas.DataFrame", name: str, label: str | None) -> str | None:
    """Return the column that rises in each run of rows with one value, and falls between them."""
    values = frame[name].to_numpy()
    between = values[1:] != values[:-1]
    n_runs = between.sum() + 1
    if n_runs > frame[name].nunique() or 2 * n_runs > len(frame) or n_runs < 3:
        return None
    for other in frame.columns:
        column = frame[other] if other not in (name, label) else None
        if column is None or column.ndim > 1 or column.dtype.kind not in "iuf":
            continue
        rises = np.diff(column.to_numpy()) > 0
        if rises[~between].all() and not rises[between].any():
            return str(other)
    return None
