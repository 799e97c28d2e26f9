"""Series of the UCR and UEA archives."""

from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import HEADER, TS, TSV, Files, labels, sequences, write_files

from metarnn.datasets import (
    load_ts,
)

SERIES = [[[1, 4], [2, 5], [3, 6]], [[7, 9], [8, 10.5]], [[-100, 2]]]


@pytest.mark.parametrize(
    "content",
    [
        TS,
        TS.replace("\n", "\r\n"),
        TS.replace("@dimensions 2\n", "@dimension 2\n@seriesLength 0\n@targetLabel false\n"),
        TS.replace("@data", "@DATA").replace("@classLabel true", "@classlabel TRUE"),
        TS.replace("@data", "@problemName Other\n@dimensions 2\n@data"),
        TS.replace("# A", "% A").replace("@missing false", "@author somebody"),
        "\ufeff" + TS,
    ],
)
def test_ts_forms_that_mean_the_same(tmp_path: Path, content: str) -> None:
    write_files(tmp_path, {"Toy.ts": content})
    data = load_ts(tmp_path / "Toy.ts")
    assert sequences(data) == SERIES
    assert labels(data) == ["a", "b", "a"]
    assert data.classes == ("a", "b", "c")
    assert data.lengths is not None
    assert (data.name, data.source, data.test) == ("Toy", "Toy.ts", None)


def test_ts_of_equal_length_and_one_dimension(tmp_path: Path) -> None:
    header = "@univariate true\n@equalLength true\n@seriesLength 2\n@classLabel true 10 2\n@data\n"
    write_files(tmp_path, {"Toy.ts": header + "1,2:10\n3,4:2\n"})
    data = load_ts(str(tmp_path / "Toy.ts"))
    assert data.lengths is None
    assert data.shape == (2, 2, 1)
    assert data.classes == ("2", "10")
    assert labels(data) == ["10", "2"]


@pytest.mark.parametrize("where", ["Toy", "Toy/Toy"])
@pytest.mark.parametrize("kind", ["ts", "tsv"])
def test_pairs_by_name(tmp_path: Path, where: str, kind: str) -> None:
    train, test = (TS, HEADER + "5:6:c\n") if kind == "ts" else (TSV, "-1\t7\n")
    write_files(tmp_path, {f"{where}_TRAIN.{kind}": train, f"{where}_TEST.{kind}": test})
    data = load_ts(tmp_path / "Toy")
    assert data.name == "Toy"
    assert data.source == f"Toy_TRAIN.{kind} and Toy_TEST.{kind}"
    assert data.test is not None
    assert data.test.tolist() == [False, False, False, True]
    if kind == "ts":
        assert sequences(data) == [*SERIES, [[5, 6]]]
        assert labels(data) == ["a", "b", "a", "c"]
    else:
        assert sequences(data) == [[[0.5], [1.5]], [[2.5]], [[3], [4]], [[7]]]
        assert labels(data) == ["1", "-1", "1", "-1"]
    alone = load_ts(tmp_path / f"{where}_TRAIN.{kind}")
    assert alone.test is None
    np.testing.assert_array_equal(alone.X, data.X[:3])


