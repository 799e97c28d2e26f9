"""Tables of text and Parquet."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import parquet, write_files

from metarnn import datasets
from metarnn.datasets import load, load_csv, load_table, read_table

PLAIN = "1,2,3,4,yes\n5,6,7,8,no\n9,10,11,12,yes\n"
NUMBERS = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_table_has_numbers_where_all_fields_are_and_lines_as_index(write) -> None:
    frame = read_table(write("a,b,a,d\n1,x,1.5,\n\n2,7,1e3,4\n"))
    assert frame.columns.tolist() == ["a", "b", "a", "d"]
    assert frame.index.tolist() == [2, 4]
    assert [column.dtype.kind in "if" for _, column in frame.items()] == [True, False, True, False]
    assert frame.iloc[:, 1].tolist() == ["x", "7"]
    assert frame.iloc[:, 2].tolist() == [1.5, 1000]
    assert frame.iloc[:, 3].tolist() == ["", "4"]


@pytest.mark.parametrize(
    ("content", "options", "names"),
    [
        ("0,1,k\n1,2,a\n", {}, ["0", "1", "k"]),
        ("0,1,k\n1,2,a\n", {"target": 2}, ["column 0", "column 1", "column 2"]),
        ("0,1,k\n1,2,3\n", {"target": 2}, ["0", "1", "k"]),
        ("0,1\n1,2\n", {"header": True}, ["0", "1"]),
        ("a,b\nc,d\n", {"header": False}, ["column 0", "column 1"]),
    ],
)
def test_a_table_finds_its_header(write, content: str, options: dict, names: list[str]) -> None:
    assert read_table(write(content), **options).columns.tolist() == names


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (PLAIN, {}),
        (PLAIN.replace(",", ";"), {}),
        (PLAIN.replace(",", "\t"), {}),
        (PLAIN.replace(",", " , "), {}),
        (PLAIN.replace("\n", "\r\n"), {}),
        (PLAIN.replace("\n", "\r"), {}),
        (PLAIN.replace("\n", " \n"), {}),
        (PLAIN.rstrip(), {}),
        (PLAIN.replace("\n", "\n\n  \n"), {}),
        ("\ufeff" + PLAIN, {}),
        (PLAIN.replace("yes", '"yes"').replace("3", ' "3.0"'), {}),
        (PLAIN.replace("5", "+5e0").replace("12", "1.2E1"), {}),
        ("a,b,c,d,class\n" + PLAIN, {}),
        ("a,b,c,d,class\n" + PLAIN, {"target": "class"}),
        ("a,b,c,d,class\n" + PLAIN, {"target": 4}),
        ("a,a,a,a,class\n" + PLAIN, {}),
        ("a,,,d,\n" + PLAIN, {}),
        ("2019_01,2019_02,2019_03,2019_04,class\n" + PLAIN, {}),
        ("1,2,3,4,class\n" + PLAIN, {"target": "class"}),
        (
            "size, in cm, at noon, if dry, or so, etc;weight;a;b;class\n" + PLAIN.replace(",", ";"),
            {"target": "class"},
        ),
        ("class,a,b,c,d\nyes,1,2,3,4\nno,5,6,7,8\nyes,9,10,11,12\n", {"target": "class"}),
        ("yes,1,2,3,4\nno,5,6,7,8\nyes,9,10,11,12\n", {"target": 0}),
        ("1,2,yes,3,4\n5,6,no,7,8\n9,10,yes,11,12\n", {"target": -3}),
    ],
)
def test_csv_forms_that_mean_the_same(write, content: str, options: dict[str, object]) -> None:
    data = datasets.load_csv(write(content), **options)
    np.testing.assert_array_equal(data.X, NUMBERS)
    assert [data.classes[label] for label in data.y] == ["yes", "no", "yes"]
    assert data.classes == ("no", "yes")
    assert (data.name, data.source, data.license) == ("table", "table.csv", "unknown (your file)")
    assert not data.exhaustive


def test_csv_path_may_be_a_string(write) -> None:
    assert datasets.load_csv(str(write(PLAIN))).n_sequences == 3


def test_csv_with_commas_inside_fields_of_a_semicolon_file(write) -> None:
    data = datasets.load_csv(write('a;b;class\n1;2;"x, y"\n3;4;z, z\n'))
    assert data.classes == ("x, y", "z, z")
    np.testing.assert_array_equal(data.X, [[1, 2], [3, 4]])


HALVES = PLAIN.replace("5", "5.5").replace("12", "12.25").replace(",", ";").replace(".", ",")


@pytest.mark.parametrize(
    "content",
    [
        HALVES,
        HALVES.replace(";", "\t"),
        "a;b;c;d;class\n" + HALVES,
        "a;b;c;d;class\r\n" + HALVES.replace("\n", "\r\n"),
        HALVES.replace("5,5", '"5,5"').replace("12,25", '"12,25"').replace(";", ","),
        HALVES.replace("5,5", "+5,50e0").replace("12,25", "1225,0E-2"),
    ],
)
def test_decimal_commas(write, content: str) -> None:
    data = load_csv(write(content))
    assert data.X.tolist() == [[1, 2, 3, 4], [5.5, 6, 7, 8], [9, 10, 11, 12.25]]
    assert data.classes == ("no", "yes")


def test_numbers_with_decimal_commas_alone(write) -> None:
    frame = read_table(write("0,5;1,5;2,5\n3,5;4,5;5,5\n"))
    assert frame.to_numpy().tolist() == [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]


def test_commas_in_words_stay(write) -> None:
    data = load_csv(write("x;note;k\n1;2;a, b\n3;4;c, d\n"))
    assert data.classes == ("a, b", "c, d")


GAPS = "x,z,k\n1,2,a\n,4,b\n5,NA,a\n7,8,b\n"


def test_rows_with_missing_values_are_left_out(write) -> None:
    data = load_csv(write(GAPS), missing="drop")
    assert data.X.tolist() == [[1, 2], [7, 8]]
    assert data.y.tolist() == [0, 1]


def test_missing_values_of_rows_are_marked(write) -> None:
    data = load_csv(write(GAPS), missing="mask")
    assert data.X.tolist() == [[1, 2, 0, 0], [0, 4, 1, 0], [5, 0, 0, 1], [7, 8, 0, 0]]
    steps = load_csv(write(GAPS), missing="mask", timesteps=2)
    assert steps.X[2].tolist() == [[5, 0], [5, 1]]


def test_rows_that_are_steps_are_interpolated(write) -> None:
    path = write("a,b,c,k\n1,,3,u\n4,5,?,w\n")
    with pytest.raises(ValueError, match="is one step") as error:
        load_csv(path, missing="interpolate")
    one_sentence(error, "table.csv", "timesteps that cut")
    data = load_csv(path, missing="interpolate", timesteps=3)
    assert data.X[:, :, 0].tolist() == [[1, 2, 3], [4, 5, 5]]


@pytest.mark.parametrize(
    ("content", "missing", "parts"),
    [
        (GAPS, None, ["'x'", "row 3", "--missing interpolate, drop or mask"]),
        (GAPS, "zero", ["missing", "'zero'"]),
        ("x,k\n,a\n?,b\n", "drop", ["no row without", "missing='mask'"]),
        (GAPS.replace("8", "oops"), "drop", ["'z'", "'oops'", "row 5"]),
        (GAPS.replace("8", "inf"), "mask", ["'z'", "'inf'", "row 5"]),
    ],
)
def test_missing_values_say_what_is_wrong(write, content, missing, parts) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        load_csv(write(content), missing=missing)
    one_sentence(error, *parts)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "2", "2"], ("2", "10")),
        (["1.0", "0", "1"], ("0", "1")),
        (["-1", "+1", "1"], ("-1", "1")),
        (["10", "2", "b"], ("10", "2", "b")),
        (["none", "mild", "none"], ("mild", "none")),
    ],
)
def test_csv_orders_the_classes(write, labels: list[str], classes: tuple[str, ...]) -> None:
    data = datasets.load_csv(write("x,class\n" + "".join(f"0.5,{label}\n" for label in labels)))
    assert data.classes == classes
    assert data.y.tolist() == [
        classes.index(label if label in classes else f"{float(label):g}") for label in labels
    ]


def test_csv_numbered_columns_over_numeric_labels_are_a_header(write) -> None:
    data = datasets.load_csv(write("0,1,target\n1.5,2.5,0\n3.5,4.5,1\n"))
    np.testing.assert_array_equal(data.X, [[1.5, 2.5], [3.5, 4.5]])


def test_csv_timesteps_cut_the_columns_in_order(write) -> None:
    data = datasets.load_csv(write(PLAIN), timesteps=2)
    np.testing.assert_array_equal(data.X, [[row[:2], row[2:]] for row in NUMBERS])
    assert "3 sequences of 2 steps of 2 inputs" in data.describe()


def test_csv_many_numeric_classes_with_enough_rows_each(write) -> None:
    rows = "".join(f"{i},{i % 25}\n" for i in range(50))
    assert datasets.load_csv(write(rows)).n_classes == 25


def test_csv_few_rows_may_each_have_a_class(write) -> None:
    assert datasets.load_csv(write("".join(f"0.5,{i}\n" for i in range(20)))).n_classes == 20


def test_csv_survives_its_own_round_trip(write) -> None:
    iris = datasets.load("iris")
    lines = ["sl,sw,pl,pw,species"]
    for x, label in zip(iris.X.tolist(), iris.y, strict=True):
        lines.append(",".join(map(repr, x)) + "," + iris.classes[label])
    data = datasets.load_csv(write("\n".join(lines)))
    np.testing.assert_array_equal(data.X, iris.X)
    np.testing.assert_array_equal(data.y, iris.y)
    assert data.classes == iris.classes


@pytest.mark.parametrize(
    ("content", "options", "parts"),
    [
        pytest.param("", {}, ["is empty"], id="empty"),
        pytest.param("\n \n\n", {}, ["is empty"], id="blank"),
        pytest.param("a,b,class\n", {}, ["header", "rows after it"], id="header only"),
        pytest.param("1,2,c\n", {"target": "c"}, ["header"], id="header only, by its label"),
        pytest.param(b"\x89PNG\r\n\x1a\n\xff\xfe", {}, ["UTF-8"], id="binary"),
        pytest.param(b"1,2,a\n\0\0\0\0\n", {}, ["UTF-8"], id="zero bytes"),
        pytest.param(PLAIN.encode("utf-16-le"), {}, ["UTF-8"], id="utf-16 without a mark"),
        pytest.param("1,2,caf\xe9\n".encode("latin-1"), {}, ["UTF-8"], id="latin-1"),
        pytest.param("1,2,a\n3,4,b\n5,6\n", {}, ["row 3", "2 fields", "expected 3"], id="short"),
        pytest.param("1,2,a\n\n3,4,5,b\n", {}, ["row 3", "4 fields", "expected 3"], id="long"),
        pytest.param('1,2,a\n3,"4,b\n5,6,a\n', {}, ["row 2"], id="open quote"),
        pytest.param('1,2,"a\n3,4,b\n', {}, ["row 1"], id="open quote at once"),
        pytest.param("a\nb\n", {}, ["1 columns", "semicolons"], id="one column"),
        pytest.param("1 2 a\n3 4 b\n", {}, ["1 columns", "semicolons"], id="spaces"),
        pytest.param(
            "1,2,a\n3,4,a\n", {}, ["column 'column 2'", "one class", "'a'"], id="one class"
        ),
        pytest.param(
            "x,k\n1,1.0\n2,1\n", {}, ["target column 'k'", "one class", "'1'"], id="one number"
        ),
        pytest.param(
            "x,k\n1,1\n2,2.5\n", {}, ["target column 'k'", "regression", "row 3"], id="continuous"
        ),
        pytest.param(
            "x,k\n" + "".join(f"1,{i}\n" for i in range(21)),
            {},
            ["target column 'k'", "regression", "21 different"],
            id="too many numbers",
        ),
        pytest.param("x,k\n1,a\n2,\n", {}, ["target column 'k'", "row 3"], id="no label"),
        pytest.param(
            "x,k\n1,0\n\n2,NaN\n", {}, ["target column 'k'", "no value", "row 4"], id="NaN label"
        ),
        pytest.param("x,z,k\n1,2,a\n3,oops,b\n", {}, ["column 'z'", "'oops'", "row 3"], id="text"),
        pytest.param("x,z,k\n1,2,a\n,4,b\n", {}, ["column 'x'", "''", "row 3"], id="missing"),
        pytest.param(",k,k\n1,2,a\n!,3,b\n", {}, ["column 'column 0'", "row 3"], id="no name"),
        pytest.param(
            ",x,k\n0,3,a\n1,5,a\n2,4,b\n", {}, ["first column", "counts the rows"], id="row numbers"
        ),
        pytest.param("NA,2,a\n3,4,b\n", {}, ["column 'column 0'", "'NA'", "row 1"], id="NA"),
        pytest.param("?,2,a\n3,4,b\n", {}, ["column 'column 0'", "'?'", "row 1"], id="first row"),
        pytest.param("x,k\n1,a\ninf,b\n", {}, ["column 'x'", "'inf'", "row 3"], id="infinity"),
        pytest.param("x,k\n1,a\n1e999,b\n", {}, ["column 'x'", "'1e999'", "row 3"], id="overflow"),
        pytest.param("x,k\n1,a\nnan,b\n", {}, ["column 'x'", "'nan'", "row 3"], id="NaN"),
        pytest.param('x,k\n1,"a\nb"\n"",c\n', {}, ["column 'x'", "row 4"], id="line in a field"),
        pytest.param(
            "x;z;k\n1,5;2.5;a\n2,5;3.5;b\n",
            {},
            ["column 'x'", "'1,5'", "row 2"],
            id="both decimals",
        ),
        pytest.param(
            'x,k\n"1,500",a\n"2,500",b\n', {}, ["column 'x'", "'1,500'"], id="thousands, perhaps"
        ),
        pytest.param("x,k\n1,a\n2,b\n", {"target": "K"}, ["'K'", "'x', 'k'"], id="unknown label"),
        pytest.param("k,k\n1,a\n2,b\n", {"target": "k"}, ["more than once"], id="double label"),
        pytest.param(PLAIN, {"target": 5}, ["target column 5", "-5 to 4"], id="label too high"),
        pytest.param(PLAIN, {"target": -6}, ["target column -6", "-5 to 4"], id="label too low"),
        pytest.param(PLAIN, {"target": 1.5}, ["target column 1.5"], id="label not an index"),
        pytest.param(PLAIN, {"target": True}, ["target column True"], id="label a truth value"),
        pytest.param(PLAIN, {"timesteps": 3}, ["timesteps is 3", "4 features"], id="uneven steps"),
        pytest.param(PLAIN, {"timesteps": 0}, ["timesteps is 0"], id="no steps"),
        pytest.param(PLAIN, {"timesteps": 2.0}, ["timesteps is 2.0"], id="steps not whole"),
    ],
)
def test_csv_says_what_is_wrong(
    write, content: str | bytes, options: dict[str, object], parts: list[str]
) -> None:
    path = write(content)
    with pytest.raises(ValueError, match=r"table\.csv") as error:
        datasets.load_csv(path, **options)
    one_sentence(error, *parts)


def test_csv_unknown_label_lists_a_dozen_columns(write) -> None:
    header = ",".join(f"f{i}" for i in range(30))
    path = write(header + "\n" + ",".join("1" * 30) + "\n")
    with pytest.raises(ValueError, match="'f11' and 18 more") as error:
        datasets.load_csv(path, target="class")
    assert "'f12'" not in str(error.value)


def test_csv_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv") as error:
        datasets.load_csv(tmp_path / "nothing.csv")
    one_sentence(error, "no file")


def test_csv_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder") as error:
        datasets.load_csv(tmp_path)
    one_sentence(error, tmp_path.name)


def test_csv_below_a_file(write) -> None:
    path = write(PLAIN)
    with pytest.raises(ValueError, match="cannot be read") as error:
        datasets.load_csv(path / "inner.csv")
    one_sentence(error, "inner.csv")


@pytest.mark.parametrize("kind", [str, int, float, "category"])
def test_parquet_is_read_as_csv_is(tmp_path: Path, kind: object) -> None:
    pytest.importorskip("pyarrow")
    iris = load("iris")
    frame = pandas.DataFrame(iris.X, columns=list("abcd"))
    frame.insert(2, "k", pandas.Series(iris.y).astype(kind))  # type: ignore[call-overload]
    frame.to_parquet(tmp_path / "toy.parquet")
    frame.to_csv(tmp_path / "toy.csv", index=False)
    for options in ({"target": "k"}, {"target": 2, "timesteps": 2}):
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


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"toy.parquet": ""})
    for library in ("pyarrow", "pyarrow.parquet", "fastparquet"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r"pip install (-e )?'\S*\[parquet\]'") as error:
        load_table(tmp_path / "toy.parquet")
    one_sentence(error, "toy.parquet")


BROKEN_TABLES = [
    (lambda path: path.write_text("x,k\n1,a\n2,b\n"), {}, ["cannot be read"]),
    (lambda path: path.write_bytes(b""), {}, ["cannot be read"]),
    (parquet(x=[1.0, 2.0]), {}, ["2 rows of 1 columns"]),
    (parquet(x=[], k=[]), {}, ["0 rows of 2 columns"]),
    (parquet(x=[1, 2], k=["a", "b"]), {"target": "y"}, ["'y'", "is not there", "'x', 'k'"]),
    (parquet(x=[1, 2], k=["a", "b"]), {"target": 2}, ["target column 2", "out of range"]),
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


@pytest.mark.parametrize(("write", "options", "parts"), BROKEN_TABLES)
def test_parquet_says_what_is_wrong(
    tmp_path: Path, write: Callable[[Path], object], options: dict, parts: list[str]
) -> None:
    pytest.importorskip("pyarrow")
    write(tmp_path / "toy.parquet")
    with pytest.raises(ValueError, match=r"toy\.parquet") as error:
        load_table(tmp_path / "toy.parquet", **options)
    one_sentence(error, *parts)
