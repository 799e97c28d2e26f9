"""Readers of series, folders, long tables and Parquet: what they read and what they refuse."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets import (
    Dataset,
    load,
    load_csv,
    load_folder,
    load_long,
    load_path,
    load_table,
    load_ts,
)

Files = dict[str, "str | bytes | np.ndarray"]


def lay(folder: Path, files: Files) -> None:
    """Write files by their paths below a folder; a name that ends in / is a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif isinstance(content, np.ndarray):
            np.save(path, content, allow_pickle=True)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)


def sequences(data: Dataset) -> list[list[list[float]]]:
    """Return each sequence up to its own length, checked to be 0 after it."""
    assert data.X.ndim == 3
    lengths = [data.shape[1]] * len(data.X) if data.lengths is None else data.lengths
    for x, length in zip(data.X, lengths, strict=True):
        assert not x[length:].any()
    return [x[:length].tolist() for x, length in zip(data.X, lengths, strict=True)]


def labels(data: Dataset) -> list[str]:
    return [data.classes[label] for label in data.y]


# --- Series of the archives --------------------------------------------------------------

HEADER = """# A comment.
@problemName Toy
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true b a c
@data
"""
TS = HEADER + "1,2,3:4,5,6:a\n\n7,8:9,10.5:b\n-1e2 : +2 : a\n"
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
    lay(tmp_path, {"Toy.ts": content})
    data = load_ts(tmp_path / "Toy.ts")
    assert sequences(data) == SERIES
    assert labels(data) == ["a", "b", "a"]
    assert data.classes == ("a", "b", "c")
    assert data.lengths is not None
    assert (data.name, data.source, data.test) == ("Toy", "Toy.ts", None)


def test_ts_of_equal_length_and_one_dimension(tmp_path: Path) -> None:
    header = "@univariate true\n@equalLength true\n@seriesLength 2\n@classLabel true 10 2\n@data\n"
    lay(tmp_path, {"Toy.ts": header + "1,2:10\n3,4:2\n"})
    data = load_ts(str(tmp_path / "Toy.ts"))
    assert data.lengths is None
    assert data.shape == (2, 2, 1)
    assert data.classes == ("2", "10")
    assert labels(data) == ["10", "2"]


TSV = "1\t0.5\t1.5\n-1\t2.5\tNaN\n1\t3\t4\n"


@pytest.mark.parametrize("where", ["Toy", "Toy/Toy"])
@pytest.mark.parametrize("kind", ["ts", "tsv"])
def test_pairs_by_name(tmp_path: Path, where: str, kind: str) -> None:
    train, test = (TS, HEADER + "5:6:c\n") if kind == "ts" else (TSV, "-1\t7\n")
    lay(tmp_path, {f"{where}_TRAIN.{kind}": train, f"{where}_TEST.{kind}": test})
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


# --- Folders -----------------------------------------------------------------------------

FOLDER: Files = {
    "yes/2.csv": "x,z\n1,2\n3,4\n",
    "yes/1.npy": np.array([[5, 6]]),
    "no/1.csv": "7;8\n9;10\n11;12\n",
    ".hidden/x.txt": "",
    "no/.hidden": "",
}


def test_folder_of_sub_folders(tmp_path: Path) -> None:
    lay(tmp_path / "toy", FOLDER)
    data = load_folder(tmp_path / "toy")
    assert sequences(data) == [[[7, 8], [9, 10], [11, 12]], [[5, 6]], [[1, 2], [3, 4]]]
    assert labels(data) == ["no", "yes", "yes"]
    assert (data.name, data.source) == ("toy", "toy")


@pytest.mark.parametrize("header", ["", "file,label\n"])
def test_folder_with_a_table_of_labels(tmp_path: Path, header: str) -> None:
    lay(tmp_path, {**FOLDER, "labels.csv": header + "yes/2.csv,3\nno/1.csv,20\nyes/1.npy,3\n"})
    data = load_folder(str(tmp_path))
    assert sequences(data) == [[[1, 2], [3, 4]], [[7, 8], [9, 10], [11, 12]], [[5, 6]]]
    assert data.classes == ("3", "20")
    assert labels(data) == ["3", "20", "3"]


def test_folder_of_one_input_and_one_length(tmp_path: Path) -> None:
    lay(tmp_path, {"a/1.npy": np.array([1.5, 2.5], np.float32), "b/1.csv": "3\n4\n"})
    data = load_folder(tmp_path)
    assert data.lengths is None
    assert sequences(data) == [[[1.5], [2.5]], [[3], [4]]]


# --- Long tables -------------------------------------------------------------------------

LONG = """label,id,x,time,z
yes,B,3,2,4
no,a,7,0.5,8
yes,B,1,1,2
yes,c,5,9,6
"""


