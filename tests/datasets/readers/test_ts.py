"""Series of the UCR and UEA archives."""

from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import HEADER, TS, TSV, Files, labels, sequences, write_files

from metarnn.datasets import load_path, load_ts

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


def test_labels_are_not_read_for_predictions(tmp_path: Path) -> None:
    write_files(tmp_path, {"Toy.ts": TS.replace(":b", ":a").replace("true b a c", "true")})
    with pytest.raises(ValueError, match="one class"):
        load_ts(tmp_path / "Toy.ts")
    data = load_ts(tmp_path / "Toy.ts", labeled=False)
    assert sequences(data) == SERIES
    assert data.classes == ()


def test_numbers_of_several_dimensions_and_a_pair(tmp_path: Path) -> None:
    content = TS.replace("@classLabel true b a c", "@classLabel false\n@targetLabel true")
    content = content.replace(":a", ":-1.5").replace(": a", ":2").replace(":b", ":1e3")
    write_files(tmp_path, {"Toy_TRAIN.ts": content, "Toy_TEST.ts": content})
    data = load_ts(tmp_path / "Toy")
    assert data.targets is not None
    assert data.targets.tolist() == [-1.5, 1000, 2] * 2
    assert data.test is not None
    write_files(tmp_path, {"Toy_TEST.ts": TS})
    with pytest.raises(ValueError, match="labels of different kinds") as error:
        load_ts(tmp_path / "Toy")
    one_sentence(error)


def test_missing_values_of_several_dimensions(tmp_path: Path) -> None:
    write_files(tmp_path, {"Toy.ts": TS.replace("4,5,6", "?,5,NaN")})
    data = load_ts(tmp_path / "Toy.ts", missing="interpolate")
    assert sequences(data)[0] == [[1, 5], [2, 5], [3, 5]]
    assert sequences(load_ts(tmp_path / "Toy.ts", missing="drop"))[0] == [[2, 5]]


def test_padding_is_not_missing_and_a_gap_is_no_padding(tmp_path: Path) -> None:
    for name, sign in (("toy.tsv", "\t"), ("toy.txt", "  ")):
        rows = ["1.0", "NaN", "2", "NaN", "NaN"], ["2.0", "3", "4", "5.5", "NaN"]
        write_files(tmp_path, {name: "\n".join(sign.join(row) for row in rows)})
        with pytest.raises(ValueError, match=r"line 1.*step 0"):
            load_path(tmp_path / name)
        data = load_path(tmp_path / name, missing="interpolate")
        assert sequences(data) == [[[2], [2]], [[3], [4], [5.5]]]
        assert data.classes == ("1", "2")


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        ("0\t0.5\t1\n1\t2\t0\n", (2, 2)),  # the last column may be a class
        ("0\t0.5\t1.5\n1\t2\t0\n", (2, 2, 1)),
        ("0\t0.5\t1\n1\t2\tNaN\n", (2, 2, 1)),
        ("k\tx\n0\t1\n1\t2\n", (2, 1)),
    ],
)
def test_a_table_or_the_archives_form(tmp_path: Path, content: str, shape: tuple) -> None:
    write_files(tmp_path, {"toy.tsv": content, "toy_TRAIN.tsv": content})
    assert load_path(tmp_path / "toy.tsv").shape == shape
    archive = load_path(tmp_path / "toy_TRAIN.tsv").X.ndim == 3
    assert archive == (content[0] == "0")


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
