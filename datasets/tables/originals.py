"""The UCI tables of the cuckoo search papers, read from their files or fetched from OpenML.

The files are checked byte by byte (SHA-256). What OpenML hands out is checked by its values:
SHA-256 of the rows, features and class index, as little-endian float64 in the order of
`numpy.lexsort`, so that another order of the rows or spelling of a number does not matter.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from .openml import DATA_HOME, data_folder, fetch

_LICENCE = "CC BY 4.0 (UCI)"


@dataclass(frozen=True)
class Original:
    """Where a table comes from and how its files read.

    Attributes
    ----------
    files : dict of str to tuple of str
        The SHA-256 sums of the versions known, by file name; the second file, if there is
        one, is the test part.
    classes : dict of str to tuple of str
        The labels that mean it, those of the files first, by class name.
    values : str
        SHA-256 of the values.
    openml : tuple of (int, int) or None
        Id and version at OpenML, or None if it does not hold the table.
    separator : str or None
        What separates the fields; None for white space.
    """

    files: Mapping[str, Sequence[str]]
    classes: Mapping[str, Sequence[str]]
    values: str
    openml: tuple[int, int] | None = None
    separator: str | None = ","


ORIGINALS = {
    "breast_cancer_wisconsin": Original(
        files={
            "breast-cancer-wisconsin.csv": (
                "9c9dc50e62dbcece16e5707bdec7514f87230d0aa35798b9aaffbc77cf736f1f",
            )
        },
        classes={"benign": ("2", "benign"), "malignant": ("4", "malignant")},
        values="d8d1888969c058be06ee559729976ed4299e7f97441555873a4cb4f48651d893",
        openml=(15, 1),
    ),
    "thyroid": Original(
        files={
            "ann-train.data": ("3b0e21166319732467dc08977c1b44b9292d9e4e2c84ad5f3f0897c1c90056f2",),
            "ann-test.data": ("43cbc4ef577c089fac5a1d4119002cdcf777329fcfa85d8deb752af295dfcb14",),
        },
        classes={"1": ("1",), "2": ("2",), "3": ("3",)},
        values="950341e8655006700885f61ca7e73b58c0a390bf6ce81ede755c0a277d78a644",
    ),
    "new_thyroid": Original(
        files={
            "new-thyroid.csv": ("b1e244cdb7764210cfbf2888c47a4a558c36acd3c5e25452c0255c09c0b2c0a0",)
        },
        classes={"normal": ("1",), "hyper": ("2",), "hypo": ("3",)},
        values="d6d6ab4b1d07fba9bd336d52a2931c0ce7d503fb9a90b05de95c45ed493dcbad",
    ),
    "diabetes": Original(
        files={
            "pima-indians-diabetes.csv": (
                "6bfe5d0f379d17a0e0819b996407e3c09bf80febd4287f2ed212190dfff154af",
            )
        },
        classes={"negative": ("0", "tested_negative"), "positive": ("1", "tested_positive")},
        values="cb04f3d84c73c1878193bcfdef6351eb3a2c6218db7d605988bbc676a84f0357",
        openml=(37, 1),
    ),
    "glass": Original(
        files={"glass.csv": ("1b7039aa2d617c1827e790b55d45ac138dce06b5f2a3fb6c25f2f135b59ad2d0",)},
        classes={
            "building windows, float": ("1", "build wind float"),
            "building windows, not float": ("2", "build wind non-float"),
            "vehicle windows, float": ("3", "vehic wind float"),
            "containers": ("5", "containers"),
            "tableware": ("6", "tableware"),
            "headlamps": ("7", "headlamps"),
        },
        values="5ef99782f82e899325bc367553ad1b7296f60ce12b61fd23346243dea0221ac2",
        openml=(41, 1),
    ),
    "australian": Original(
        files={
            "australian.dat": (
                "3abe5af151afa50b999a9ba21cbc884e80d80a4050b716cf88b34a2e6ecb731c",
                "52485551057350586caa87adb8f87384fb20899afc34e63d07d16e1e969a4cbe",
            )
        },
        classes={"0": ("0",), "1": ("1",)},
        values="55bdaa62fbb5da9c9b8807f3a6bb15ac07e11a1f36f5fe2144f24cba68ac6cb4",
        openml=(40981, 4),
        separator=None,
    ),
}

# The second version of australian.dat lacks six values in its first rows; they are put back as
# public copies have them. The first is the second with them in place, which has the length of
# those copies.
_STRUCK_OUT = {
    "australian": {
        (5, 3): 2.0,
        (5, 4): 8.0,
        (8, 8): 0.0,
        (11, 0): 1.0,
        (11, 1): 41.42,
        (12, 13): 211.0,
    }
}


def original(
    name: str,
    data_home: str | os.PathLike[str] | None,
    *,
    description: str,
    source: str,
    licence: str = _LICENCE,
) -> Dataset:
    """Make one of `ORIGINALS`, from its files if they are there, or else from OpenML.

    Parameters
    ----------
    name : str
        A key of `ORIGINALS`.
    data_home : str or path, optional
        Folder of the files; unless given, the one that the environment variable METARNN_DATA
        names, or else ``~/metarnn_data``. What is fetched is kept in its folder ``openml``.
    description, source, licence : str
        As for :class:`Dataset`.

    Returns
    -------
    Dataset
        The rows without missing values, in the order of their values (so that both ways give
        the same arrays), those of the source's test part last.

    Raises
    ------
    FileNotFoundError
        If the files are not there and cannot be fetched either.
    ValueError
        If a file or what was fetched is not the table that is expected.
    """
    table = ORIGINALS[name]
    folder = data_folder(data_home)
    paths = [folder / file for file in table.files]
    if all(path.exists() for path in paths):
        parts = [_read(name, path) for path in paths]
    else:
        parts = [_fetch(name, folder)]
    parts = [_in_order(part[np.isfinite(part).all(axis=1)]) for part in parts]
    rows = np.concatenate(parts)
    if values_sum(rows) != table.values:
        raise ValueError(
            f"OpenML's data set {table.openml} is not the table {name!r}, expected values with "
            f"SHA-256 {table.values}: put {_listed(table)} into {folder} instead"
        )
    test = None
    if len(parts) > 1:
        test = np.arange(len(rows)) >= len(parts[0])
    return Dataset(
        name=name,
        X=rows[:, :-1],
        y=rows[:, -1].astype(np.int64),
        classes=tuple(table.classes),
        description=description,
        source=source,
        licence=licence,
        test=test,
    )


def values_sum(rows: npt.NDArray[np.float64]) -> str:
    """Return the SHA-256 of the values of rows (B, F + 1), whatever their order."""
    # Adding 0 turns -0 into 0.
    return hashlib.sha256((_in_order(rows) + 0.0).astype("<f8").tobytes()).hexdigest()


def _in_order(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return rows[np.lexsort(rows.T[::-1])]


def _read(name: str, path: Path) -> npt.NDArray[np.float64]:
    """Return the rows of a file, features and class index, NaN for a missing value."""
    table = ORIGINALS[name]
    known = table.files[path.name]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    found = hashlib.sha256(content).hexdigest()
    if found not in known:
        raise ValueError(
            f"{str(path)!r} has SHA-256 {found}, expected {' or '.join(known)}, UCI's "
            f"{path.name} with the class last and without row numbers"
        )
    fields = [line.rstrip(",").split(table.separator) for line in content.decode().split("\n")]
    fields = [row for row in fields if row not in ([], [""])]
    rows = _numbers(name, [row[:-1] for row in fields], [row[-1] for row in fields])
    for place, value in _STRUCK_OUT.get(name, {}).items():
        rows[place] = value
    return rows


def _fetch(name: str, folder: Path) -> npt.NDArray[np.float64]:
    """Return the rows that OpenML hands out, features and class index."""
    table = ORIGINALS[name]
    wanted = f"{_listed(table)} in {folder} (a folder that {DATA_HOME} or data_home can name)"
    if table.openml is None:
        raise FileNotFoundError(
            f"{name!r} is not in its files, expected {wanted}, since it is not fetched from OpenML"
        )
    number, version = table.openml
    try:
        bunch = fetch(folder, data_id=number)
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"{name!r} is neither in its file nor fetched, expected {wanted}, or a connection to "
            f"OpenML's data set {number} ({' '.join(str(error).split()) or type(error).__name__})"
        ) from None
    if str(bunch.details.get("version", version)) != str(version):
        raise ValueError(
            f"OpenML's data set {number} has version {bunch.details['version']}, expected "
            f"{version} for {name!r}"
        )
    return _numbers(name, bunch.data.to_numpy().tolist(), list(bunch.target))


def _numbers(
    name: str, features: Sequence[Sequence[Any]], labels: Sequence[Any]
) -> npt.NDArray[np.float64]:
    """Return features and class index, (B, F + 1)."""
    meanings = ORIGINALS[name].classes.values()
    index = {label: i for i, same in enumerate(meanings) for label in same}
    answers = [str(label).strip(" '\"") for label in labels]
    for label in answers:
        if label not in index:
            raise ValueError(
                f"{name!r} has the class {label!r}, expected one of: {', '.join(index)}"
            )
    missing = {"?": "nan", "NA": "nan", "None": "nan"}
    rows = [[float(missing.get(str(x), x)) for x in row] for row in features]
    return np.column_stack([np.array(rows), [index[label] for label in answers]])


def _listed(table: Original) -> str:
    return " and ".join(table.files)
