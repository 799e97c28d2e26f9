"""Tables that are drawn come back, and damaged files are read or refused in a sentence."""

import csv
import math

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("hypothesis")

from helpers.small_files import TS, TSV
from helpers.strategies import check_refusal, damaged, drawn, few_and_many
from hypothesis import strategies as st

from metarnn.datasets import load_path, load_table
from metarnn.embeddings import read_vectors

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=5)
ARFF = "@relation toy\n@attribute w real\n@attribute kind {a, 'b c'}\n@data\n1,a\n2,'b c'\n{1 a}\n"
LONG = "id,t,a,label\n1,1,0.5,yes\n1,2,0.25,yes\n2,1,3,no\n2,3,4,no\n"
CSV = "a,b,label\n1,2.5,yes\n-3,4e-1,no\n0,1,yes\n"


FILES = {
    "table.csv": (CSV, lambda path: load_path(path, "label").X),
    "table.tsv": (CSV.replace(",", "\t"), lambda path: load_path(path, "label").X),
    "long.csv": (LONG, lambda path: load_path(path, "label", series="id", order="t").X),
    "toy.ts": (TS, lambda path: load_path(path, missing="mask").X),
    "Toy_TRAIN.tsv": (TSV, lambda path: load_path(path, missing="mask").X),
    "toy.arff": (ARFF, lambda path: load_path(path).X),
    "glove.txt": ("the 0.5 -1\nof course 1 2\n", lambda path: read_vectors(path)[1]),
    "word2vec.bin": (
        b"2 2\nthe " + np.arange(2, dtype="<f4").tobytes() + b"\ncat " + bytes(8) + b"\n",
        lambda path: read_vectors(path)[1],
    ),
}


def alike(name):
    """Return a label as a number if it is one, else as text."""
    try:
        return float(name)
    except ValueError:
        return str(name)


@few_and_many
@pytest.mark.parametrize("name", FILES)
def test_damaged_files(n, name, tmp_path):
    content, read = FILES[name]
    data, path = content if isinstance(content, bytes) else content.encode(), tmp_path / name

    @drawn(n, data=damaged(data))
    def check(data):
        path.write_bytes(data)
        try:
            found = read(path)
        except (ValueError, TypeError, OSError) as error:
            check_refusal(error, name)
        else:
            assert np.isfinite(found).all()


@few_and_many
def test_tables_come_back(n, tmp_path):
    path = tmp_path / "table.csv"
    numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)

    @drawn(
        n,
        rows=st.lists(st.tuples(numbers, numbers), min_size=4, max_size=8),
        classes=st.lists(NAMES, min_size=2, max_size=2, unique=True),
        delimiter=st.sampled_from([",", ";", "\t"]),
        header=st.booleans(),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    )
    def check(rows, classes, delimiter, header, quoting):
        table = pd.DataFrame(rows, columns=["a", "b"]).assign(
            kind=[classes[i % 2] for i in range(len(rows))]
        )
        table.to_csv(path, index=False, sep=delimiter, header=header, quoting=quoting)
        try:
            data = load_table(path, "kind" if header else 2)
        except ValueError as error:  # such as names that are missing values, or marks of comments
            check_refusal(error, path.name)
            return
        np.testing.assert_array_equal(data.X, np.array(rows, float))
        # A column of numbers is one, however they are written.
        found = [data.classes[i] for i in data.y]
        assert [alike(name) for name in found] == [alike(name) for name in table["kind"]]
        assert all(math.isfinite(x) for x in data.X.ravel())