def test_long_table(tmp_path: Path) -> None:
    lay(tmp_path, {"toy.csv": LONG})
    data = load_long(tmp_path / "toy.csv")
    assert sequences(data) == [[[1, 2], [3, 4]], [[7, 8]], [[5, 6]]]
    assert labels(data) == ["yes", "no", "yes"]
    lay(tmp_path, {"toy.csv": LONG.replace("id", "case").replace(",", ";")})
    np.testing.assert_array_equal(load_long(tmp_path / "toy.csv", sequence="case").X, data.X)


def test_long_table_of_a_task_gives_it_back(tmp_path: Path) -> None:
    data = load("temporal_order", n_sequences=8, n_steps=10)
    assert data.lengths is not None
    lines = ["id,time,label," + ",".join(f"x{i}" for i in range(8))]
    for i, (x, length) in enumerate(zip(data.X, data.lengths, strict=True)):
        lines += [
            f"{i},{t},{data.classes[data.y[i]]}," + ",".join(map(str, x[t])) for t in range(length)
        ]
    lay(tmp_path, {"toy.csv": "\n".join([lines[0], *lines[:0:-1]])})
    back = load_long(tmp_path / "toy.csv")
    np.testing.assert_array_equal(back.X[::-1], data.X)
    np.testing.assert_array_equal(back.lengths[::-1], data.lengths)  # type: ignore[index]
    assert labels(back)[::-1] == labels(data)


# --- Parquet -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [str, int, float, "category"])
def test_parquet_is_read_as_csv_is(tmp_path: Path, kind: object) -> None:
    pytest.importorskip("pyarrow")
    iris = load("iris")
    frame = pandas.DataFrame(iris.X, columns=list("abcd"))
    frame.insert(2, "k", pandas.Series(iris.y).astype(kind))  # type: ignore[call-overload]
    frame.to_parquet(tmp_path / "toy.parquet")
    frame.to_csv(tmp_path / "toy.csv", index=False)
    for options in ({"label": "k"}, {"label": 2, "timesteps": 2}):
        data = load_table(tmp_path / "toy.parquet", **options)
        twin = load_csv(tmp_path / "toy.csv", **options)
        np.testing.assert_array_equal(data.X, twin.X)
        np.testing.assert_array_equal(data.y, twin.y)
        assert data.classes == twin.classes == ("0", "1", "2")


def test_parquet_of_truth_values_and_whole_numbers(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {"x": [True, False], "z": pandas.array([1, 2], "Int64"), "k": ["a", "b"]}
    )
    frame.to_parquet(tmp_path / "toy.parquet")
    assert load_table(tmp_path / "toy.parquet").X.tolist() == [[1, 1], [0, 2]]


# --- Paths -------------------------------------------------------------------------------


def test_path_finds_its_reader(tmp_path: Path) -> None:
    lay(tmp_path, {"Toy.ts": TS, "toy.csv": "k,x\na,1\nb,2\n", "toy.tsv": "1\ta\n2\tb\n"})
    lay(tmp_path / "folder", FOLDER)
    lay(tmp_path / "Pair", {"Pair_TRAIN.tsv": TSV, "Pair_TEST.tsv": TSV})
    assert load_path(tmp_path / "Toy.ts").shape == (3, 3, 2)
    assert load_path(tmp_path / "toy.csv", label="k").classes == ("a", "b")
    assert load_path(str(tmp_path / "toy.tsv")).classes == ("a", "b")
    assert load_path(tmp_path / "folder").shape == (3, 3, 2)
    assert load_path(tmp_path / "Pair").test is not None
    for name in ("Toy.ts", "folder", "Pair"):
        with pytest.raises(ValueError, match="expected it with a table only") as error:
            load_path(tmp_path / name, label="k")
        one_sentence(error, name)


def test_path_of_parquet(tmp_path: Path) -> None:
    parquet(k=["a", "b"], x=[1, 2])(tmp_path / "toy.parquet")
    assert load_path(tmp_path / "toy.parquet", label="k").classes == ("a", "b")


def parquet(**columns: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        pytest.importorskip("pyarrow")
        pandas.DataFrame(columns).to_parquet(path)

    return write


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"toy.parquet": ""})
    for library in ("pyarrow", "pyarrow.parquet", "fastparquet"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r"pip install 'metarnn\[parquet\]'") as error:
        load_table(tmp_path / "toy.parquet")
    one_sentence(error, "toy.parquet")


