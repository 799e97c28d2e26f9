"""Data sets to train on: tables, generated sequence tasks and the user's own files."""

if __name__ != "metarnn.datasets":
    raise ImportError(f"Import this package as metarnn.datasets, not as {__name__!r}.")

from .catalog import DATASETS, describe, load
from .dataset import Dataset
from .generated import (
    adding,
    copy_memory,
    delayed_recall,
    embedded_reber,
    flip_flop,
    latch,
    legal_successors,
    noise_free_lag,
    number_words,
    parity,
    temporal_order,
    tomita,
    two_sequence,
    xor,
)
from .paths import load_path
from .readers import load_csv, load_folder, load_long, load_table, load_ts, read_table
from .tables import (
    australian,
    breast_cancer,
    breast_cancer_wisconsin,
    diabetes,
    digits,
    glass,
    iris,
    load_openml,
    new_thyroid,
    thyroid,
    wine,
)
from .task import EVERY_LABEL, LAST_LABEL, Rule, Task

__all__ = [
    "DATASETS",
    "EVERY_LABEL",
    "LAST_LABEL",
    "Dataset",
    "Rule",
    "Task",
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
    "read_table",
    "temporal_order",
    "thyroid",
    "tomita",
    "two_sequence",
    "wine",
    "xor",
]
