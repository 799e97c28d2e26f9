"""The data of a command: a data set by name, a table, series, a folder, or standard input."""

import argparse
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .standard_input import on_disk

if TYPE_CHECKING:
    import pandas as pd

    from metarnn.datasets import Dataset

#: Endings of the tables whose columns a model knows by name.
TABLES = ".csv", ".txt", ".tsv", ".data", ".arff", ".parquet"

#: The options that say how a file is read.
READING = ("target", "series", "order", "missing", "encoding")


class Data(NamedTuple):
    """Sequences as the estimators read them, their lengths, and the targets or None."""

    X: Any
    lengths: Any = None
    y: Any = None
    #: (B,) bool: the sequences that the source sets apart for testing.
    test: Any = None
    #: What tells the sequences apart, (B,), and what that is: an id, a file, a row.
    ids: Any = ()
    id_name: str = "series"
    #: The names of classes that have codes, 0 to K - 1, in Python: those of a data set by its name.
    coded: tuple[str, ...] = ()
    #: Whether the source says that its targets are numbers, no classes.
    are_numbers: bool = False
    #: The column of a table that the targets are from.
    target: str | None = None

    def part(self, rows: Any) -> "Data":
        """Return some of the sequences."""
        import numpy as np

        rows = np.asarray(rows)
        if isinstance(self.X, list):
            X: Any = [self.X[row] for row in rows]
        else:
            X = self.X.iloc[rows] if hasattr(self.X, "iloc") else self.X[rows]
        lengths = None if self.lengths is None else self.lengths[rows]
        return Data(X, lengths, np.asarray(self.y)[rows])


def dataset_of(options: argparse.Namespace, *, labeled: bool = True) -> "Dataset":
    """Return the data set that the option ``data`` names.

    It is a name of ``metarnn.datasets.DATASETS``, with options if need be, as in
    ``parity:n_bits=5``; or what ``metarnn.datasets.load_path`` reads.
    """
    from metarnn.datasets import DATASETS, load, load_path
    from metarnn.names import unknown
    from metarnn.optimizers.resolve import settings_in

    word = options.data
    given = {name: getattr(options, name, None) for name in READING}
    name, _, settings = word.partition(":")
    if word == "-" or (
        name not in DATASETS and (":" in word or Path(word).suffix or Path(word).exists())
    ):
        steps = getattr(options, "timesteps", 1)
        if given["missing"] is not None and steps != 1:
            # Gaps are filled along the steps, so the reader makes these.
            given["timesteps"], options.timesteps = steps, 1
        with on_disk(word) as path:
            return load_path(path, **given, labeled=labeled, needs_target=True)
    for option, value in given.items():
        if value is not None:
            raise ValueError(
                f"--{option} is for files, and {name} is a data set with all of its own."
            )
    if name not in DATASETS:
        said = unknown("data set", name, DATASETS).removesuffix(".")
        raise ValueError(f"{said}, and there is no file or folder {word}.")
    return load(name, **settings_in(settings))


def read(options: argparse.Namespace, *, model: Any = None, predicted: bool = False) -> Data:
    """Read sequences and targets for an estimator.

    The option ``data`` names a table, whose rows are sequences, or is one for :func:`dataset_of`,
    or is "-" for standard input. Of a table a fitted `model` reads the columns that it knows. No
    targets are needed if they are to be predicted.
    """
    with on_disk(options.data) as word:
        options = argparse.Namespace(**{**vars(options), "data": word})
        known = getattr(model, "feature_names_in_", None)
        if _is_table(Path(word), options, known):
            data = _table(Path(word), options, model, known, predicted)
        else:
            data = _series(options, predicted)
    inputs = data.X.shape[2] if getattr(data.X, "ndim", 0) == 3 else 0
    if options.missing is None and inputs and _n_inputs(model) == 2 * inputs:
        raise ValueError(
            f"{options.data} has {inputs} inputs, and the model reads {2 * inputs}: if it was "
            "trained with --missing mask, give that here too."
        )
    return data


def _n_inputs(model: Any) -> int:
    return 0 if model is None else model._reader.n_inputs


