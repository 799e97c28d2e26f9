"""RNNClassifier: what it learns, reads and predicts."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.small_models import small_model
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import get_tags

from metarnn import RNNClassifier
from metarnn.datasets import load


def test_learns_a_task_that_needs_memory(recall, model):
    fresh = load("delayed_recall", n_sequences=300, n_symbols=3, lag=3, seed=2)
    assert model.score(recall.X, recall.y) == 1.0
    assert model.score(fresh.X, fresh.y) > 0.9  # chance is 1/3
    # The lag is the only thing that changes: the network reads sequences of any length.
    longer = load("delayed_recall", n_sequences=300, n_symbols=3, lag=4, seed=2)
    assert model.predict(longer.X).shape == (300,)


def test_probabilities(recall, model):
    probabilities = model.predict_proba(recall.X)
    assert probabilities.shape == (120, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(
        model.classes_[probabilities.argmax(axis=1)], model.predict(recall.X)
    )
    # A prediction does not depend on the other sequences.
    alone = np.concatenate([model.predict_proba(recall.X[i : i + 1]) for i in range(40)])
    np.testing.assert_array_equal(alone, probabilities[:40])


@pytest.mark.parametrize(
    "names",
    [["a", "b", "c"], [-1, 0, 7], [0.0, 1.0, 2.0], np.array(["x", "y", "zz"], object)],
    ids=["text", "integers", "floats", "objects"],
)
def test_labels_of_any_type(recall, names):
    labels = np.asarray(names)[recall.y]
    model = small_model().fit(recall.X, labels)
    plain = small_model().fit(recall.X, recall.y)
    expected = np.asarray(names)[plain.predict(recall.X)]
    np.testing.assert_array_equal(model.predict(recall.X), expected)


def test_booleans_are_labels_too(recall):
    model = small_model().fit(recall.X, recall.y == 0)
    assert model.predict(recall.X).dtype == bool


def test_cross_validation_on_sequences(recall):
    scores = cross_val_score(
        RNNClassifier(hidden=8, budget=1500, random_state=0), recall.X, recall.y, cv=3
    )
    assert scores.mean() > 0.7  # chance is 1/3


def test_pipeline():
    iris = load("iris")
    model = make_pipeline(StandardScaler(), RNNClassifier(random_state=0, budget=1000))
    assert model.fit(iris.X, iris.y).score(iris.X, iris.y) > 0.95
    # The same on sequences, which StandardScaler does not take.
    flip = make_pipeline(FunctionTransformer(np.negative), small_model())
    recall = load("delayed_recall")
    assert flip.fit(recall.X, recall.y).predict(recall.X).shape == recall.y.shape


def test_timesteps_cut_rows():
    digits = load("digits")
    rows = digits.X[:200].reshape(200, 64)
    whole = small_model().fit(digits.X[:200], digits.y[:200])
    cut = small_model(timesteps=8).fit(rows, digits.y[:200])
    np.testing.assert_array_equal(whole.weights_, cut.weights_)
    assert (cut.n_features_in_, cut.n_timesteps_in_, cut.n_channels_in_) == (64, 8, 8)
    one_step = small_model().fit(rows, digits.y[:200])
    assert (one_step.n_timesteps_in_, one_step.n_channels_in_) == (1, 64)
    one_by_one = small_model(timesteps="features").fit(rows, digits.y[:200])
    assert (one_by_one.n_timesteps_in_, one_by_one.n_channels_in_) == (64, 1)


def test_frames_keep_their_names():
    iris = load("iris")
    frame = pd.DataFrame(iris.X, columns=list("abcd"))
    model = small_model().fit(frame, iris.y)
    assert list(model.feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("dcba")])


def test_pickle(recall, model):
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(recall.X), model.predict_proba(recall.X))
    assert copy.history_.best[-1] == model.loss_


def test_class_weight_moves_the_decision(recall):
    light, heavy = (
        small_model(class_weight={0: weight}, budget=300).fit(recall.X, recall.y).predict(recall.X)
        for weight in (0.01, 100)
    )
    assert (light == 0).mean() < 0.05
    assert (heavy == 0).mean() > 0.9


def test_balanced_equals_the_weights_written_out(recall):
    kept = np.flatnonzero((recall.y != 0) | (np.arange(120) % 4 == 0))
    X, y = recall.X[kept], recall.y[kept]
    weights = len(y) / (3 * np.bincount(y))
    balanced = small_model(class_weight="balanced").fit(X, y)
    written = small_model().fit(X, y, sample_weight=weights[y])
    np.testing.assert_array_equal(balanced.weights_, written.weights_)


def test_weight_two_is_a_repeated_sequence_and_zero_a_removed_one(recall):
    weights = np.tile([0.0, 1.0, 2.0], 40)
    repeated = np.repeat(np.arange(120), weights.astype(int))
    for optimizer in ("adam", "cuckoo"):
        weighted = small_model(optimizer=optimizer).fit(recall.X, recall.y, sample_weight=weights)
        listed = small_model(optimizer=optimizer).fit(recall.X[repeated], recall.y[repeated])
        np.testing.assert_allclose(weighted.weights_, listed.weights_, rtol=1e-9, atol=1e-12)


def test_tags():
    tags = get_tags(RNNClassifier())
    assert tags.input_tags.three_d_array
    assert tags.input_tags.two_d_array


def test_predictions_do_not_follow_parameters_set_later(recall):
    model = small_model().fit(recall.X, recall.y)
    before = model.predict_proba(recall.X)
    model.set_params(loss="mse", timesteps=3, hidden=9)
    np.testing.assert_array_equal(model.predict_proba(recall.X), before)


def test_optimizer_that_needs_what_the_loss_has(recall):
    # A relu network may overflow; the fit survives and says how often.
    X = recall.X * 1e30
    with np.errstate(all="ignore"):
        model = small_model(activation="relu", optimizer="adam", budget=300).fit(X, recall.y)
    assert model.predict(recall.X).shape == (120,)


def test_sequences_of_unequal_lengths_are_a_list():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 8, size=40)]
    y = np.array([x[0, 0] > 0 for x in X])
    model = small_model(hidden=6, cell="gru", bidirectional=True, budget=1500).fit(X, y)
    assert model.score(X, y) > 0.9
    # A prediction does not depend on the other sequences.
    one_by_one = np.concatenate([model.predict_proba(x[None]) for x in X])
    np.testing.assert_allclose(model.predict_proba(X), one_by_one, rtol=1e-6)


def test_tokens_are_embedded():
    rng = np.random.default_rng(0)
    X = rng.integers(6, size=(60, 5))
    y = np.where((X == 3).any(axis=1), "three", "none")
    model = small_model(embedding=4, readout="max", budget=3000).fit(X, y)
    assert model.score(X, y) > 0.95
    with pytest.raises(ValueError, match="tokens from 0 to 5, or -1"):
        model.predict(X - 2)


def test_images_are_scanned():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3, 4, 1))
    y = X[:, 0, 0, 0] > 0
    model = small_model(grid=2, hidden=4, budget=2000).fit(X, y)
    assert model.score(X, y) > 0.9


def test_a_fitted_model_shows_that_it_is(recall, model):
    assert "RNNClassifier(" in repr(model)
    page = model._repr_html_()
    assert "fitted" in page
    assert small_model()._repr_html_() != page
