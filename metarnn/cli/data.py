"""The data of a command: a data set by name, a table, a folder, a file or a table of OpenML."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .words import settings_of

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

    Parameters
    ----------
    word : str
        A name of ``metarnn.datasets.DATASETS``, with options if need be, as in
        ``parity:n_bits=5``; or what ``metarnn.datasets.load_path`` reads.
    target : str, optional
        Column of the labels of a table; by default the last one.

    Raises
    ------
    ConnectionError, OSError, ValueError
        Data that do not exist or cannot be read, and a target where there are no columns.
    """
    from metarnn.datasets import DATASETS, load, load_path

    name, _, options = word.partition(":")
    if name not in DATASETS and (":" in word or Path(word).suffix or Path(word).exists()):
        return load_path(word, label=target)
    if target is not None:
        raise ValueError(
            f"--target is the column of a table, and {name} has labels of its own (a training "
            "loss to reach is --target-loss)."
        )
    return load(name, **settings_of(options))


def read(
    word: str, target: str | None = None, *, columns: Any = None, predicted: bool = False
) -> Data:
    """Read sequences and targets for an estimator.

    Parameters
    ----------
    word : str
        A table, whose rows are sequences; anything else as for :func:`dataset_of`.
    target : str, optional
        Column of the targets.
    columns : list of str, optional
        The columns that a model reads, by name; by default all but the target.
    predicted : bool
        Whether targets are to be predicted, so that none are needed.

    Raises
    ------
    ConnectionError, OSError, ValueError
        No such file or column, columns of words, or cells without a number.
    """
    path = Path(word)
    if path.is_dir() or path.suffix.lower() not in TABLES:
        data = dataset_of(word, target)
        labels = [data.classes[code] for code in data.y] if data.y.ndim == 1 else data.y
        return Data(data.X, data.lengths, labels, data.test)
    frame = _table(path)
    if target is None and not predicted:
        raise ValueError(f"--target must name the column of {path} to predict: {_listed(frame)}.")
    if target is not None and target not in frame:
        raise ValueError(f"{path} has no column {target!r}; it has {_listed(frame)}.")
    y = None if target is None else frame.pop(target)
    if y is not None and y.isna().any():
        raise ValueError(f"Column {target!r} of {path} has no value in row {_row(y.isna())}.")
    if columns is not None:
        missing = [name for name in columns if name not in frame]
        if missing:
            raise ValueError(
                f"{path} has no column {missing[0]!r}, which the model reads; it has "
                f"{_listed(frame)}."
            )
        frame = frame[list(columns)]
    _check_numbers(frame, path)
    return Data(frame, None, None if y is None else y.to_numpy())


def _check_numbers(frame: "pd.DataFrame", path: Path) -> None:
    """Raise an error that names the column, unless every cell is a number."""
    if not frame.shape[1]:
        raise ValueError(f"{path} has no column but the target.")
    for name in frame:
        if frame[name].dtype.kind not in "biuf":
            raise ValueError(
                f"Column {name!r} of {path} must hold numbers, got {frame[name].iloc[0]!r}; "
                "leave it out or replace the words by numbers."
            )
        if frame[name].isna().any():
            row = _row(frame[name].isna())
            raise ValueError(f"Column {name!r} of {path} has no number in row {row}.")


def _table(path: Path) -> Any:
    """Return a table as a frame whose columns are words."""
    import pandas as pd

    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep=_separator(path), skipinitialspace=True)
    except ImportError:
        raise ImportError("Parquet needs pyarrow: pip install 'metarnn[parquet]'.") from None
    except Exception as error:  # each of a dozen libraries has its own
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise ValueError(f"{path} is no table that can be read: {reason}.") from None
    if not len(frame):
        raise ValueError(f"{path} has no rows.")
    frame.columns = frame.columns.map(lambda name: str(name).strip())
    if frame.columns.has_duplicates:
        name = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"{path} has more than one column {name!r}.")
    return frame


def _separator(path: Path) -> str:
    """Return what separates the names in the first line."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    return max(",;\t", key=first.count)


def _row(missing: Any) -> int:
    """Return the number of the first row that is missing, from 1 on, below the header."""
    return int(missing.to_numpy().argmax()) + 1


def _listed(frame: Any) -> str:
    names = list(frame.columns)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
