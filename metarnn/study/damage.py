"""What a stored run must be, and the sentence about a store that holds something else."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .histories import MOST_POINTS
from .run import COLUMNS, KEY

#: Types of the columns in Python; None, which is SQLite's NaN, may be in any but those of a key.
TYPES: dict[str, tuple[type, ...]] = {"TEXT": (str,), "INT": (int,), "REAL": (float, int)}

#: What a run has spent.
NOT_NEGATIVE = (
    *("passes", "seconds", "passes_to_target", "seconds_to_target"),
    *("losses_computed", "gradients_computed", "nonfinite"),
)


def damaged(store: Path | None, what: str) -> ValueError:
    """Return the error about a store that is damaged, with what to do."""
    return ValueError(
        f"{store} is damaged: {what}; 'metarnn study check {store}' lists what is broken, and with "
        "--repair drops it, so that 'metarnn study run' makes it again."
    )


def run_label(key: Iterable[Any]) -> str:
    """Return the labels, the seed and the fold of a run in words."""
    dataset, network, optimizer, seed, fold = key
    return f"the run of {optimizer} on {dataset} / {network}, seed {seed}, fold {fold}"


def fault_of(record: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the columns of a run, or None."""
    for name, kind in COLUMNS.items():
        value = record[name]
        if not (isinstance(value, TYPES[kind]) or (value is None and name not in KEY)):
            return f"{name} is {value!r:.40}, expected {kind}"
    if record["status"] not in ("done", "failed"):
        return f"status is {record['status']!r:.40}, expected 'done' or 'failed'"
    if record["status"] == "done" and record["reached"] not in (0, 1):
        return f"reached is {record['reached']!r}, expected 0 or 1"
    for name in NOT_NEGATIVE:
        if (record[name] or 0) < 0:
            return f"{name} is {record[name]!r}, expected at least 0"
    return None


def n_points_of(record: Mapping[str, Any]) -> int:
    """Return how many points the history of a run can have."""
    return most_points(record["losses_computed"], record["gradients_computed"])


def most_points(n_losses: int | None, n_gradients: int | None) -> int:
    """Return how many points a history can have: each was a loss or a gradient."""
    return min((n_losses or 0) + (n_gradients or 0), MOST_POINTS)
