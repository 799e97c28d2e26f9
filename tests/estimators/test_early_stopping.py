"""Early stopping."""

import numpy as np
import pytest
from helpers.small_models import small_model
from sklearn.metrics import accuracy_score, r2_score

from metarnn import Fitness, RNNClassifier, RNNRegressor, SequenceScaler
from metarnn.estimators.examples import Examples, hold_back


def test_early_stopping(recall):
    # A third of the labels wrong: learning them by heart does no good on the held-back part.
    noisy = np.where(np.arange(120) % 3 == 0, (recall.y + 1) % 3, recall.y)
    model = small_model(
        early_stopping=True, validation_fraction=0.25, n_iter_no_change=5, budget=6000
    )
    model.set_params(hidden=12).fit(recall.X, noisy)
    assert "validation loss has not fallen for 5 iterations" in model.stop_reason_
    assert model.n_passes_ < 6000
    curve = model.validation_loss_curve_
    assert len(curve) == len(model.validation_scores_) == model.n_iter_
    assert model.best_validation_loss_ == min(curve)
    assert np.argmin(curve) == model.n_iter_ - 1 - 5
    assert 0 <= model.best_validation_score_ <= 1
    # The weights are those that did best on the held-back part, not on the training part.
    assert model.loss_ >= model.best_loss_


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_the_validation_part_is_scaled_once(kind):
    X, y = 5 + 3 * np.random.default_rng(0).normal(size=(40, 4, 2)), np.arange(40) % 2
    model = kind(hidden=3, budget=60, random_state=0, scale=True, early_stopping=True).fit(X, y)
    targets = model.targets_kind.learn(y, 40, np.ones(40))
    codes = targets.encode(y, 40)
    examples = Examples(X, None, codes, np.ones(40))
    train, held_back = hold_back(examples, 0.1, 0, targets.strata(codes))
    np.testing.assert_array_equal(model.scaler_.mean_, SequenceScaler().fit(train.X).mean_)
    X = model.scaler_.transform(held_back.X)
    fitness = Fitness(model.network_, X, held_back.targets, loss=model.loss)
    assert fitness(model.weights_)[0] == model.best_validation_loss_


def test_a_callback_that_stops_and_early_stopping_agree(recall):
    def stop(intermediate_result):
        if intermediate_result.nit == 5:
            raise StopIteration

    model = small_model(callbacks=[stop], early_stopping=True, validation_fraction=0.2)
    model.fit(recall.X, recall.y)
    assert len(model.validation_loss_curve_) == model.n_iter_ == 5


def test_early_stopping_without_a_finite_loss(recall):
    with np.errstate(all="ignore"), pytest.warns(UserWarning, match="had a finite loss"):
        model = small_model(activation="relu", init_scale=1e30, early_stopping=True).fit(
            recall.X, recall.y
        )
    assert not np.isfinite(model.best_validation_loss_)


def test_early_stopping_holds_back_sequences_of_unequal_lengths():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=n) for n in rng.integers(2, 8, size=40)]
    y = np.array([x[-1] > 0 for x in X])
    model = small_model(early_stopping=True, validation_fraction=0.3, budget=600).fit(X, y)
    assert model.best_validation_score_ > 0.8


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
@pytest.mark.parametrize("class_weight", [None, {0: 1, 1: 30, 2: 5}, "balanced"])
def test_weights_count_in_the_validation_score(recall, kind, class_weight):
    own = {"class_weight": class_weight} if kind is RNNClassifier else {}
    model = small_model(kind, early_stopping=True, validation_fraction=0.3, scale=False, **own)
    weights = np.where(np.arange(120) % 4, 0.01, 5.0)
    model.fit(recall.X, recall.y, sample_weight=weights)
    targets = model.targets_kind.learn(recall.y, 120, weights)
    codes = targets.encode(recall.y, 120)
    factors = targets.weighted(codes, weights, class_weight)
    examples = Examples(recall.X, None, codes, factors)
    _, held_back = hold_back(examples, 0.3, 0, targets.strata(codes))
    scores = model.network_.scores(model.weights_, held_back.X)
    true = held_back.targets
    score = accuracy_score if kind is RNNClassifier else r2_score
    predicted = scores.argmax(axis=1) if kind is RNNClassifier else scores
    expected = score(true, predicted, sample_weight=held_back.weights)
    assert model.best_validation_score_ == pytest.approx(expected, rel=1e-12)
    assert expected != pytest.approx(score(true, predicted), rel=1e-3)


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_a_weight_of_zero_is_a_removed_sequence(recall, kind):
    settings = {"early_stopping": True, "validation_fraction": 0.3, "scale": True}
    if kind is RNNClassifier:
        settings["class_weight"] = "balanced"
    weights = (np.arange(120) % 5 < 2) * 1.0
    kept = weights > 0
    weighted = small_model(kind, **settings).fit(recall.X, recall.y, sample_weight=weights)
    without = small_model(kind, **settings).fit(recall.X[kept], recall.y[kept])
    np.testing.assert_array_equal(weighted.weights_, without.weights_)
    assert weighted.validation_scores_ == without.validation_scores_


def test_too_few_sequences_of_positive_weight_are_refused(recall):
    model = small_model(early_stopping=True, validation_fraction=0.1)
    few = np.isin(np.arange(120), np.flatnonzero(recall.y == 0)[:2])
    few |= np.isin(np.arange(120), np.flatnonzero(recall.y == 1)[:2])
    with pytest.raises(ValueError, match=r"cannot hold back 0.1 of 4 sequences of positive weight"):
        model.fit(recall.X, recall.y, sample_weight=few * 1.0)
    with pytest.raises(ValueError, match="only one has sequences of positive weight, 1"):
        model.fit(recall.X, recall.y, sample_weight=(recall.y == 1) * 1.0)
    model.set_params(class_weight={0: 0, 1: 0, 2: 0})
    with pytest.raises(ValueError, match="class_weight leaves no sequence with a positive weight"):
        model.fit(recall.X, recall.y)
