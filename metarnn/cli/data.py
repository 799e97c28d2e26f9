"""The data of a command: a data set by name, a table, a folder, a file or a table of OpenML."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

    from metarnn.datasets import Dataset

#: Endings of the tables whose columns a model knows by name.
TABLES = ".csv", ".txt", ".tsv", ".data", ".parquet"


class Data(NamedTuple):
    """Sequences as the estimators read them, their lengths, and the targets or None."""

    X: Any
    lengths: Any = None
    y: Any = None
    #: (B,) bool: the sequences that the source sets apart for testing.
    test: Any = None

    def part(self, rows: Any) -> "Data":
        """Return some of the sequences."""
        import numpy as np

        rows = np.asarray(rows)
        X = self.X.iloc[rows] if hasattr(self.X, "iloc") else self.X[rows]
        lengths = None if self.lengths is None else self.lengths[rows]
        return Data(X, lengths, np.asarray(self.y)[rows])


def dataset_of(word: str, target: str | None = None) -> "Dataset":
    """Return the data set that a word names.

    The word is a name of ``metarnn.datasets.DATASETS``, with options if need be, as in
    ``parity:n_bits=5``; or what ``metarnn.datasets.load_path`` reads. The target is the column of
    the labels of a table, by default the last one.
    """
    from metarnn.datasets import DATASETS, load, load_path
    from metarnn.optimizers.resolve import settings_in

    name, _, options = word.partition(":")
    if name not in DATASETS and (":" in word or Path(word).suffix or Path(word).exists()):
        return load_path(word, label=target)
    if target is not None:
        raise ValueError(
            f"--target is the column of a table, and {name} has labels of its own (a training "
            "loss to reach is --target-loss)."
        )
    return load(name, **settings_in(options))


def read(
    word: str, target: str | None = None, *, columns: Any = None, predicted: bool = False
) -> Data:
    """Read sequences and targets for an estimator.

    The word names a table, whose rows are sequences, or is one for :func:`dataset_of`. Of a table
    the model reads `columns`, by default all but the target. No targets are needed if they are
    to be predicted.
    """
    path = Path(word)
    if path.is_dir() or path.suffix.lower() not in TABLES:
        data = dataset_of(word, target)
        if predicted:
            return Data(data.X, data.lengths)
        if data.y.ndim > 1:
            raise ValueError(
                f"{word} has several labels for each sequence, and the estimators predict one; "
                "'metarnn compare' trains on such data."
            )
        return Data(data.X, data.lengths, [data.classes[code] for code in data.y], data.test)
    frame, y = _table(path, target, columns, predicted)
    return Data(frame, None, y)


def _table(
    path: Path, target: str | None, columns: Any, predicted: bool
) -> "tuple[pd.DataFrame, Any]":
    """Return the features of a table as numbers, and the column of the targets or None."""
    import pandas as pd

    from metarnn.datasets.readers.table import column_position, finite_values, read_table
    from metarnn.datasets.readers.text import MISSING

    # Names may be numbers, as in 0,1,2: those that a model knows say that there is a header.
    header = None if columns is None or "column 0" in columns else True
    table = read_table(path, label=target, header=header)
    names = list(table.columns)
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    if table.columns.has_duplicates:
        name = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"{path} has more than one column {name!r}.")
    y = None
    if target is not None:
        name = names[column_position(target, names, repr(str(path)))]
        y = table.pop(name)
        missing = y.isna() | y.astype(str).str.casefold().isin(MISSING)
        if missing.any():
            row = y.index[missing.argmax()]
            raise ValueError(f"Column {name!r} of {path} has no value in row {row}.")
        y = y.to_numpy()
    elif not predicted:
        raise ValueError(f"--target must name the column of {path} to predict: {listed}.")
    for name in table.columns if columns is None else columns:
        if name not in table:
            raise ValueError(
                f"{path} has no column {name!r}, which the model reads; it has {listed}."
            )
    table = table if columns is None else table[list(columns)]
    if not table.shape[1]:
        raise ValueError(f"{path} has no column but the target.")
    return pd.DataFrame(finite_values(table, repr(str(path))), columns=table.columns), y
