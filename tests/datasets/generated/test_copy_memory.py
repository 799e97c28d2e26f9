"""The copying task."""

import math

import numpy as np
import pytest

from metarnn.datasets import (
    load,
)


@pytest.mark.parametrize(("lag", "n_copied", "n_symbols"), [(20, 10, 8), (1, 1, 2), (5, 3, 4)])
def test_copy_memory_is_its_definition(lag: int, n_copied: int, n_symbols: int) -> None:
    data = load("copy_memory", n_sequences=50, lag=lag, n_copied=n_copied, n_symbols=n_symbols)
    blank, go = n_symbols, n_symbols + 1
    assert data.shape == (50, lag + 2 * n_copied, n_symbols + 2)
    assert (data.X.sum(axis=2) == 1).all()
    for x, y in zip(data.X.argmax(axis=2).tolist(), data.y.tolist(), strict=True):
        copied = x[:n_copied]
        assert x == copied + [blank] * (lag - 1) + [go] + [blank] * n_copied
        assert y == [blank] * (n_copied + lag) + copied
    assert data.classes[blank] == "blank"
    assert set(data.X[:, :n_copied].argmax(axis=2).ravel()) == set(range(n_symbols))


def test_copy_memory_states_its_baseline() -> None:
    data = load("copy_memory", n_sequences=5000)
    loss = -np.log(np.where(data.y < 8, 1 / 8, 1.0))
    assert loss.mean() == pytest.approx(10 * math.log(8) / 40)
    assert loss.mean() == pytest.approx(0.520, abs=5e-4)
    blank_then_lots = np.where(np.arange(40) < 30, 8, 3)
    guessed = np.mean((data.y == blank_then_lots)[:, 30:])
    # Five standard errors of a success rate of one in eight.
    assert guessed == pytest.approx(1 / 8, abs=5 * (7 / 64 / 50_000) ** 0.5)
    assert (data.y == blank_then_lots).mean() == pytest.approx(0.781, abs=0.002)