BROKEN_TS = [
    ("", ["no @data"]),
    ("1,2:a\n3,4:b\n", ["line 1", "no key of a header", "@data"]),
    (HEADER, ["nothing after @data"]),
    (TS.replace("@data", ""), ["line 10", "no key of a header"]),
    (TS.replace("@missing", "missing"), ["line 4", "no key of a header"]),
    (TS.replace("@missing false", "@univariate true"), ["line 5", "another @univariate"]),
    (TS.replace("@timeStamps false", "@timeStamps true"), ["time stamps"]),
    (TS.replace("@timeStamps false", "@timeStamps maybe"), ["@timestamps maybe", "true or false"]),
    (TS.replace("@equalLength false", "@equalLength"), ["@equallength nothing"]),
    (TS.replace("@equalLength false", "@equalLength true"), ["1 to 3 steps"]),
    (TS.replace("@univariate false", "@univariate true"), ["@univariate true", "2 dimensions"]),
    (TS.replace("@dimensions 2", "@dimensions 3"), ["@dimensions 3", "2 to 2 dimensions"]),
    (TS.replace("@dimensions 2", "@dimensions two"), ["@dimensions two", "whole number"]),
    (TS.replace("@dimensions 2", "@seriesLength 3"), ["@serieslength 3", "1 to 3 steps"]),
    (TS.replace("@classLabel true b a c", "@classLabel false"), ["line 10", "'a'"]),
    (TS.replace("@classLabel true b a c\n", ""), ["whether it has class labels"]),
    (TS.replace("@classLabel true b a c", "@targetLabel true"), ["'a' in row 10", "number"]),
    (TS.replace("true b a c", "true b a b a"), ["names a class twice"]),
    (TS.replace("true b a c", "true b c"), ["line 10", "'a'", "'b', 'c'"]),
    (TS.replace("true b a c", "true").replace(":b", ":a"), ["one class", "'a'"]),
    (TS.replace("10.5:b", "10.5:"), ["line 12", "label ''"]),
    (TS.replace("1,2,3:4,5,6:a", "1,2,3"), ["line 10", "no ':'"]),
    (TS.replace("4,5,6", "4,5"), ["line 10", "2 to 3 steps"]),
    (TS.replace("7,8:9,10.5", "7,8"), ["line 12", "1 dimensions", "expected 2"]),
    (
        TS.replace("4,5,6", "4,?,6"),
        ["line 10", "missing value in step 1 of input 1", "--missing interpolate, drop or mask"],
    ),
    (TS.replace("4,5,6", "4,NaN,6"), ["line 10", "missing value in step 1"]),
    (TS.replace("4,5,6", "4,,6"), ["line 10", "''", "finite number"]),
    (TS.replace("4,5,6", "4,inf,6"), ["line 10", "'inf'", "finite number"]),
    (TS.replace("4,5,6", "4,five,6"), ["line 10", "'five'"]),
    (TS.replace("4,5,6", ""), ["line 10", "''"]),
    (TS.replace("4,5,6", "(0,4),(1,5),(2,6)"), ["line 10", "'(0'"]),
    (b"\xff\xfd\0\1", ["not text in UTF-8", ".ts file"]),
]
BROKEN_TSV = [
    ("", ["is empty"]),
    ("1,2,3\n2,3,4\n", ["line 1", "no tab"]),
    ("1\t2\n1\t3\n", ["one class"]),
    ("1\tx\n2\t3\n", ["line 1", "'x'"]),
    ("1\t2\n2\tNaN\t3\n", ["line 2", "missing value in step 0"]),
    ("1\t2\n2\tNaN\tNaN\n", ["line 2", "no values"]),
    ("1\t2\n\t3\n", ["no value in row 2"]),
    ("0.5\t2\n1\t3\n", ["regression", "0.5"]),
]


@pytest.mark.parametrize(
    ("ending", "content", "parts"),
    [
        *((".ts", *case) for case in BROKEN_TS),
        *((".tsv", *case) for case in BROKEN_TSV),
        (".csv", TSV, ["'.csv'", ".ts, .tsv"]),
    ],
)
def test_ts_says_what_is_wrong(
    tmp_path: Path, ending: str, content: str | bytes, parts: list[str]
) -> None:
    write_files(tmp_path, {f"Toy{ending}": content})
    with pytest.raises(ValueError, match="Toy") as error:
        load_ts(tmp_path / f"Toy{ending}")
    one_sentence(error, *parts)


@pytest.mark.parametrize(
    ("files", "kind", "parts"),
    [
        ({"Other.ts": TS}, FileNotFoundError, ["no file", "Toy_TRAIN", "Toy_TEST"]),
        ({"Toy/": ""}, FileNotFoundError, ["no file", "Toy_TRAIN", "Toy_TEST"]),
        ({"Toy_TRAIN.ts": TS}, FileNotFoundError, ["'Toy_TRAIN.ts' but no 'Toy_TEST.ts'"]),
        (
            {"Toy_TRAIN.ts": TS, "Toy_TEST.ts": "@classLabel true a\n@data\n1:a\n"},
            ValueError,
            ["Toy_TRAIN.ts' has 2 dimensions", "Toy_TEST.ts' has 1"],
        ),
    ],
)
def test_pairs_say_what_is_wrong(
    tmp_path: Path, files: Files, kind: type[Exception], parts: list[str]
) -> None:
    write_files(tmp_path, files)
    with pytest.raises(kind, match="Toy") as error:
        load_ts(tmp_path / "Toy")
    one_sentence(error, *parts)
