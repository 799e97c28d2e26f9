"""Tables that ship with scikit-learn."""

import numpy as np
import pytest

from metarnn import datasets
from metarnn.datasets import (
    load,
)


def test_iris_is_fishers_first_and_last_flower() -> None:
    data = datasets.load("iris")
    np.testing.assert_array_equal(data.X[[0, -1]], [[5.1, 3.5, 1.4, 0.2], [5.9, 3.0, 5.1, 1.8]])
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(data.y).tolist() == [50, 50, 50]


@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("wine", (178, 13), [59, 71, 48]),
        ("breast_cancer", (569, 30), [212, 357]),
        ("digits", (1797, 8, 8), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
    ],
)
def test_tables_have_their_published_sizes(
    name: str, shape: tuple[int, ...], counts: list[int]
) -> None:
    data = datasets.load(name)
    assert data.shape == shape
    assert np.bincount(data.y).tolist() == counts


@pytest.mark.parametrize(
    ("layout", "shape", "words"),
    [
        ("rows", (8, 8), "1797 sequences of 8 steps of 8 inputs"),
        ("pixels", (64, 1), "1797 sequences of 64 steps of 1 input"),
        ("grid", (8, 8, 1), "1797 images of 8 by 8 pixels of 1 input"),
    ],
)
def test_digits_has_three_layouts(layout: str, shape: tuple[int, ...], words: str) -> None:
    data, rows = datasets.load("digits", layout=layout), datasets.load("digits")
    assert data.shape == (1797, *shape)
    np.testing.assert_array_equal(data.X.ravel(), rows.X.ravel())
    np.testing.assert_array_equal(data.y, rows.y)
    assert words + "\n" in data.describe()


def test_digits_reads_an_image_row_by_row() -> None:
    from sklearn.datasets import load_digits

    table = load_digits()
    data = datasets.load("digits")
    np.testing.assert_array_equal(data.X[3, 2] * 16, table.data[3, 16:24])
    assert data.X.min() == 0
    assert data.X.max() == 1
    assert [data.classes[i] for i in data.y[:10]] == list("0123456789")


def test_permuted_digits_have_one_order_for_all() -> None:
    plain, data = (load("digits", layout=layout) for layout in ("pixels", "permuted"))
    order = np.random.default_rng(0).permutation(64)
    np.testing.assert_array_equal(data.X, plain.X[:, order])
    np.testing.assert_array_equal(data.y, plain.y)
    other = load("digits", layout="permuted", permutation_seed=1)
    assert not np.array_equal(other.X, data.X)
    assert sorted(other.X[0].ravel()) == sorted(data.X[0].ravel())
