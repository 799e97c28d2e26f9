"""The adding problem."""

import numpy as np
import pytest

from metarnn.datasets import (
    load,
)


@pytest.mark.parametrize("n_steps", [2, 3, 9, 20])
def test_adding_is_its_definition(n_steps: int) -> None:
    data = load("adding", n_sequences=300, n_steps=n_steps)
    assert data.shape == (300, n_steps, 2)
    half, met = n_steps // 2, set()
    for x, label in zip(data.X, data.y, strict=True):
        first, second = np.flatnonzero(x[:, 1])
        met |= {first, second}
        assert first < half <= second
        assert x[[first, second], 1].tolist() == [1, 1]
        assert (x[first, 0] + x[second, 0] > 1) == (data.classes[label] == "above 1")
    assert met == set(range(n_steps))
    assert 0 <= data.X.min() < data.X[:, :, 0].max() < 1


def test_adding_gives_the_chances_that_it_states() -> None:
    data = load("adding", n_sequences=20_000, n_steps=4, seed=5)
    # Five standard errors of each fraction.
    assert data.y.mean() == pytest.approx(0.5, abs=5 * (0.25 / 20_000) ** 0.5)
    for part in (slice(0, 2), slice(2, 4)):
        known = (data.X[:, part, 0] * data.X[:, part, 1]).sum(axis=1)
        right = np.mean((known > 0.5) == data.y)
        assert right == pytest.approx(0.75, abs=5 * (0.1875 / 20_000) ** 0.5)


@pytest.mark.parametrize("n_steps", [22, 50, 100])
def test_adding_of_1997_is_its_definition(n_steps: int) -> None:
    data = load("adding", n_sequences=2000, n_steps=n_steps, form="1997")
    assert data.lengths is not None
    assert (data.lengths.min(), data.lengths.max()) == (n_steps, n_steps + n_steps // 10)
    first_marked = 0
    where = []
    for x, label, length in zip(data.X, data.y, data.lengths, strict=True):
        assert not x[length:].any()
        marks = x[:length, 1]
        assert marks[0] == marks[-1] == -1
        marked = np.flatnonzero(marks == 1)
        assert (np.delete(marks[1:-1], marked - 1) == 0).all()
        if len(marked) == 1:
            first_marked += 1
        else:
            assert len(marked) == 2
            assert marked.min() < 10
        where += marked.tolist()
        assert (x[marked, 0].sum() > 0) == (data.classes[label] == "above 0")
    assert max(where) == n_steps // 2 - 2
    # The first of ten is marked in a tenth, and by the second choice in some of the others.
    expected = 0.1 + 0.9 / (n_steps // 2 - 2)
    assert abs(first_marked / 2000 - expected) < 5 * (expected * (1 - expected) / 2000) ** 0.5
    assert -1 <= data.X[:, :, 0].min() < data.X[:, :, 0].max() <= 1
