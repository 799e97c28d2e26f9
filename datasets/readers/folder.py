"""A data set from a folder with one file per sequence."""

import os
from pathlib import Path

import numpy as np

from ..dataset import Dataset
from ..validation import Floats
from .labels import dataset_of_sequences
from .npy import described, read_array
from .opening import unpacked_name
from .table import column_values, read_table
from .text import quoted

_LABELS = "labels.csv"
_ENDINGS = (".csv", ".npy")

# The class of a file, "" where there are none, and the row that names it.
_Label = tuple[str, int]


def load_folder(
    path: str | os.PathLike[str],
    *,
    missing: str | None = None,
    encoding: str | None = None,
    labeled: bool = True,
) -> Dataset:
    """Read a data set from a folder with one file per sequence.

    Parameters
    ----------
    path : str or path
        A folder with a sub-folder for each class, which has its name; or with a table
        ``labels.csv`` of two columns, each file's path from the folder and its class; or with
        the files alone, which then have no classes. A file ``.csv`` (also compressed) has a step
        on each line and may have a header, a file ``.npy`` holds an array of numbers of shape
        (T,) or (T, I).
    missing : {"interpolate", "drop", "mask"}, optional
        What becomes of missing values, as for :func:`metarnn.datasets.fill_missing`; refused by
        default.
    encoding : str, optional
        Of the texts; UTF-8, or what the byte order mark says, by default.
    labeled : bool, default True
        Whether to read the labels; without them any folder can be read for predictions.

    Returns
    -------
    Dataset
        X of shape (B, T, I), with zeros after the own `lengths` of shorter sequences; `ids` are
        the paths from the folder. The sequences are in the order of ``labels.csv``, or else of
        their classes' and files' names. Sub-folders give the classes their very names, as in
        ``01``. Classes that are all numbers are in the order of their values, any others in that
        of their names.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or a file of ``labels.csv`` is missing.
    ValueError
        If a file is not such a sequence, has other inputs than the first one, or has no
        class; the message names it.

    Notes
    -----
    Files and folders whose names begin with a dot are skipped; all others must be readable.
    ``.npy`` files of objects are refused, since reading them can execute code that they hold.
    """
    path = Path(path)
    if not path.is_dir():
        fault = "is a file" if path.exists() else "is not there"
        raise FileNotFoundError(f"{str(path)!r} {fault}, expected a folder of sequences.")
    table = (path / _LABELS).exists()
    found = _from_table(path, encoding) if table else _from_folder(path)
    sequences = [_read_sequence(file, missing, encoding) for file in found]
    first = next(iter(found))
    for file, sequence in zip(found, sequences, strict=True):
        if sequence.shape[1] != sequences[0].shape[1]:
            raise ValueError(
                f"{str(file)!r} has {sequence.shape[1]} inputs, expected {sequences[0].shape[1]} "
                f"as {first.name!r} has."
            )
    labels, rows = zip(*found.values(), strict=True)
    name, files = path.resolve().name, list(found)
    return dataset_of_sequences(
        sequences,
        labels=labels if labeled and (table or any(labels)) else None,
        rows=rows,
        column=f"the class of {str(path)!r}",
        place=lambda b: repr(str(files[b])),
        missing=missing,
        as_named=not table,
        ids=tuple(file.relative_to(path).as_posix() for file in files),
        name=name,
        description=f"The sequences of the folder {name}, one file each.",
        source=name,
        license="unknown (your files)",
    )


def _from_table(path: Path, encoding: str | None) -> dict[Path, _Label]:
    """Return the classes of the files that labels.csv lists."""
    table = repr(str(path / _LABELS))
    frame = read_table(path / _LABELS, header=False, encoding=encoding)
    if frame.shape[1] != 2:
        raise ValueError(f"{table} has {frame.shape[1]} columns, expected two: file and class.")
    entries = list(zip(frame.index, *(frame[name].astype(str) for name in frame), strict=True))
    if not (path / entries[0][1]).exists() and _ending(Path(entries[0][1])) not in _ENDINGS:
        entries = entries[1:]  # after a header
    if not entries:
        raise ValueError(f"{table} names no file, expected one on each line.")
    found: dict[Path, _Label] = {}
    for row, name, label in entries:
        file = path / name
        if not file.is_file():
            raise FileNotFoundError(
                f"row {row} of {table} names {name!r}, expected a file of its folder."
            )
        if file in found:
            raise ValueError(f"{table} names {str(file)!r} twice, expected each file once.")
        found[file] = label, row
    present = {file for file in path.rglob("*") if file.is_file() and not _hidden(file, path)}
    unnamed = present - set(found) - {path / _LABELS}
    if unnamed:
        names = sorted(file.relative_to(path).as_posix() for file in unnamed)
        raise ValueError(f"{table} does not name {quoted(names)}, expected a class for each file.")
    return found


def _from_folder(path: Path) -> dict[Path, _Label]:
    """Return the classes of the files, which are the sub-folders' names, or "" without any."""
    entries = sorted(entry for entry in path.iterdir() if not _hidden(entry, path))
    folders = [entry for entry in entries if entry.is_dir()]
    loose = [entry for entry in entries if not entry.is_dir()]
    if loose and not folders:
        return {file: ("", 0) for file in loose}
    if loose or not folders:
        names = [file.name for file in loose]
        raise ValueError(
            f"{str(path)!r} has {quoted(names) if loose else 'nothing'} in it, expected a "
            f"sub-folder for each class, or {_LABELS} to name the classes."
        )
    found: dict[Path, _Label] = {}
    for folder in folders:
        files = sorted(entry for entry in folder.iterdir() if not _hidden(entry, path))
        if not files:
            raise ValueError(f"{str(folder)!r} has no file in it, expected the class's sequences.")
        found |= {file: (folder.name, 0) for file in files}
    return found


def _hidden(file: Path, path: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(path).parts)


def _ending(path: Path) -> str:
    return unpacked_name(path).suffix.lower()


def _read_sequence(path: Path, missing: str | None, encoding: str | None) -> Floats:
    """Return the sequence of a file (T, I), with NaN where a value is missing."""
    file = repr(str(path))
    if path.is_dir() or _ending(path) not in _ENDINGS:
        raise ValueError(f"{file} is no .csv or .npy file, expected a sequence.")
    if _ending(path) == ".csv":
        return column_values(read_table(path, encoding=encoding), file, gaps=missing is not None)
    try:
        with path.open("rb") as content:
            array = read_array(content, described(content, path.stat().st_size))
    except (OSError, ValueError, MemoryError):
        raise ValueError(f"{file} cannot be read, expected an .npy file of numbers.") from None
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{file} has type {array.dtype} and shape {array.shape}, expected numbers (T,) or "
            "(T, I) with no axis of length 0."
        )
    return array.reshape(len(array), -1).astype(np.float64)
