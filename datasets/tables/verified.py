"""Published tables, read from the user's files or fetched from OpenML, and verified by checksum.

The files are checked byte by byte (SHA-256). A table of OpenML is checked by its values:
SHA-256 of the rows, features and class index, as little-endian float64 in the order of
`numpy.lexsort`, so that another order of the rows or spelling of a number does not matter.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..dataset import Dataset
from ..validation import Floats
from .openml import DATA_HOME, data_folder, fetch, reason


@dataclass(frozen=True)
class VerifiedTable:
    """What a table is, where it comes from, and how its files are read.

    Attributes
    ----------
    name, description, source, license : str
        As for :class:`Dataset`.
    files : dict of str to tuple of str
        The SHA-256 sums of the known versions, by file name; the second file, if there is
        one, is the test part.
    classes : dict of str to tuple of str
        The labels of each class, those in the files first, by class name.
    values_sha256 : str
        SHA-256 of the values.
    openml : tuple of (int, int) or None
        Id and version at OpenML, or None if it does not hold the table.
    separator : str or None
        What separates the fields; None for white space.
    restored : dict of (int, int) to float
        Values, by row and column, that a version of the file lacks and public copies have.
    """

    name: str
    description: str
    source: str
    files: Mapping[str, Sequence[str]]
    classes: Mapping[str, Sequence[str]]
    values_sha256: str
    openml: tuple[int, int] | None = None
    separator: str | None = ","
    restored: Mapping[tuple[int, int], float] = field(default_factory=dict)
    license: str = "CC BY 4.0 (UCI)"


def load_verified(table: VerifiedTable, data_home: str | os.PathLike[str] | None) -> Dataset:
    """Load a table from its files in a folder if they are there, or else from OpenML.

    The rows without missing values are in the order of their values (so that both ways give the
    same arrays), those of the source's test part last. The folder's sub-folder ``openml`` keeps
    fetched copies.
    """
    folder = data_folder(data_home)
    paths = [folder / file for file in table.files]
    if all(path.exists() for path in paths):
        parts = [_read(table, path) for path in paths]
    else:
        parts = [_fetch(table, folder)]
    parts = [_sorted(part[np.isfinite(part).all(axis=1)]) for part in parts]
    rows = np.concatenate(parts)
    if values_sha256(rows) != table.values_sha256:
        raise ValueError(
            f"OpenML's data set {table.openml} is not the table {table.name!r}, expected values "
            f"with SHA-256 {table.values_sha256}: put {' and '.join(table.files)} into {folder} "
            "instead."
        )
    return Dataset(
        name=table.name,
        X=rows[:, :-1],
        y=rows[:, -1].astype(np.int64),
        classes=tuple(table.classes),
        description=table.description,
        source=table.source,
        license=table.license,
        test=np.arange(len(rows)) >= len(parts[0]) if len(parts) > 1 else None,
    )


def values_sha256(rows: Floats) -> str:
    """Return the SHA-256 of the values of rows (B, F + 1), whatever their order."""
    # Adding 0 turns -0 into 0.
    return hashlib.sha256((_sorted(rows) + 0.0).astype("<f8").tobytes()).hexdigest()


def _sorted(rows: Floats) -> Floats:
    return rows[np.lexsort(rows.T[::-1])]


def _read(table: VerifiedTable, path: Path) -> Floats:
    """Return the rows of a file, features and class index, NaN for a missing value."""
    known = table.files[path.name]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    found = hashlib.sha256(content).hexdigest()
    if found not in known:
        raise ValueError(
            f"{str(path)!r} has SHA-256 {found}, expected {' or '.join(known)}, UCI's "
            f"{path.name} with the class last and without row numbers."
        )
    lines = content.decode().split("\n")
    fields = [line.rstrip(",").split(table.separator) for line in lines if line.strip()]
    rows = _numbers(table, [row[:-1] for row in fields], [row[-1] for row in fields])
    for place, value in table.restored.items():
        rows[place] = value
    return rows


def _fetch(table: VerifiedTable, folder: Path) -> Floats:
    """Return the rows of OpenML, features and class index, NaN for a missing value."""
    files = " and ".join(table.files)
    wanted = f"{files} in {folder} (a folder that {DATA_HOME} or data_home can name)"
    if table.openml is None:
        raise FileNotFoundError(
            f"{table.name!r} is not in its files, expected {wanted}, since it is not fetched from "
            "OpenML."
        )
    data_id, version = table.openml
    try:
        bunch = fetch(folder, data_id=data_id)
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"{table.name!r} is neither in its file nor fetched, expected {wanted}, or a "
            f"connection to OpenML's data set {data_id} ({reason(error)})."
        ) from None
    if str(bunch.details.get("version", version)) != str(version):
        raise ValueError(
            f"OpenML's data set {data_id} has version {bunch.details['version']}, expected "
            f"{version} for {table.name!r}."
        )
    return _numbers(table, bunch.data.to_numpy().tolist(), bunch.target)


def _numbers(
    table: VerifiedTable, features: Sequence[Sequence[Any]], labels: Iterable[Any]
) -> Floats:
    """Return features and class index (B, F + 1)."""
    index = {label: i for i, names in enumerate(table.classes.values()) for label in names}
    codes = []
    for label in (str(label).strip(" '\"") for label in labels):
        if label not in index:
            raise ValueError(
                f"{table.name!r} has the class {label!r}, expected one of: {', '.join(index)}."
            )
        codes.append(index[label])
    missing = {"?": "nan", "NA": "nan", "None": "nan"}
    rows = [[float(missing.get(str(x), x)) for x in row] for row in features]
    return np.column_stack([np.array(rows), codes])
