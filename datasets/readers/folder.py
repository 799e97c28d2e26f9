"""A data set from a folder with one file a sequence."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from .fields import Row, as_finite, is_text, listed, read_labels, read_rows
from .padding import padded

_LABELS = "labels.csv"
_KINDS = (".csv", ".npy")


def load_folder(path: str | os.PathLike[str]) -> Dataset:
    """Read a data set from a folder with one file a sequence.

    Parameters
    ----------
    path : str or path
        A folder with a sub-folder for each class, which has its name; or with a table
        ``labels.csv`` of two columns, each file's path from the folder and its class. A file
        ``.csv`` has a step on each line and may have a header, a file ``.npy`` holds an array
        of numbers of shape (T,) or (T, I).

    Returns
    -------
    Dataset
        X of shape (B, T, I), with zeros after the own `lengths` of sequences that are shorter
        than others. The sequences are in the order of ``labels.csv``, or else of their
        classes' and files' names. Classes that are all numbers are in the order of their
        values, any others in that of their names.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or a file of ``labels.csv`` is missing.
    ValueError
        If a file is not such a sequence, has other inputs than the first one, or has no
        class; the message names it.

    Notes
    -----
    Files and folders whose names begin with a dot are passed over, all others must be read.
    ``.npy`` files of objects are refused, since reading them may run what they hold.
    """
    path = Path(path)
    if not path.is_dir():
        fault = "is a file" if path.exists() else "is not there"
        raise FileNotFoundError(f"{str(path)!r} {fault}, expected a folder of sequences")
    folder = repr(str(path))
    if (path / _LABELS).exists():
        files, labels = _table(path)
    else:
        files, labels = _sub_folders(path)
    sequences = [_sequence(file) for file in files]
    for file, sequence in zip(files, sequences, strict=True):
        if sequence.shape[1] != sequences[0].shape[1]:
            raise ValueError(
                f"{str(file)!r} has {sequence.shape[1]} inputs, expected {sequences[0].shape[1]} "
                f"as {files[0].name!r} has"
            )
    classes, y = read_labels(labels, 0, f"the class of {folder}")
    X, lengths = padded(sequences)
    return Dataset(
        name=path.resolve().name,
        X=X,
        y=y,
        classes=classes,
        description=f"The sequences of the folder {path.resolve().name}, a file each.",
        source=path.resolve().name,
        licence="unknown (your files)",
        lengths=lengths,
    )


def _table(path: Path) -> tuple[list[Path], list[Row]]:
    """Return the files that labels.csv lists and their classes."""
    table = repr(str(path / _LABELS))
    rows = read_rows(path / _LABELS, table)
    if len(rows[0][1]) != 2:
        raise ValueError(f"{table} has {len(rows[0][1])} columns, expected two: file and class")
    if not (path / rows[0][1][0]).exists() and Path(rows[0][1][0]).suffix not in _KINDS:
        # A header.
        rows = rows[1:]
    files = [path / fields[0] for _, fields in rows]
    for (line, fields), file in zip(rows, files, strict=True):
        if not file.is_file():
            raise FileNotFoundError(
                f"row {line} of {table} names {fields[0]!r}, expected a file of its folder"
            )
    if not files:
        raise ValueError(f"{table} names no file, expected one on each line")
    twice = [str(file) for file, n in Counter(files).items() if n > 1]
    if twice:
        raise ValueError(f"{table} names {twice[0]!r} twice, expected each file once")
    there = {file for file in path.rglob("*") if file.is_file() and not _hidden(file, path)}
    others = there - set(files) - {path / _LABELS}
    lacking = sorted(file.relative_to(path).as_posix() for file in others)
    if lacking:
        raise ValueError(f"{table} does not name {listed(lacking)}, expected a class for each file")
    return files, [(line, fields[1:]) for line, fields in rows]


def _sub_folders(path: Path) -> tuple[list[Path], list[Row]]:
    """Return the files of the sub-folders and the folders' names."""
    folders = sorted(one for one in path.iterdir() if not _hidden(one, path))
    loose = [one.name for one in folders if not one.is_dir()]
    if loose or not folders:
        raise ValueError(
            f"{str(path)!r} has {listed(loose) if loose else 'nothing'} in it, expected a "
            f"sub-folder for each class, or {_LABELS} to name the classes"
        )
    files, labels = [], []
    for folder in folders:
        found = sorted(one for one in folder.iterdir() if not _hidden(one, path))
        if not found:
            raise ValueError(f"{str(folder)!r} has no file in it, expected the class's sequences")
        files += found
        labels += [(0, [folder.name])] * len(found)
    return files, labels


def _hidden(file: Path, path: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(path).parts)


def _sequence(path: Path) -> npt.NDArray[np.float64]:
    """Return the sequence of a file (T, I)."""
    file = repr(str(path))
    if path.is_dir() or path.suffix.lower() not in _KINDS:
        raise ValueError(f"{file} is no .csv or .npy file, expected a sequence")
    if path.suffix.lower() == ".csv":
        rows = read_rows(path, file, least=1)
        if any(map(is_text, rows[0][1])):
            rows = rows[1:]
        if not rows:
            raise ValueError(f"{file} holds a header and nothing else, expected a step a line")
        return np.array(
            [[as_finite(x, f"row {line} of {file}") for x in fields] for line, fields in rows]
        )
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise ValueError(f"{file} cannot be read, expected an .npy file of numbers") from None
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{file} has type {array.dtype} and shape {array.shape}, expected numbers (T,) or "
            "(T, I) with no zero"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{file} has a NaN or an infinity, expected finite numbers")
    return array.reshape(len(array), -1).astype(np.float64)
