"""The classifier and the regressor of recurrent features."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from metarnn import (
    RecurrentFeatures,
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    load_model,
)
from metarnn.datasets import load
from metarnn.features.classifier import calibration
from metarnn.sequences import unpadded

SMALL = {"n_features": 300, "random_state": 0}


def classifier(**settings):
    return RecurrentFeaturesClassifier(**SMALL | settings)


def regressor(**settings):
    return RecurrentFeaturesRegressor(**SMALL | settings)


@pytest.fixture(scope="module")
def numbers(unequal):
    """Sequences, their lengths, and the mean of each first input."""
    X, lengths = unequal
    return X, lengths, np.array([x[:n, 0].mean() for x, n in zip(X, lengths, strict=True)])


@parametrize_with_checks([classifier(n_features=200), regressor(n_features=200)])
def test_scikit_learn_passes(estimator, check):
    check(estimator)


def test_classes_that_differ_in_frequency_are_told_apart(waves):
    X, y = waves
    model = classifier().fit(X[::2], y[::2])
    assert model.score(X[1::2], y[1::2]) > 0.95
    assert model.leave_one_out_score_ > 0.9
    assert model.n_passes_ == model.n_networks_ == model.extractor_.n_networks
    assert list(model.classes_) == ["fast", "slow"]


def test_scores_are_those_of_scikit_learn(waves):
    X, y = waves
    model = classifier(dtype="float64", penalties=[0.01]).fit(X[::2], y[::2])
    features = RecurrentFeatures(**SMALL, dtype="float64").fit(X[::2])
    scaler = StandardScaler().fit(features.transform(X[::2]))
    n = model.extractor_.n_features
    ridge = RidgeClassifierCV(alphas=[0.01 * n])
    ridge.fit(scaler.transform(features.transform(X[::2])), y[::2])
    expected = ridge.decision_function(scaler.transform(features.transform(X[1::2])))
    found = model.decision_function(X[1::2])  # with a factor and an offset
    assert np.corrcoef(found, expected)[0, 1] == pytest.approx(1.0, abs=1e-10)


def test_calibration_minimizes_the_log_loss():
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 5000, p=[0.1, 0.3, 0.6])
    scores = np.eye(3)[labels] + rng.normal(0, 0.8, (5000, 3))
    factor, offsets = calibration(scores, labels, np.ones(5000))
    # Of normal scores of one deviation the logits are linear.
    assert factor == pytest.approx(1 / 0.8**2, rel=0.1)
    np.testing.assert_allclose(np.diff(offsets), np.diff(np.log([0.1, 0.3, 0.6])), atol=0.2)
    apart, _ = calibration(100 * np.eye(3)[labels], labels, np.ones(5000))
    assert np.isfinite(apart)


def test_predictions_of_numbers_are_those_of_scikit_learn(numbers):
    X, lengths, y = numbers
    model = regressor(dtype="float64", penalties=[0.01]).fit(X, y, lengths=lengths)
    features = RecurrentFeatures(**SMALL, dtype="float64").fit_transform(X, lengths=lengths)
    scaled = StandardScaler().fit_transform(features)
    expected = RidgeCV(alphas=[0.01 * features.shape[1]]).fit(scaled, y).predict(scaled)
    np.testing.assert_allclose(model.predict(X, lengths), expected, rtol=1e-6, atol=1e-7)


def test_the_penalty_is_chosen_by_leave_one_out(numbers):
    X, lengths, y = numbers
    y = RecurrentFeatures(**SMALL).fit_transform(X, lengths=lengths)[:, :5].sum(axis=1)
    noisy = y + np.random.default_rng(0).normal(0, 2 * y.std(), len(y))
    penalties = [1e-6, 1e-3, 1.0, 1e3]
    exact, rough = (regressor(penalties=penalties).fit(X, t, lengths=lengths) for t in (y, noisy))
    assert exact.penalty_ < rough.penalty_
    assert rough.penalty_ == pytest.approx(penalties[np.argmin(rough.penalty_losses_)])
    with pytest.raises(ValueError, match="penalties"):
        regressor(penalties=[0.0]).fit(X, y, lengths=lengths)


def test_probabilities_are_calibrated_on_what_was_left_out():
    train, test = (load("waveform", seed=seed) for seed in (0, 1))
    model = classifier(n_features=1000).fit(train.X, train.y)
    found = model.predict_proba(test.X)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(test.X)), found)
    np.testing.assert_array_equal(model.classes_[found.argmax(axis=1)], model.predict(test.X))
    sure = found.max(axis=1)
    assert abs(sure.mean() - model.score(test.X, test.y)) < 0.06
    assert log_loss(test.y, found) < log_loss(
        test.y, found**0.5 / (found**0.5).sum(axis=1)[:, None]
    )


def test_numbers_of_several_columns_and_any_unit(numbers):
    X, lengths, y = numbers
    one = regressor().fit(X, y, lengths=lengths)
    assert one.score(X, y, lengths=lengths) > 0.9
    both = regressor().fit(X, np.stack([y, 1e6 - 1e3 * y], axis=1), lengths=lengths)
    predictions = both.predict(X, lengths)
    assert predictions.shape == (70, 2)
    np.testing.assert_allclose((1e6 - predictions[:, 1]) / 1e3, predictions[:, 0], rtol=1e-6)
    assert one.predict(X, lengths).shape == (70,)


@pytest.mark.parametrize("kind", [str, bool, float, object])
def test_labels_of_any_type(kind, waves):
    X, y = waves
    labels = (y == "fast").astype(kind) if kind is not object else y.astype(object)
    model = classifier().fit(X, labels)
    assert model.predict(X).dtype == np.unique(labels).dtype
    assert model.score(X, labels) > 0.95


def test_weights_count_as_repetitions_in_any_order(waves):
    X, y = waves
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 3, len(y))
    weighted = classifier().fit(X, y, sample_weight=weights)
    rows = rng.permutation(np.repeat(np.arange(len(y)), weights))
    repeated = classifier().fit(X[rows], y[rows])
    assert repeated.penalty_ == weighted.penalty_
    expected = weighted.decision_function(X)
    np.testing.assert_allclose(repeated.decision_function(X), expected, rtol=1e-4, atol=1e-5)


def test_class_weights_move_the_boundary(waves):
    X, _ = waves
    y = np.random.default_rng(0).integers(0, 2, len(X))  # nothing to learn
    shares = [
        classifier(class_weight={0: 1.0, 1: w}).fit(X[::2], y[::2]).predict(X[1::2]).mean()
        for w in (0.05, 20.0)
    ]
    assert shares[0] < 0.1 < 0.9 < shares[1]


def test_single_sequences_and_lists(unequal):
    X, lengths = unequal
    y = (X[:, 0, 0] > 1).astype(int)
    model = classifier().fit(unpadded(X, lengths), y)
    scores = model.decision_function(unpadded(X, lengths))
    np.testing.assert_allclose(model.decision_function([X[4, : lengths[4]]])[0], scores[4])
    with pytest.raises(ValueError, match="fitted with lengths"):
        classifier().fit(X, y, lengths=lengths).predict(X)


def test_axes_of_aeon(waves):
    X, y = waves
    turned = X.swapaxes(1, 2)
    found = classifier(layout="nct").fit(turned, y).decision_function(turned)
    np.testing.assert_array_equal(found, classifier().fit(X, y).decision_function(X))


def test_one_class_and_one_sequence_are_refused(waves):
    X, y = waves
    with pytest.raises(ValueError, match="two classes"):
        classifier().fit(X[:10], np.zeros(10))
    with pytest.raises(ValueError, match="two sequences"):
        regressor().fit(X[:1], [1.0])
    with pytest.raises(ValueError, match="requires y"):
        regressor().fit(X, None)
    assert y is not None


@pytest.mark.parametrize("many", [False, True])
def test_files_pickles_and_clones_predict_the_same(many, unequal, tmp_path):
    X, lengths = unequal
    y = np.where(X[:, 0, 0] > 1, "a", "b")
    settings = {"cells": {"leaky": 1.0, "gru": 2.0}, "bidirectional": True} if many else {}
    model = classifier(**settings).fit(X, y, lengths=lengths)
    expected = model.predict_proba(X, lengths)
    path = model.save(tmp_path / "model.npz")
    loaded = RecurrentFeaturesClassifier.load(path)
    for other in (loaded, load_model(path), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict_proba(X, lengths), expected)
        assert other.get_params() == model.get_params()
        assert other.n_passes_ == model.n_passes_
    np.testing.assert_array_equal(
        clone(loaded).fit(X, y, lengths=lengths).predict_proba(X, lengths), expected
    )
    with pytest.raises(ValueError, match="RecurrentFeaturesClassifier, expected"):
        RecurrentFeaturesRegressor.load(path)


def test_a_regressor_in_a_file(numbers, tmp_path):
    X, lengths, y = numbers
    model = regressor().fit(X, y, lengths=lengths)
    loaded = load_model(model.save(tmp_path / "model.npz"))
    np.testing.assert_array_equal(loaded.predict(X, lengths), model.predict(X, lengths))


def test_files_whose_parts_do_not_fit_are_refused(waves, tmp_path):
    model = classifier().fit(*waves)
    model.coef_ = model.coef_[1:]
    with pytest.raises(ValueError, match="broken"):
        RecurrentFeaturesClassifier.load(model.save(tmp_path / "model.npz"))


def test_a_grid_search_reaches_the_settings(waves):
    search = GridSearchCV(classifier(n_features=100), {"hidden": [2, 8], "cells": ["gru"]}, cv=2)
    assert search.fit(*waves).best_score_ > 0.8


def test_the_chaos_of_mackey_and_glass_is_predicted_ahead():
    """H. Jaeger's example of echo states; a constant and the last value are far behind."""
    x = np.full(1400, 1.2)
    for t in range(17, len(x) - 1):
        x[t + 1] = 0.9 * x[t] + 0.2 * x[t - 17] / (1 + x[t - 17] ** 10)
    windows = np.lib.stride_tricks.sliding_window_view(x[200:], 60)
    X, y = windows[:-10, :, None], x[200 + 60 + 9 :][: len(windows) - 10]
    model = regressor(n_features=1000).fit(X[:600:2], y[:600:2])
    error = np.sqrt(np.mean((model.predict(X[700:]) - y[700:]) ** 2)) / y.std()
    last = np.sqrt(np.mean((X[700:, -1, 0] - y[700:]) ** 2)) / y.std()
    assert error < 0.1 < last


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"dtype": "float32"', '"dtype": "int32"'),
        ('"raw"', '"row"'),
        ('"cell": "leaky"', '"cell": "gru"'),
    ],
)
def test_a_file_that_was_changed_is_refused(old, new, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 8, 1))
    model = RecurrentFeaturesClassifier(n_features=100, random_state=0).fit(X, np.arange(20) % 2)
    arrays = dict(np.load(model.save(tmp_path / "model.npz")))
    header = arrays["header"].item()
    assert old in header
    arrays["header"] = np.array(header.replace(old, new))
    np.savez(tmp_path / "changed.npz", **arrays)
    with pytest.raises(ValueError, match="broken model"):
        load_model(tmp_path / "changed.npz")


