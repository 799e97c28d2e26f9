"""The latch."""

import numpy as np
import pytest

from metarnn import datasets


def test_latch_class_is_the_first_input() -> None:
    data = datasets.load("latch")
    assert data.shape == (200, 20, 1)
    assert [data.classes[label] for label in data.y] == [f"{x:+.0f}" for x in data.X[:, 0, 0]]
    assert np.bincount(data.y).tolist() == [100, 100]


def test_latch_noise_is_gaussian_with_that_deviation() -> None:
    noise = datasets.load("latch", n_sequences=1000, n_steps=101, noise=0.2, seed=3).X[:, 1:, 0]
    # Five standard errors of each moment of 100 000 draws.
    assert noise.mean() == pytest.approx(0, abs=5 * 0.2 / 100_000**0.5)
    assert noise.std() == pytest.approx(0.2, abs=5 * 0.2 / 200_000**0.5)
    assert np.mean((noise / 0.2) ** 4) == pytest.approx(3, abs=5 * (96 / 100_000) ** 0.5)


def test_latch_later_inputs_tell_nothing() -> None:
    data = datasets.load("latch", n_sequences=4000, n_steps=6)
    for step in range(1, 6):
        # Five standard errors of a correlation of zero.
        assert abs(np.corrcoef(data.X[:, step, 0], data.y)[0, 1]) < 5 / 4000**0.5


def test_latch_noise_scales_and_vanishes() -> None:
    small, large = datasets.load("latch", noise=0.1), datasets.load("latch", noise=0.4)
    np.testing.assert_allclose(4 * small.X[:, 1:], large.X[:, 1:])
    assert not datasets.load("latch", noise=0).X[:, 1:].any()
