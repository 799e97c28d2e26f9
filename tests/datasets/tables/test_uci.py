"""The UCI tables, from the user's files or OpenML: the right one, or a clear refusal."""

import dataclasses
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets import load
from metarnn.datasets.tables.openml import DATA_HOME
from metarnn.datasets.tables.uci import UCI_TABLES
from metarnn.datasets.tables.verified import VerifiedTable, values_sha256

needs_files = pytest.mark.skipif(DATA_HOME not in os.environ, reason=f"needs {DATA_HOME}")


@needs_files
@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("breast_cancer_wisconsin", (683, 9), [444, 239]),
        ("thyroid", (7200, 21), [166, 368, 6666]),
        ("new_thyroid", (215, 5), [150, 35, 30]),
        ("diabetes", (768, 8), [500, 268]),
        ("glass", (214, 9), [70, 76, 17, 13, 9, 29]),
        ("australian", (690, 14), [383, 307]),
    ],
)
def test_has_its_published_size(name: str, shape: tuple[int, ...], counts: list[int]) -> None:
    data = load(name)
    assert data.shape == shape
    assert np.bincount(data.y).tolist() == counts
    assert (data.test is not None) == (name == "thyroid")


@needs_files
def test_thyroid_keeps_the_sources_test_part() -> None:
    data = load("thyroid")
    assert data.test is not None
    folder = Path(os.environ[DATA_HOME])
    for file, part in (("ann-train.data", ~data.test), ("ann-test.data", data.test)):
        lines = (folder / file).read_text().splitlines()
        rows = sorted([float(x) for x in line.rstrip(" ,").split(",")] for line in lines)
        found = np.column_stack([data.X[part], data.y[part] + 1.0])
        assert rows == sorted(found.tolist())
    assert data.test.sum() == 3428
    assert "3428 of 7200, set apart by the source" in data.describe()


@needs_files
def test_diabetes_keeps_its_zeros() -> None:
    assert (load("diabetes").X == 0).sum(axis=0).tolist() == [111, 5, 35, 227, 374, 11, 0, 0]


@needs_files
def test_australian_has_back_what_was_struck_out() -> None:
    X = load("australian").X
    for row in (
        [0, 15.83, 0.585, 2, 8, 8, 1.5, 1, 1, 2, 0, 2, 100, 1],
        [1, 27.83, 1, 1, 2, 8, 3, 0, 0, 0, 0, 2, 176, 538],
        [1, 41.42, 5, 2, 11, 8, 5, 1, 1, 6, 1, 2, 470, 1],
        [1, 20.67, 1.25, 1, 8, 8, 1.375, 1, 1, 3, 1, 2, 140, 211],
    ):
        assert (row == X).all(axis=1).sum() == 1


# --- A table of a test's own, by both ways --------------------------------------------------

CONTENT = "2,1.5,a\n1,?,b\n1,-0.0,b\n\n1,0.5,a\n"
ROWS = [[1, 0, 1], [1, 0.5, 0], [2, 1.5, 0]]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Replace "glass" by three rows, and the user's folder by an empty one."""
    table = VerifiedTable(
        name="glass",
        description="A toy.",
        source="This test.",
        files={"toy.csv": (hashlib.sha256(CONTENT.encode()).hexdigest(),)},
        classes={"A": ("a", "first"), "B": ("b", "second")},
        values_sha256=values_sha256(np.array(ROWS, dtype=float)),
        openml=(41, 1),
    )
    monkeypatch.setitem(UCI_TABLES, "glass", table)  # type: ignore[arg-type]
    monkeypatch.setenv(DATA_HOME, str(tmp_path))
    return tmp_path


def fetched(monkeypatch: pytest.MonkeyPatch, **changes: object) -> list[dict[str, object]]:
    """Let OpenML hand out the toy's rows in another order, with changes; return its calls."""
    calls: list[dict[str, object]] = []

    def fetch_openml(**query: object) -> SimpleNamespace:
        calls.append(query)
        bunch = {
            "data": pandas.DataFrame({"x": [1.0, 2.0, 1.0, 1.0], "z": [0.0, 1.5, np.nan, 0.5]}),
            "target": pandas.Series(["'second'", "first", "second", "first"]),
            "details": {"version": "1"},
        }
        return SimpleNamespace(**(bunch | changes))

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    return calls


