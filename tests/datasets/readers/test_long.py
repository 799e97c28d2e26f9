"""Tables with a row for each step."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import labels, sequences, write_files

from metarnn.datasets import (
    Dataset,
    load,
    load_long,
    load_table,
    load_ts,
)

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
    (LONG.replace("no", "yes"), {}, ["label column 'label'", "one class"]),
    (LONG.replace("no,a", ",a"), {}, ["label column 'label'", "no value in row 3"]),
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
