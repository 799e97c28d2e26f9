"""Delayed recall."""

import itertools

import numpy as np
import pytest

from metarnn import datasets


def test_delayed_recall_class_is_the_symbol_at_the_cue() -> None:
    data = datasets.load("delayed_recall", n_sequences=60, n_symbols=3, lag=5)
    assert data.shape == (60, 6, 4)
    distractors = set()
    for x, label in zip(data.X, data.y, strict=True):
        steps = x.tolist()
        symbols = [step[:3].index(1.0) for step in steps]
        assert [sum(step[:3]) for step in steps] == [1.0] * 6
        assert [step[3] for step in steps] == [1.0] + [0.0] * 5
        assert symbols[0] == label
        assert data.classes[label] == f"symbol {label}"
        distractors.update((int(label), symbol) for symbol in symbols[1:])
    # Each symbol follows each class, its own among them.
    assert distractors == set(itertools.product(range(3), repeat=2))


@pytest.mark.parametrize("lag", [1, 8])
def test_delayed_recall_needs_memory(lag: int) -> None:
    def last_step(seed: int) -> tuple[np.ndarray, np.ndarray]:
        data = datasets.load("delayed_recall", n_sequences=8000, lag=lag, seed=seed)
        return data.X[:, -1, :4].argmax(axis=1), data.y

    shown, label = last_step(seed=0)
    best = np.array([np.bincount(label[shown == symbol]).argmax() for symbol in range(4)])
    shown, label = last_step(seed=1)
    # Five standard errors of a success rate of one in four.
    assert np.mean(best[shown] == label) == pytest.approx(0.25, abs=5 * (0.1875 / 8000) ** 0.5)


def test_delayed_recall_without_lag_needs_none() -> None:
    data = datasets.load("delayed_recall", lag=0)
    np.testing.assert_array_equal(data.X[:, -1, :4].argmax(axis=1), data.y)


@pytest.mark.parametrize(
    ("name", "options", "counts"),
    [
        ("latch", {"n_sequences": 7}, [4, 3]),
        ("delayed_recall", {"n_sequences": 10, "n_symbols": 4}, [3, 3, 2, 2]),
    ],
)
def test_classes_are_as_equal_as_they_can_be(
    name: str, options: dict[str, int], counts: list[int]
) -> None:
    y = datasets.load(name, **options).y
    assert np.bincount(y).tolist() == counts
    assert (np.diff(datasets.load(name).y) < 0).any()
