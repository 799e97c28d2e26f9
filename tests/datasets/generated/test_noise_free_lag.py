"""Long lags without noise."""

import numpy as np
import pytest

from metarnn.datasets import (
    load,
)


@pytest.mark.parametrize("lag", [2, 5, 100])
def test_noise_free_lag_is_two_sequences(lag: int) -> None:
    data = load("noise_free_lag", lag=lag)
    same = [f"a{i}" for i in range(1, lag)]
    for x, y, own in zip(data.X, data.y, "xy", strict=True):
        assert [data.classes[code] for code in x.argmax(axis=1)] == [own, *same]
        assert [data.classes[label] for label in y] == [*same, own]
        assert (x.sum(axis=1) == 1).all()
    assert data.task is not None
    assert data.task.chance == (lag - 0.5) / lag
    last = load("noise_free_lag", lag=lag, per_step=False)
    assert [last.classes[label] for label in last.y] == ["x", "y"]
    np.testing.assert_array_equal(last.X, data.X)
