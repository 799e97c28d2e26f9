"""Tables with a row for each step."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import labels, sequences, write_files

from metarnn import RNNClassifier
from metarnn.datasets import (
    Dataset,
    load,
    load_long,
    load_table,
    load_ts,
)
from metarnn.sequences import from_long

LONG = """label,id,x,time,z
yes,B,3,2,4
no,a,7,0.5,8
yes,B,1,1,2
yes,c,5,9,6
"""


def test_long_table(tmp_path: Path) -> None:
    write_files(tmp_path, {"toy.csv": LONG})
    data = load_long(tmp_path / "toy.csv")
    assert sequences(data) == [[[1, 2], [3, 4]], [[7, 8]], [[5, 6]]]
    assert labels(data) == ["yes", "no", "yes"]
    write_files(tmp_path, {"toy.csv": LONG.replace("id", "case").replace(",", ";")})
    np.testing.assert_array_equal(load_long(tmp_path / "toy.csv", series="case").X, data.X)


def test_long_table_of_a_task_gives_it_back(tmp_path: Path) -> None:
    data = load("temporal_order", n_sequences=8, n_steps=10)
    assert data.lengths is not None
    lines = ["id,time,label," + ",".join(f"x{i}" for i in range(8))]
    for i, (x, length) in enumerate(zip(data.X, data.lengths, strict=True)):
        lines += [
            f"{i},{t},{data.classes[data.y[i]]}," + ",".join(map(str, x[t])) for t in range(length)
        ]
    write_files(tmp_path, {"toy.csv": "\n".join([lines[0], *lines[:0:-1]])})
    back = load_long(tmp_path / "toy.csv")
    np.testing.assert_array_equal(back.X[::-1], data.X)
    np.testing.assert_array_equal(back.lengths[::-1], data.lengths)  # type: ignore[index]
    assert labels(back)[::-1] == labels(data)


def test_steps_may_be_in_order_or_have_times_of_a_calendar(tmp_path: Path) -> None:
    write_files(tmp_path, {"toy.csv": LONG})
    data = load_long(tmp_path / "toy.csv", order=None)
    assert sequences(data)[0] == [[3, 2, 4], [1, 1, 2]]  # the time is an input then
    dated = LONG.replace(",2,4", ",2024-03-01T10:00,4").replace(",1,2", ",2024-02-29,2")
    dated = dated.replace("0.5", "2024-01-01").replace(",9,6", ",2023-01-01,6")
    write_files(tmp_path, {"toy.csv": dated})
    assert sequences(load_long(tmp_path / "toy.csv"))[0] == [[1, 2], [3, 4]]


def test_a_long_table_without_labels(tmp_path: Path) -> None:
    lines = [line.partition(",")[2] for line in LONG.splitlines()]
    write_files(tmp_path, {"toy.csv": "\n".join(lines)})
    data = load_long(tmp_path / "toy.csv", target=None, missing="drop", order="time")
    assert (data.classes, data.ids) == ((), ("B", "a", "c"))


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_of_any_library_and_targets_of_any_kind(library: str) -> None:
    columns = {"id": [1, 1, 2], "day": [2, 1, 1], "x": [5.0, 4.0, 7.0], "y": [0.5, 0.5, 1.5]}
    maker = pytest.importorskip(library)
    frame = maker.table(columns) if library == "pyarrow" else maker.DataFrame(columns)
    X, y, ids = from_long(frame, series="id", order="day", target="y")
    assert [x["x"].tolist() for x in X] == [[4, 5], [7]]
    assert (list(y), list(ids)) == ([0.5, 1.5], [1, 2])
    assert from_long(frame, series="id", order="day").y is None


def test_an_estimator_takes_the_series_and_knows_the_inputs_by_name() -> None:
    frame = pandas.DataFrame({"id": np.repeat(range(8), 3), "x": np.arange(24.0) % 5, "z": 1.0})
    X, _, ids = from_long(frame, series="id")
    model = RNNClassifier(hidden=2, budget=6, optimizer="adam").fit(X, ids % 2)
    assert model.feature_names_in_.tolist() == ["x", "z"]
    assert model.predict(X).shape == (8,)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("interpolate", [[1, 8], [2, 8], [5, 8]]),
        ("drop", [[1, 8], [5, 8]]),
        ("mask", [[1, 8, 0, 0], [1, 8, 1, 0], [5, 8, 0, 0]]),
    ],
)
def test_missing_values_of_a_long_table(missing: str, expected: list) -> None:
    columns = {"id": [1, 1, 1], "day": [0, 1, 4], "x": [1.0, np.nan, 5.0], "z": 8}
    frame = pandas.DataFrame(columns)
    (x,) = from_long(frame, series="id", order="day", missing=missing).X
    assert x.to_numpy().tolist() == expected  # on the line over days, not over steps
    assert list(x.columns[2:]) == (["x is missing", "z is missing"] if missing == "mask" else [])
    with pytest.raises(ValueError, match="--missing") as error:
        from_long(frame, series="id", order="day")
    one_sentence(error, "column 'x' of the frame", "row 1")


def test_what_is_no_frame_and_names_that_were() -> None:
    with pytest.raises(TypeError, match="must be a data frame, got list"):
        from_long([1, 2], series="id")
    with pytest.raises(TypeError, match="series, order and target"):
        load_long("toy.csv", sequence="id")


BROKEN_LONG = [
    ("", {}, ["is empty"]),
    ("id,time,label,x\n", {}, ["header and nothing else"]),
    ("id,time,label\n1,2,a\n", {}, ["expected inputs beside them"]),
    (LONG.replace("id", "case"), {}, ["column 'id'", "is not there", "'case'"]),
    (LONG.replace("x", "id"), {}, ["column 'id'", "more than once"]),
    (LONG, {"order": "id"}, ["different ones"]),
    (LONG.replace("a,7", ",7"), {}, ["row 3", "nothing in column 'id'"]),
    (LONG.replace("0.5", "noon"), {}, ["'time'", "row 3", "'noon'"]),
    (LONG.replace("0.5", "inf"), {}, ["'time'", "row 3", "'inf'"]),
    (LONG.replace("B,3,2", "B,3,1.0"), {}, ["row 4", "time 1", "'B'", "again"]),
    (LONG.replace("yes,B,1", "no,B,1"), {}, ["row 4", "'no'", "'yes'", "row 2"]),
    (LONG.replace("7,0.5,8", "7,0.5,?"), {}, ["column 'z'", "row 3", "'?'"]),
    (LONG.replace("7,0.5,8", "seven,0.5,8"), {}, ["column 'x'", "row 3", "'seven'"]),
    (LONG.replace("no", "yes"), {}, ["target column 'label'", "one class"]),
    (LONG.replace("no,a", ",a"), {}, ["target column 'label'", "no value in row 3"]),
    (LONG + "yes,d,1,2\n", {}, ["row 6", "4 fields", "expected 5"]),
]


@pytest.mark.parametrize(("content", "options", "parts"), BROKEN_LONG)
def test_long_table_says_what_is_wrong(
    tmp_path: Path, content: str, options: dict[str, str], parts: list[str]
) -> None:
    write_files(tmp_path, {"toy.csv": content})
    with pytest.raises(ValueError, match=r"toy\.csv") as error:
        load_long(tmp_path / "toy.csv", **options)
    one_sentence(error, *parts)


@pytest.mark.parametrize("read", [load_long, load_table, load_ts])
def test_missing_file(tmp_path: Path, read: Callable[[Path], Dataset]) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file") as error:
        read(tmp_path / "nothing.ts")
    one_sentence(error, "nothing.ts")
