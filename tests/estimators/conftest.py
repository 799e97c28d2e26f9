"""Data and a model for the tests of estimators."""

import pytest
from helpers.small_models import small_model

from metarnn.datasets import load


@pytest.fixture(scope="session")
def recall():
    """Sequences (120, 4, 4) of three classes."""
    return load("delayed_recall", n_sequences=120, n_symbols=3, lag=3, seed=1)


@pytest.fixture(scope="session")
def model(recall):
    """A classifier that has learned them."""
    return small_model(hidden=8, budget=1500).fit(recall.X, recall.y)