def test_both_ways_give_the_same_arrays(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fetched(monkeypatch)
    from_openml = load("glass")
    (toy / "toy.csv").write_text(CONTENT)
    from_file = load("glass")
    for data in (from_openml, from_file, load("glass", data_home=str(toy))):
        np.testing.assert_array_equal(np.column_stack([data.X, data.y]), ROWS)
        assert data.classes == ("A", "B")
    assert len(calls) == 1
    assert calls[0]["data_id"] == 41
    assert calls[0]["data_home"] == str(toy / "openml")


def test_environment_names_the_folder(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (toy / "inner").mkdir()
    (toy / "inner" / "toy.csv").write_text(CONTENT)
    monkeypatch.setenv(DATA_HOME, str(toy / "inner"))
    assert load("glass").n_sequences == 3
    monkeypatch.delenv(DATA_HOME)
    monkeypatch.setenv("HOME", str(toy))
    (toy / "inner").rename(toy / "metarnn_data")
    assert load("glass").n_sequences == 3


def test_another_file_is_refused(toy: Path) -> None:
    (toy / "toy.csv").write_text(CONTENT.replace("1.5", "1.6"))
    with pytest.raises(ValueError, match="has SHA-256") as error:
        load("glass")
    one_sentence(error, "toy.csv", *UCI_TABLES["glass"].files["toy.csv"])


def test_a_folder_for_a_file_is_refused(toy: Path) -> None:
    (toy / "toy.csv").mkdir()
    with pytest.raises(ValueError, match="cannot be read") as error:
        load("glass")
    one_sentence(error, "toy.csv")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"details": {"version": "2"}}, ["version 2", "expected 1"]),
        ({"target": ["second", "first", "second", "third"]}, ["'third'", "first", "second"]),
        ({"data": pandas.DataFrame({"x": [1.0, 2, 1, 1], "z": [0, 1.5, 7, 0.5]})}, ["SHA-256"]),
        ({"data": pandas.DataFrame({"x": [1.0, 2, 1, 1], "z": [0, 1.5, None, 0.6]})}, ["SHA-256"]),
        ({"target": ["first", "first", "second", "first"]}, ["SHA-256", "toy.csv"]),
    ],
)
def test_another_table_of_openml_is_refused(
    toy: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], parts: list[str]
) -> None:
    fetched(monkeypatch, **changes)
    with pytest.raises(ValueError, match="'glass'") as error:
        load("glass")
    one_sentence(error, *parts)


def test_offline_names_both_ways(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch_openml(**_: object) -> None:
        raise OSError("no route\nto host")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    with pytest.raises(FileNotFoundError, match="neither in its file nor fetched") as error:
        load("glass")
    one_sentence(error, "toy.csv", str(toy), DATA_HOME, "OpenML's data set 41", "route to")


def test_what_openml_lacks_is_not_fetched(toy: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not fetched from OpenML") as error:
        load("thyroid")
    one_sentence(error, "ann-train.data and ann-test.data", str(toy), DATA_HOME)


def test_a_part_alone_is_not_enough(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = dataclasses.replace(
        UCI_TABLES["glass"], files={"toy.csv": ("0",), "more.csv": ("0",)}, openml=None
    )
    monkeypatch.setitem(UCI_TABLES, "glass", table)  # type: ignore[arg-type]
    (toy / "toy.csv").write_text(CONTENT)
    with pytest.raises(FileNotFoundError, match=r"toy\.csv and more\.csv"):
        load("glass")


def test_the_sum_is_of_the_values() -> None:
    rows = np.array([[2.0, 1.0], [1.0, 3.0], [1.0, 2.0]])
    assert (
        values_sha256(rows)
        == values_sha256(rows[[2, 0, 1]])
        == values_sha256(np.array(rows, order="F"))
    )
    by_hand = np.array([[1, 2], [1, 3], [2, 1]], dtype="<f8").tobytes()
    assert values_sha256(rows) == hashlib.sha256(by_hand).hexdigest()
    assert values_sha256(rows) != values_sha256(rows[:, ::-1])
    assert values_sha256(np.array([[-0.0, 1]])) == values_sha256(np.array([[0.0, 1]]))
