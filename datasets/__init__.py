"""Data sets to train on: tables, generated sequence tasks and the user's own files."""

if __name__ != "metarnn.datasets":
    raise ImportError("import this package as metarnn.datasets, not as " + repr(__name__))

import difflib
import inspect
from collections.abc import Callable

from .dataset import Dataset
from .generated.adding import adding
from .generated.copy_memory import copy_memory
from .generated.flip_flop import flip_flop
from .generated.noise_free_lag import noise_free_lag
from .generated.number_words import number_words
from .generated.reber import embedded_reber, legal_successors
from .generated.tasks import delayed_recall, latch, parity, xor
from .generated.temporal_order import temporal_order
from .generated.tomita import tomita
from .generated.two_sequence import two_sequence
from .readers.csv import load_csv
from .readers.folder import load_folder
from .readers.long import load_long
from .readers.parquet import load_table
from .readers.paths import load_path
from .readers.ts import load_ts
from .tables.openml import load_openml
from .tables.tabular import breast_cancer, digits, iris, wine
from .tables.uci import (
    australian,
    breast_cancer_wisconsin,
    diabetes,
    glass,
    new_thyroid,
    thyroid,
)

__all__ = [
    "DATASETS",
    "Dataset",
    "adding",
    "australian",
    "breast_cancer",
    "breast_cancer_wisconsin",
    "copy_memory",
    "delayed_recall",
    "describe",
    "diabetes",
    "digits",
    "embedded_reber",
    "flip_flop",
    "glass",
    "iris",
    "latch",
    "legal_successors",
    "load",
    "load_csv",
    "load_folder",
    "load_long",
    "load_openml",
    "load_path",
    "load_table",
    "load_ts",
    "new_thyroid",
    "noise_free_lag",
    "number_words",
    "parity",
    "temporal_order",
    "thyroid",
    "tomita",
    "two_sequence",
    "wine",
    "xor",
]

DATASETS: dict[str, Callable[..., Dataset]] = {
    "iris": iris,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "digits": digits,
    "breast_cancer_wisconsin": breast_cancer_wisconsin,
    "thyroid": thyroid,
    "new_thyroid": new_thyroid,
    "diabetes": diabetes,
    "glass": glass,
    "australian": australian,
    "xor": xor,
    "parity": parity,
    "latch": latch,
    "two_sequence": two_sequence,
    "delayed_recall": delayed_recall,
    "adding": adding,
    "temporal_order": temporal_order,
    "copy_memory": copy_memory,
    "embedded_reber": embedded_reber,
    "tomita": tomita,
    "flip_flop": flip_flop,
    "noise_free_lag": noise_free_lag,
    "number_words": number_words,
}


def load(name: str, **options: object) -> Dataset:
    """Load or generate a data set by its name.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    **options
        What the data set's function takes, e.g. ``load("parity", n_bits=5)``.

    Returns
    -------
    Dataset
        The data, with arrays that cannot be written to.

    Raises
    ------
    ValueError
        If there is no such data set, or it does not take an option or its value.
    """
    if name not in DATASETS:
        near = difflib.get_close_matches(str(name).lower(), DATASETS, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"no data set {name!r}{hint}, expected one of: {', '.join(DATASETS)}")
    make = DATASETS[name]
    known = inspect.signature(make).parameters
    takes = ", ".join(f"{option}={known[option].default}" for option in known) or "no options"
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ValueError(f"data set {name!r} has no option {unknown[0]!r}, it takes {takes}")
    try:
        return make(**options)
    except ValueError as error:
        raise ValueError(f"data set {name!r}: {error} (it takes {takes})") from error


def describe(name: str, **options: object) -> str:
    """Tell in a few lines what a data set is.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    **options
        As for :func:`load`.

    Returns
    -------
    str
        See :meth:`Dataset.describe`.
    """
    return load(name, **options).describe()
