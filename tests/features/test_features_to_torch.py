"""Models of recurrent features as PyTorch modules."""

import pickle

import numpy as np
import pytest

from metarnn import RecurrentFeaturesClassifier, RecurrentFeaturesRegressor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.optional

#: In float32 a readout of near collinear features makes much of rounding.
EXACT = {"n_features": 200, "random_state": 0, "dtype": "float64"}
SETTINGS = {
    "leaky": {},
    "all cells, both ways": {
        "cells": ["leaky", "elman", "gru", "lstm"],
        "bidirectional": True,
        "pools": ("above", "last", "rises", "above", "std", "min", "max", "mean"),
    },
    "raw": {"channels": ["raw"]},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_modules_compute_the_same(settings, unequal):
    X, lengths = unequal
    y = np.random.default_rng(0).integers(0, 3, len(X))
    model = RecurrentFeaturesClassifier(**EXACT, **settings).fit(X, y, lengths=lengths)
    module = pickle.loads(pickle.dumps(model.to_torch()))
    found = module(torch.tensor(X), torch.tensor(lengths)).numpy()
    np.testing.assert_allclose(found, model.decision_function(X, lengths), atol=1e-6, rtol=1e-6)


def test_features_in_single_precision_are_the_same_but_for_rounding(waves):
    X, y = waves
    model = RecurrentFeaturesClassifier(n_features=200, random_state=0, pools="max+std+mean")
    model.fit(X, y)
    rows = torch.tensor(model.extractor_.inputs(X, None))
    ends, own = torch.full((80,), 40), torch.ones(80, 40, 1, dtype=torch.bool)
    found = model.to_torch().populations[0](rows, ends, own).numpy()
    expected = model.extractor_.populations[0].features(slice(None), rows.numpy(), None, None)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_modules_predict_numbers_and_are_exported(waves):
    X, _ = waves
    y = 1e3 * X[:, -1, 0]
    model = RecurrentFeaturesRegressor(**EXACT, pools="max+mean").fit(X, y)
    module = model.to_torch()
    given = torch.tensor(X)
    np.testing.assert_allclose(module(given).numpy()[:, 0], model.predict(X), rtol=1e-6)
    exported = torch.export.export(module, (given,)).module()
    torch.testing.assert_close(exported(given), module(given))


def test_modules_read_tokens():
    rng = np.random.default_rng(0)
    tokens, y = rng.integers(0, 4, (50, 7)), rng.integers(0, 3, 50)
    model = RecurrentFeaturesClassifier(**EXACT, embedding=3).fit(tokens, y)
    tokens[0, 3] = -1
    found = model.to_torch()(torch.tensor(tokens)).numpy()
    np.testing.assert_allclose(found, model.decision_function(tokens), atol=1e-6)
