"""partial_fit: one gradient step at a time."""

import pickle

import numpy as np
import pytest
from helpers.small_models import small_model

from metarnn import RNNRegressor


def test_partial_fit_takes_the_steps_that_fit_takes(recall):
    network = small_model().fit(recall.X, recall.y).network_
    start = network.init(np.random.default_rng(5), 1)[0]
    whole = small_model(initial_weights=start, budget=31).fit(recall.X, recall.y)
    parts = small_model(initial_weights=start)
    for _ in range(10):
        parts.partial_fit(recall.X, recall.y, classes=[0, 1, 2])
    # The eleventh request of fit is for the loss of the last weights alone.
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_[:10], rtol=1e-12)
    assert (parts.n_iter_, parts.n_grad_evals_, parts.n_passes_) == (10, 10, 30)


def test_partial_fit_on_a_stream(recall):
    model = small_model(hidden=8)
    for _ in range(40):
        for rows in np.array_split(np.arange(120), 6):
            model.partial_fit(recall.X[rows], recall.y[rows], classes=np.arange(3))
    assert model.score(recall.X, recall.y) > 0.9
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(recall.X), model.predict_proba(recall.X))
    again.partial_fit(recall.X[:5], recall.y[:5])
    after = model.fit(recall.X, recall.y)
    assert after.n_iter_ == 20


def test_partial_fit_refuses_in_a_sentence(recall):
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        small_model().partial_fit(recall.X, recall.y)
    model = small_model().partial_fit(recall.X, recall.y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="y must hold the classes 0, 1, 2, got 3"):
        model.partial_fit(recall.X, recall.y + 1)
    for optimizer in ("cuckoo", "lbfgs", "hybrid_ga"):
        assert not hasattr(small_model(optimizer=optimizer), "partial_fit")
        with pytest.raises(AttributeError) as error:
            small_model(optimizer=optimizer).partial_fit(recall.X, recall.y)
        assert "takes one gradient step a call, which" in str(error.value.__cause__)


def test_a_loss_that_is_not_finite_leaves_the_weights_as_they_were(recall):
    model = small_model(activation="relu").partial_fit(recall.X, recall.y, classes=[0, 1, 2])
    before, n_iter = model.weights_, model.n_iter_
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the weights stay as they"):
        model.partial_fit(1e38 * recall.X, recall.y)
    np.testing.assert_array_equal(model.weights_, before)
    assert model.n_iter_ == n_iter


def test_a_stream_of_numbers_keeps_its_columns(recall):
    y = recall.y.astype(float)
    model = small_model(RNNRegressor).partial_fit(recall.X, y)
    with pytest.raises(ValueError, match="y must have 1 columns as before, got 2"):
        model.partial_fit(recall.X, np.stack([y, y], axis=1))
    with pytest.raises(ValueError, match=r"y must have axes .* got shape \(120, 1, 1\)"):
        model.partial_fit(recall.X, y[:, None, None])
