"""Data and a model for the tests of estimators."""

import pytest

from metarnn import RNNClassifier
from metarnn.datasets import load


@pytest.fixture(scope="session")
def recall():
    """Sequences (120, 4, 4) of three classes."""
    return load("delayed_recall", n_sequences=120, n_symbols=3, lag=3, seed=1)


@pytest.fixture(scope="session")
def model(recall):
    """A classifier that has learned them."""
    return RNNClassifier(hidden=8, budget=1500, random_state=0).fit(recall.X, recall.y)
