"""ARFF: tables, and series in a relational attribute or in the archive's own parts."""

from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import labels, sequences, write_files

from metarnn.datasets import load_path, load_table, load_ts, read_table

TABLE = """% a comment, perhaps of two lines
@RELATION 'a table'

@ATTRIBUTE width NUMERIC
@Attribute "the height" real
@attribute 'it''s' integer
@attribute class {yes, 'not at all'}
@DATA
1, 2.5, 3, yes
% another
-1e2,4,'5',"not at all"
"""
TABLE = TABLE.replace("it''s", "it\\'s")

SERIES = """@relation two
@attribute bag relational
  @attribute t0 numeric
  @attribute t1 numeric
  @attribute t2 numeric
@end bag
@attribute class {a,b}
@data
'1,2,3\\n4,5,6',a
"7,8,?\\n9,10,?",b
'1,?,3\\n4,5,6',a
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str, name: str = "toy.arff") -> Path:
        write_files(tmp_path, {name: content})
        return tmp_path / name

    return write


def test_a_table(write) -> None:
    path = write(TABLE)
    data = load_table(path)
    assert data.X.tolist() == [[1, 2.5, 3], [-100, 4, 5]]
    assert labels(data) == ["yes", "not at all"]
    frame = read_table(path)
    assert list(frame.columns) == ["width", "the height", "it's", "class"]
    assert frame.index.tolist() == [9, 11]
    assert load_path(path, target="class").classes == data.classes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{yes, 'not at all'}", "string"),
        ("1, 2.5, 3, yes", "1,2.5,3,yes,{5}"),
        ("1, 2.5, 3, yes", "{0 1, 1 2.5, 2 3}"),
        ("-1e2,4,'5',\"not at all\"", "{3 'not at all',0 -100,2 5, 1 4}"),
        ("\n", "\r\n"),
    ],
)
def test_forms_that_mean_the_same(write, old: str, new: str) -> None:
    data, twin = load_table(write(TABLE.replace(old, new))), load_table(write(TABLE))
    np.testing.assert_array_equal(data.X, twin.X)
    assert labels(data) == labels(twin)


def test_missing_values_of_a_table(write) -> None:
    path = write(TABLE.replace("2.5", "?"))
    with pytest.raises(ValueError, match="'the height'") as error:
        load_table(path)
    one_sentence(error, "'?' in row 9", "--missing")
    assert load_path(write(TABLE.replace("2.5", "?") + "1,1,1,yes\n"), missing="drop").shape == (
        2,
        3,
    )


def test_series_of_several_dimensions(write) -> None:
    path = write(SERIES)
    with pytest.raises(ValueError, match="line 11"):
        load_path(path)
    data = load_path(path, missing="interpolate")
    assert sequences(data) == [
        [[1, 4], [2, 5], [3, 6]],
        [[7, 9], [8, 10]],
        [[1, 4], [2, 5], [3, 6]],
    ]
    assert labels(data) == ["a", "b", "a"]
    with pytest.raises(ValueError, match="load_ts") as error:
        load_table(path)
    one_sentence(error, "toy.arff")


def test_series_of_one_dimension_are_rows_but_for_the_archives_parts(write) -> None:
    path = write(TABLE)
    assert load_path(path).shape == (2, 3)
    assert load_ts(path).shape == (2, 3, 1)
    write(TABLE, "Toy_TRAIN.arff")
    write(TABLE, "Toy_TEST.arff")
    assert load_path(path.parent / "Toy_TRAIN.arff").shape == (2, 3, 1)
    data = load_path(path.parent / "Toy")
    assert data.test is not None
    assert data.test.tolist() == [False, False, True, True]


def test_numbers_to_predict(write) -> None:
    data = load_ts(
        write(
            TABLE.replace("{yes, 'not at all'}", "real")
            .replace("yes", "1.5")
            .replace('"not at all"', "2")
        )
    )
    assert data.targets is not None
    assert data.targets.tolist() == [1.5, 2]


BROKEN = [
    ("", ["no @data"]),
    ("@data\n1\n", ["no @attribute"]),
    (TABLE.partition("1, 2.5")[0], ["no rows after @data"]),
    (TABLE.replace("@DATA", ""), ["line 9", "@attribute or @data"]),
    (
        TABLE.replace("@ATTRIBUTE width NUMERIC", "@attribute width"),
        ["line 4", "a name and a type"],
    ),
    (TABLE.replace("1, 2.5, 3, yes", "1, 2.5, yes"), ["line 9", "3 fields", "4 attributes"]),
    (TABLE.replace("3, yes", "3, maybe"), ["line 9", "'maybe'", "yes, not at all"]),
    (TABLE.replace("1, 2.5", "1, 'x"), ["line 9", "fields and commas"]),
    (TABLE.replace("1, 2.5", "1, five"), ["'the height'", "row 9", "'five'"]),
    (TABLE.replace("1, 2.5, 3, yes", "{9 1}"), ["line 9", "'9 1'", "index from 0 to 3"]),
]


@pytest.mark.parametrize(("content", "parts"), BROKEN)
def test_mistakes_get_one_sentence(write, content: str, parts: list[str]) -> None:
    with pytest.raises(ValueError, match="toy") as error:
        load_path(write(content))
    one_sentence(error, *parts)


def test_a_sparse_value_whose_quotation_mark_stays_open(tmp_path):
    path = tmp_path / "toy.arff"
    path.write_text(
        "@relation r\n@attribute a real\n@attribute b {x,'y z'}\n@data\n{0 5, 1 'y z}\n"
    )
    with pytest.raises(ValueError, match=r"toy\.arff"):
        load_table(path)
