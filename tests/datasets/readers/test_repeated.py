"""Rows that are steps of series, read as if they were independent."""

import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest

from metarnn.datasets import load_table, read_table
from metarnn.datasets.readers.repeated import is_id, warn_of_steps


def table(**columns: object) -> pandas.DataFrame:
    """Return 12 rows of 4 runs of 3, with a label that is the same within a run."""
    rng = np.random.default_rng(0)
    return pandas.DataFrame({**columns, "x": rng.normal(size=12), "k": np.repeat(list("abab"), 3)})


RUNS, STEPS = np.repeat(range(4), 3), np.tile(range(3), 4)


@pytest.mark.parametrize(
    ("columns", "option"),
    [
        ({"id": RUNS, "time": STEPS}, "--series id --order time"),
        ({"id": RUNS}, "--series id --order COLUMN"),
        ({"trial_ID": STEPS}, "--series trial_ID --order COLUMN"),
        ({"subject": RUNS, "t": STEPS * 0.5}, "--series subject --order t"),
        ({"who": RUNS, "when": STEPS}, "--series who --order when"),
        ({"who": [f"n{i}" for i in RUNS], "when": STEPS}, "--series who --order when"),
    ],
)
def test_a_warning_names_the_options(tmp_path: Path, columns: dict, option: str) -> None:
    table(**columns).to_csv(tmp_path / "toy.csv", index=False)
    with pytest.warns(UserWarning, match=option):
        warn_of_steps(read_table(tmp_path / "toy.csv"), "k", "toy.csv")


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"id": range(12)},  # each row has its own
        {"id": [0] * 12},  # no two things to tell apart
        {"color": RUNS},
        {"color": STEPS},
        {"z": RUNS, "w": range(12)},  # which never begins again
        {"paid": RUNS},
        {"width": np.round(np.random.default_rng(1).normal(size=12), 1)},
    ],
)
def test_tables_of_independent_rows_give_none(tmp_path: Path, columns: dict) -> None:
    table(**columns).to_csv(tmp_path / "toy.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_table(tmp_path / "toy.csv", -1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("id", "ID", "case_id", "seriesId", "Subject ID", "series")),
        *((name, False) for name in ("paid", "identity", "width", "grid", "k", "")),
    ],
)
def test_names_of_ids(name: str, expected: bool) -> None:
    assert is_id(name) == expected