def _is_table(path: Path, options: argparse.Namespace, known: Any) -> bool:
    """Whether a path is that of a table, not of series that only look like one."""
    from metarnn.datasets.readers.archive import is_series
    from metarnn.datasets.readers.opening import unpacked_name

    if path.is_dir() or unpacked_name(path).suffix.lower() not in TABLES:
        return False
    explicit = options.target is not None or options.series is not None or known is not None
    return explicit or not is_series(path, options.encoding)


def _series(options: argparse.Namespace, predicted: bool) -> Data:
    """Return the sequences of a data set."""
    from metarnn.datasets import DATASETS

    word, data = options.data, dataset_of(options, labeled=not predicted)
    names = data.ids or range(1, data.n_sequences + 1)
    found = Data(data.X, data.lengths, None, data.test, names, "file" if data.ids else "series")
    if predicted:
        return found
    if data.y.ndim > 1:
        raise ValueError(
            f"{word} has several labels for each sequence, and the estimators predict one; "
            "'metarnn compare' trains on such data."
        )
    if data.classes:
        named = word.partition(":")[0] in DATASETS
        y = [data.classes[code] for code in data.y]
        return found._replace(y=y, coded=data.classes if named else ())
    if data.targets is None:
        raise ValueError(
            f"{word} has no labels, expected some to learn or to compare with: 'metarnn predict' "
            "takes it as it is."
        )
    return found._replace(y=data.targets, are_numbers=True)


def _table(
    path: Path, options: argparse.Namespace, model: Any, known: Any, predicted: bool
) -> Data:
    """Return the rows of a table, or with ``--series`` the series of a long one."""
    from metarnn.datasets.missing import MASK
    from metarnn.datasets.readers.long_frame import from_long
    from metarnn.datasets.readers.repeated import warn_of_steps
    from metarnn.datasets.readers.rows import complete_rows

    table = _columns(path, options, known)
    if table.columns.has_duplicates:
        name = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"{path} has more than one column {name!r}.")
    given = options.target
    if given is None and not predicted:
        given = _noted_target(path, table, model)
    target = _target(path, table, given, predicted)
    named = {target} if options.target is not None else set()
    if predicted and target is not None:
        if known is None:  # its values are of no interest, and may be missing
            table = table.drop(columns=target)
        elif named & {*known}:
            raise ValueError(f"--target names {target!r}, which the model reads: leave it out.")
        target = None
    if options.order is not None and options.series is None:
        raise ValueError("--order is for the steps of series: --series must name their column.")
    # A model that was trained with a mask reads one, and the names of its inputs say so.
    missing, names = options.missing, list(table.columns if known is None else known)
    if known is not None and any(name.endswith(MASK) for name in names):
        missing, names = "mask", [name for name in names if not name.endswith(MASK)]
    special = [name for name in (options.series, options.order, target) if name is not None]
    inputs = [name for name in names if known is not None or name not in special]
    for name in inputs:
        if name not in table:
            raise ValueError(
                f"{path} has no column {name!r}, which the model reads; it has {_listed(table)}."
            )
    file = repr(str(path))
    if options.series is not None:
        if model is not None and known is None:
            _check_number(path, len(inputs), model, missing, predicted)
        columns = [name for name in special if name in table and name not in inputs]
        found = from_long(
            table[[*columns, *inputs]] if set(special) <= set(table) else table,
            series=options.series,
            order=options.order,
            target=target,
            missing=missing,
            table=file,
        )
        _say_left_out(file, table, {*inputs, *special, *named})
        return Data(found.X, None, found.y, None, found.ids, options.series, target=target)
    if not inputs:
        raise ValueError(f"{path} has no column but the target.")
    if model is not None and not model._reader.is_rows:
        raise ValueError(
            f"{path} is a table, and the model reads series: for a long table, with a row for each "
            "step, give --series COLUMN and --order COLUMN."
        )
    if model is not None and known is None:
        _check_number(path, len(inputs), model, missing, predicted)
    if not predicted:
        warn_of_steps(table, target, file)
    timesteps = options.timesteps if model is None else model.timesteps
    X, kept = complete_rows(table[inputs], file, missing, timesteps)
    id_name, ids = _ids(table, {*inputs, *special})
    _say_left_out(file, table, {*inputs, *special, *named, id_name})
    y = None if target is None else table[target].to_numpy()[kept]
    X = X.reset_index(drop=True)
    # A model that was fitted on arrays knows no names.
    X = X if model is None or known is not None else X.to_numpy()
    return Data(X, None, y, None, ids[kept], id_name, target=target)


