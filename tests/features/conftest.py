"""Sequences for the tests of recurrent features."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def unequal():
    """Sequences (70, 12, 2) and their lengths."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 13, 70)
    lengths[:2] = 1, 12
    X = rng.normal(1.0, 2.0, (70, 12, 2))
    X[np.arange(12) >= lengths[:, None]] = 0.0
    return X, lengths


@pytest.fixture(scope="session")
def waves():
    """Two kinds of series (80, 40, 1), which their frequency tells apart, and their classes."""
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], 40)
    t = np.arange(40)
    phases = rng.uniform(0, 6, 80)
    X = np.sin((0.4 + 0.3 * y[:, None]) * t + phases[:, None]) + rng.normal(0, 0.3, (80, 40))
    return X[..., None], np.array(["slow", "fast"])[y]