# --- What is refused ---------------------------------------------------------------------


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
    (TS.replace("@classLabel true b a c", "@classLabel false"), ["no class labels"]),
    (TS.replace("@classLabel true b a c\n", ""), ["no class labels"]),
    (TS.replace("@classLabel true b a c", "@targetLabel true"), ["@targetLabel", "classes"]),
    (TS.replace("true b a c", "true b a b a"), ["names a class twice"]),
    (TS.replace("true b a c", "true b c"), ["line 10", "'a'", "'b', 'c'"]),
    (TS.replace("true b a c", "true").replace(":b", ":a"), ["one class", "'a'"]),
    (TS.replace("10.5:b", "10.5:"), ["line 12", "label ''"]),
    (TS.replace("1,2,3:4,5,6:a", "1,2,3"), ["line 10", "no ':'"]),
    (TS.replace("4,5,6", "4,5"), ["line 10", "2 to 3 steps"]),
    (TS.replace("7,8:9,10.5", "7,8"), ["line 12", "1 dimensions", "expected 2"]),
    (TS.replace("4,5,6", "4,?,6"), ["line 10", "missing value (?)"]),
    (TS.replace("4,5,6", "4,NaN,6"), ["line 10", "missing value (NaN)"]),
    (TS.replace("4,5,6", "4,,6"), ["line 10", "''", "finite number"]),
    (TS.replace("4,5,6", "4,inf,6"), ["line 10", "'inf'", "finite number"]),
    (TS.replace("4,5,6", "4,five,6"), ["line 10", "'five'"]),
    (TS.replace("4,5,6", ""), ["line 10", "''"]),
    (TS.replace("4,5,6", "(0,4),(1,5),(2,6)"), ["line 10", "'(0'"]),
    (b"\xff\xfe\0\1", ["not text in UTF-8", ".ts file"]),
]
BROKEN_TSV = [
    ("", ["is empty"]),
    ("1,2,3\n2,3,4\n", ["line 1", "no tab"]),
    ("1\t2\n1\t3\n", ["one class"]),
    ("1\tx\n2\t3\n", ["line 1", "'x'"]),
    ("1\t2\n2\tNaN\t3\n", ["line 2", "missing value (NaN)"]),
    ("1\t2\n2\tNaN\tNaN\n", ["line 2", "no values"]),
    ("1\t2\n\t3\n", ["no value in row 2"]),
    ("0.5\t2\n1\t3\n", ["regression", "0.5"]),
]
BROKEN_FOLDERS: list[tuple[Files, list[str]]] = [
    ({"x/": ""}, ["no file in it"]),
    ({".x": ""}, ["nothing in it", "sub-folder"]),
    ({"a/1.csv": "1\n2", "1.csv": "1\n"}, ["'1.csv'", "sub-folder for each class"]),
    ({"a/1.csv": "1\n", "a/2.csv": "1\n"}, ["one class", "'a'"]),
    ({"a/1.csv": "1\n", "b/1.txt": "1\n"}, ["1.txt", "no .csv or .npy"]),
    ({"a/1.csv": "1\n", "b/c/1.csv": "1\n"}, ["no .csv or .npy"]),
    ({"a/1.csv": "1\n", "b/1.csv": ""}, ["1.csv", "is empty"]),
    ({"a/1.csv": "1\n", "b/1.csv": "x\n"}, ["1.csv", "header"]),
    ({"a/1.csv": "1\n", "b/1.csv": "1,2\n"}, ["2 inputs", "expected 1"]),
    ({"a/1.csv": "1\n", "b/1.csv": "1\n?\n"}, ["row 2", "'?'"]),
    ({"a/1.csv": "1,2\n", "b/1.csv": "1,2\n3\n"}, ["row 2", "1 fields"]),
    ({"a/1.csv": "1\n", "b/1.csv": b"\xff\xfe"}, ["not text in UTF-8"]),
    ({"a/1.csv": "1\n", "b/1.npy": b"no array"}, ["1.npy", "cannot be read"]),
    ({"a/1.csv": "1\n", "b/1.npy": b""}, ["1.npy", "cannot be read"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.array([None])}, ["1.npy", "cannot be read"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.array(["x"])}, ["type <U1"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.zeros((0, 1))}, ["shape (0, 1)"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.zeros((1, 1, 1))}, ["shape (1, 1, 1)"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.array([np.nan])}, ["NaN or an infinity"]),
    ({"labels.csv": ""}, ["labels.csv", "is empty"]),
    ({"labels.csv": "file,label\n"}, ["names no file"]),
    ({"labels.csv": "1.csv,a,b\n", "1.csv": "1\n"}, ["3 columns"]),
    ({"labels.csv": "1.csv,a\n2.csv,b\n", "1.csv": "1\n"}, ["row 2", "'2.csv'"]),
    ({"labels.csv": "1.csv,a\n1.csv,b\n", "1.csv": "1\n"}, ["1.csv' twice"]),
    ({"labels.csv": "1.csv,a\n", "1.csv": "1\n", "2.csv": "1\n"}, ["2.csv", "does not name"]),
    ({"labels.csv": "1.csv,a\n2.csv,\n", "1.csv": "1\n", "2.csv": "1\n"}, ["no value in row 2"]),
    ({"labels.csv": "1.csv,a\n2.csv,a\n", "1.csv": "1\n", "2.csv": "1\n"}, ["one class"]),
]
BROKEN_LONG = [
    ("", {}, ["is empty"]),
    ("id,time,label,x\n", {}, ["header and nothing else"]),
    ("id,time,label\n1,2,a\n", {}, ["expected inputs beside them"]),
    (LONG.replace("id", "case"), {}, ["column 'id'", "is not there", "'case'"]),
    (LONG.replace("x", "id"), {}, ["column 'id'", "more than once"]),
    (LONG, {"time": "id"}, ["three different ones"]),
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
BROKEN_TABLES = [
    (lambda path: path.write_text("x,k\n1,a\n2,b\n"), {}, ["cannot be read"]),
    (lambda path: path.write_bytes(b""), {}, ["cannot be read"]),
    (parquet(x=[1.0, 2.0]), {}, ["2 rows of 1 columns"]),
    (parquet(x=[], k=[]), {}, ["0 rows of 2 columns"]),
    (parquet(x=[1, 2], k=["a", "b"]), {"label": "y"}, ["'y'", "is not there", "'x', 'k'"]),
    (parquet(x=[1, 2], k=["a", "b"]), {"label": 2}, ["label column 2", "out of range"]),
    (parquet(x=[1, 2], k=["a", None]), {}, ["'k'", "no value in row 1"]),
    (parquet(x=[1, 2], k=["a", "a"]), {}, ["'k'", "one class"]),
    (parquet(x=[1, 2], k=[0.5, 1.5]), {}, ["'k'", "regression"]),
    (
        parquet(x=["1", "2"], k=["a", "b"]),
        {},
        ["column 'x'", "'1' in row 0"],
    ),
    (parquet(x=[1.0, np.nan], k=["a", "b"]), {}, ["column 'x'", "nan in row 1"]),
    (parquet(x=[1.0, np.inf], k=["a", "b"]), {}, ["column 'x'", "inf in row 1"]),
    (parquet(x=[1, 2], k=["a", "b"]), {"timesteps": 2}, ["timesteps is 2", "1 features"]),
]


@pytest.mark.parametrize(
    ("ending", "content", "parts"),
    [
        *((".ts", *case) for case in BROKEN_TS),
        *((".tsv", *case) for case in BROKEN_TSV),
        (".csv", TSV, ["'.csv'", ".ts or .tsv"]),
    ],
)
def test_ts_says_what_is_wrong(
    tmp_path: Path, ending: str, content: str | bytes, parts: list[str]
) -> None:
    lay(tmp_path, {f"Toy{ending}": content})
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
    lay(tmp_path, files)
    with pytest.raises(kind, match="Toy") as error:
        load_ts(tmp_path / "Toy")
    one_sentence(error, *parts)


@pytest.mark.parametrize(("files", "parts"), BROKEN_FOLDERS)
def test_folder_says_what_is_wrong(tmp_path: Path, files: Files, parts: list[str]) -> None:
    lay(tmp_path / "toy", files)
    with pytest.raises((ValueError, FileNotFoundError), match="toy") as error:
        load_folder(tmp_path / "toy")
    one_sentence(error, *parts)


def test_folder_that_is_none(tmp_path: Path) -> None:
    lay(tmp_path, {"toy": ""})
    for name, part in (("toy", "is a file"), ("other", "is not there")):
        with pytest.raises(FileNotFoundError, match="expected a folder") as error:
            load_folder(tmp_path / name)
        one_sentence(error, part)


@pytest.mark.parametrize(("content", "options", "parts"), BROKEN_LONG)
def test_long_table_says_what_is_wrong(
    tmp_path: Path, content: str, options: dict[str, str], parts: list[str]
) -> None:
    lay(tmp_path, {"toy.csv": content})
    with pytest.raises(ValueError, match=r"toy\.csv") as error:
        load_long(tmp_path / "toy.csv", **options)
    one_sentence(error, *parts)


@pytest.mark.parametrize(("write", "options", "parts"), BROKEN_TABLES)
def test_parquet_says_what_is_wrong(
    tmp_path: Path, write: Callable[[Path], object], options: dict, parts: list[str]
) -> None:
    pytest.importorskip("pyarrow")
    write(tmp_path / "toy.parquet")
    with pytest.raises(ValueError, match=r"toy\.parquet") as error:
        load_table(tmp_path / "toy.parquet", **options)
    one_sentence(error, *parts)


@pytest.mark.parametrize("read", [load_long, load_table, load_ts])
def test_missing_file(tmp_path: Path, read: Callable[[Path], Dataset]) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file") as error:
        read(tmp_path / "nothing.ts")
    one_sentence(error, "nothing.ts")