def _columns(path: Path, options: argparse.Namespace, known: Any) -> "pd.DataFrame":
    """Return a table, with the names of its columns as a model knows them, if it does."""
    from metarnn.datasets.missing import MASK
    from metarnn.datasets.readers.table import read_table
    from metarnn.datasets.readers.text import is_word

    header = None
    if known is not None:
        # Names may be numbers, as in 0,1,2: those that a model knows say that there is a header.
        header = True
        if "column 0" in known:  # the name of one without a name, where there was no header
            table = read_table(path, header=False, encoding=options.encoding)
            names = [name for name in known if not name.endswith(MASK)]
            if set(names) <= set(table) and not any(map(is_word, map(str, table[names].iloc[0]))):
                return table
    return read_table(path, options.target, header=header, encoding=options.encoding)


def _check_number(path: Path, n: int, model: Any, missing: Any, predicted: bool) -> None:
    """Refuse a table whose inputs are not as many as a model without names reads."""
    expected = getattr(model, "n_features_in_", _n_inputs(model)) // (2 if missing == "mask" else 1)
    if n == expected:
        return
    way = "--target COLUMN leaves one out" if predicted else "leave out what it does not read"
    raise ValueError(
        f"{path} has {n} columns of inputs, but the model reads {expected}, whose names it does "
        f"not know: {way}."
    )


def _say_left_out(file: str, table: "pd.DataFrame", used: set[Any]) -> None:
    """Warn of the columns of a table that are not read, so that nobody believes they were."""
    if left_out := [repr(str(name)) for name in table if name not in used]:
        warnings.warn(
            f"in {file} the model does not read {', '.join(left_out)}: left out.", stacklevel=3
        )


def _target(path: Path, table: "pd.DataFrame", given: str | None, predicted: bool) -> str | None:
    """Return the name of the column of the targets, none of which may be missing.

    One that is `predicted` is not needed, but known if it is `given`, or declared in the file.
    """
    from metarnn.datasets.readers.table import column_position
    from metarnn.datasets.readers.text import MISSING

    if given is None and "class" not in table.attrs:
        if predicted:
            return None
        raise ValueError(f"--target must name the column of {path} to predict: {_listed(table)}.")
    names = list(table.columns)
    at = -1 if given is None else column_position(given, names, repr(str(path)))
    name: str = names[at]
    if predicted:
        return name
    y = table[name]
    missing = y.isna() | y.astype(str).str.casefold().isin(MISSING)
    if missing.any():
        row = y.index[missing.argmax()]
        raise ValueError(f"Column {name!r} of {path} has no value in row {row}.")
    return name


def _noted_target(path: Path, table: "pd.DataFrame", model: Any) -> str | None:
    """Return the column of targets that the file of a model names, if it does."""
    name: str | None = getattr(model, "_target_column", None)
    if name is None or name in table or "class" in table.attrs:
        return name if name in table else None
    raise ValueError(
        f"{path} has no column {name!r}, the target that the model was trained on: --target must "
        f"name it, one of {_listed(table)}."
    )


def _ids(table: "pd.DataFrame", used: set[str]) -> tuple[str, Any]:
    """Return the column of ids of a table, if it has one that is not used; or else its rows."""
    from metarnn.datasets.readers.repeated import is_id

    for name in table.columns:
        if name not in used and is_id(name) and table[name].is_unique:
            return name, table[name].to_numpy()
    return "row", table.index.to_numpy()


def _listed(table: "pd.DataFrame") -> str:
    names = [repr(str(name)) for name in table.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
