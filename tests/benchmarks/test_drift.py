"""The drift between processors is found where there is one, and only there."""

import numpy as np
import pytest

from benchmarks import drift


def test_rows_of_the_drift():
    options = drift.options_of(["--optimizers", "adam", "--seeds", "2"])
    own = {}
    for dtype in ("float32", "float64"):
        own |= {f"{dtype}/loss": np.array([1.0, 4.0]), f"{dtype}/gradient": np.ones((2, 3))}
        for seed in range(2):
            key = f"{dtype}/adam/{seed}"
            own |= {f"{key}/fit": 0.5, f"{key}/x": np.ones(3), f"{key}/accuracy": 0.9}
    other = own | {
        "float32/loss": np.array([1.0, 4.004]),
        "float32/adam/1/fit": 0.6,
        "float32/adam/1/x": np.zeros(3),
        "float32/adam/1/accuracy": 0.88,
    }
    assert drift.rows(own, other, options) == [
        ["float32", "one loss", "0.001", ""],
        ["float32", "one gradient", "0", ""],
        ["float32", "adam, 1 of 2 the same", "0.1 (most 0.2)", "2.0"],
        ["float64", "one loss", "0", ""],
        ["float64", "one gradient", "0", ""],
        ["float64", "adam, 2 of 2 the same", "0 (most 0)", "0.0"],
    ]


@pytest.mark.slow
def test_arrays_are_the_same_twice():
    one, other = (drift.arrays(["rprop"], 1, 30) for _ in range(2))
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
