"""The order of two or three symbols."""

import numpy as np
import pytest
from helpers.one_hot_strings import strings_of

from metarnn.datasets import (
    load,
)


@pytest.mark.parametrize("n_steps", [10, 19, 100])
def test_temporal_order_is_its_definition(n_steps: int) -> None:
    data = load("temporal_order", n_sequences=400, n_steps=n_steps)
    longest = n_steps + n_steps // 10
    assert data.shape == (400, longest, 8)
    assert data.lengths is not None
    assert (data.lengths.min(), data.lengths.max()) == (n_steps, longest)
    where = []
    for x, label, length in zip(data.X, data.y, data.lengths, strict=True):
        assert not x[length:].any()
        assert (x[:length].sum(axis=1) == 1).all()
        word = "".join("BEabcdXY"[symbol] for symbol in x[:length].argmax(axis=1))
        assert (word[0], word[-1]) == ("B", "E")
        assert word.count("B") == word.count("E") == 1
        found = [(t, symbol) for t, symbol in enumerate(word) if symbol in "XY"]
        assert "".join(symbol for _, symbol in found) == data.classes[label]
        where.append([t for t, _ in found])
    first, second = np.array(where).T
    assert (first.min(), first.max()) == (n_steps // 10, n_steps // 5)
    assert (second.min(), second.max()) == (n_steps // 2, 3 * n_steps // 5)
    assert np.bincount(data.y).tolist() == [100, 100, 100, 100]


def test_temporal_order_has_the_published_times() -> None:
    data = load("temporal_order")
    assert data.lengths is not None
    assert data.shape == (200, 110, 8)
    assert "of 100 to 110 steps of 8 inputs" in data.describe()


@pytest.mark.parametrize("n_steps", [10, 30, 100])
def test_temporal_order_of_three(n_steps: int) -> None:
    data = load("temporal_order", n_sequences=800, n_steps=n_steps, n_marked=3)
    assert data.n_classes == 8
    where = []
    for word, label in zip(strings_of(data, "BEabcdXY"), data.y, strict=True):
        assert (word[0], word[-1]) == ("B", "E")
        found = [(t, symbol) for t, symbol in enumerate(word) if symbol in "XY"]
        assert "".join(symbol for _, symbol in found) == data.classes[label]
        where.append([t for t, _ in found])
    low, high = np.min(where, axis=0).tolist(), np.max(where, axis=0).tolist()
    tenth = n_steps // 10
    assert low == [tenth, n_steps // 3, 2 * n_steps // 3]
    assert high == [2 * tenth, n_steps // 3 + tenth, 2 * n_steps // 3 + tenth]
    if n_steps == 100:
        assert (low, high) == ([10, 33, 66], [20, 43, 76])
    assert np.bincount(data.y).tolist() == [100] * 8
    assert "task 6b" in data.source
