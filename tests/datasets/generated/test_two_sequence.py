"""Two classes that differ in their first inputs."""

import numpy as np
import pytest

from metarnn.datasets import (
    load,
)


def test_two_sequence_is_its_definition() -> None:
    sizes = {"n_sequences": 500, "n_steps": 40, "n_marked": 5, "seed": 2}
    data = load("two_sequence", **sizes, noise=2.0, marked_noise=0.1)
    assert data.X.shape == (500, 44, 1)
    assert data.lengths is not None
    assert set(data.lengths) == set(range(40, 45))
    signs = np.array([float(data.classes[label]) for label in data.y])
    first = data.X[:, :5, 0] - signs[:, None]
    # Five standard errors of each moment of 2500 draws.
    assert abs(first.mean()) < 5 * 0.1 / 50
    assert first.std() == pytest.approx(0.1, abs=5 * 0.1 / 70)
    rest = data.X[:, 5:40, 0]
    assert abs(rest.mean()) < 5 * 2 / rest.size**0.5
    assert rest.std() == pytest.approx(2, abs=5 * 2 / (2 * rest.size) ** 0.5)
    for step in range(5, 40):
        assert abs(np.corrcoef(data.X[:, step, 0], data.y)[0, 1]) < 5 / 500**0.5
    for x, length in zip(data.X, data.lengths, strict=True):
        assert not x[length:].any()
        assert x[:length].all()
    np.testing.assert_array_equal(
        load("two_sequence", **sizes).X[:, :5, 0], signs[:, None] + np.zeros(5)
    )
