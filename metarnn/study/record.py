"""The columns of the table of runs, and what identifies a run."""

from typing import NamedTuple

#: Columns of a run, with their types in SQLite.
KEY = {"dataset": "TEXT", "network": "TEXT", "optimizer": "TEXT", "seed": "INT", "fold": "INT"}
FIGURES = {
    "status": "TEXT",
    "error": "TEXT",
    "train_loss": "REAL",
    "train_accuracy": "REAL",
    "test_accuracy": "REAL",
    "test_loss": "REAL",
    "passes": "REAL",
    "seconds": "REAL",
    "target": "REAL",
    "reached": "INT",
    "passes_to_target": "REAL",
    "seconds_to_target": "REAL",
    "losses_computed": "INT",
    "gradients_computed": "INT",
    "nonfinite": "INT",
    "stop": "TEXT",
}
COLUMNS = KEY | FIGURES


class RunKey(NamedTuple):
    """What identifies a run: labels, seed and fold."""

    dataset: str
    network: str
    optimizer: str
    seed: int
    fold: int