@pytest.mark.parametrize("order", ["float32", "F", "int64"])
def test_weights_of_another_kind_in_a_file_are_the_same_numbers(order, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 8, 1))
    model = RecurrentFeaturesClassifier(n_features=100, random_state=0).fit(X, np.arange(20) % 2)
    population = model.extractor_.populations[0]
    given = (
        np.asfortranarray(population.weights) if order == "F" else population.weights.astype(order)
    )
    other = type(population)(**{**population.__getstate__(), "weights": given})
    assert other.weights.dtype == np.float64
    assert other.weights.flags.c_contiguous
    np.testing.assert_array_equal(other.weights, given)


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("features", ("X", "lengths"), "features"),
        ("features-numbers", ("X",), "numbers"),
        ("features-tokens", ("tokens",), "token_probabilities"),
    ],
)
def test_the_first_files_are_read(name, inputs, expected):
    """Those that the first version with these models has written, with what it predicted."""
    folder = Path(__file__).parent / "models"
    model = load_model(folder / f"version-3-{name}.npz")
    with np.load(folder / "features-predictions.npz") as file:
        given, wanted = [file[n] for n in inputs], file[expected]
    predict = getattr(model, "predict_proba", model.predict)
    # Readouts of many features magnify the last digits of tanh, which follow the processor.
    np.testing.assert_allclose(predict(*given), wanted, rtol=1e-5, atol=3e-5)
