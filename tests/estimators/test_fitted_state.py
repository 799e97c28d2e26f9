"""What a fit leaves behind: losses, counts, and the members of an ensemble."""

import numpy as np
import pytest
from helpers.optimizer_table import TABLE
from helpers.small_models import small_model

from metarnn import Fitness, RNNClassifier, RNNRegressor
from metarnn.engine import LOSSES
from metarnn.optimizers import GA, Adam, CuckooSearch, Order


@pytest.mark.parametrize("name", [name for name, make in TABLE.items() if not make().solves])
def test_reported_loss_is_that_of_the_weights(recall, name):
    for loss in LOSSES:
        model = small_model(optimizer=name, loss=loss, alpha=0.01).fit(recall.X, recall.y)
        fitness = Fitness(model.network_, recall.X, recall.y, loss=loss, alpha=0.01)
        assert model.loss_ == model.best_loss_ == fitness(model.weights_)[0]
        assert model.loss_ == model.history_.best[-1] == model.loss_curve_.min()
        matrices = fitness.cost(Order.GAUSS_NEWTON) * model.n_matrix_evals_
        passes = model.n_evals_ + 3 * model.n_grad_evals_ + matrices
        assert model.n_passes_ == pytest.approx(passes)
        assert model.n_passes_ <= 60


def test_fitted_attributes(recall, model):
    assert list(model.classes_) == [0, 1, 2]
    assert (model.n_timesteps_in_, model.n_channels_in_) == (4, 4)
    assert model.n_outputs_ == 3
    assert model.weights_.shape == (model.network_.n_weights,)
    assert model.n_iter_ == len(model.loss_curve_) == len(model.history_) == 500
    assert model.stop_reason_ == "The budget is spent."
    assert model.validation_loss_curve_ is None
    assert model.validation_scores_ is None
    assert list(model.history_.to_frame().columns) == ["passes", "seconds", "loss", "best"]


def test_a_budget_within_the_first_generation(recall):
    model = small_model(optimizer="cuckoo", budget=3).fit(recall.X, recall.y)
    assert model.n_evals_ == 3
    assert np.isfinite(model.loss_)


@pytest.mark.parametrize("optimizer", [GA(), CuckooSearch(), Adam(n_starts=4)], ids=repr)
def test_an_ensemble_averages_probabilities(recall, optimizer):
    model = small_model(optimizer=optimizer, n_best=4, budget=600).fit(recall.X, recall.y)
    assert model.members_.shape == (4, len(model.weights_))
    assert len(np.unique(model.members_, axis=0)) == 4
    np.testing.assert_array_equal(model.members_[0], model.weights_)
    fitness = Fitness(model.network_, recall.X, recall.y)
    losses = fitness(model.members_)
    np.testing.assert_array_equal(losses, np.sort(losses))
    scores = model.network_.scores(model.members_, recall.X).astype(float)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(
        model.predict_proba(recall.X), probabilities.mean(axis=0), rtol=1e-10
    )
    np.testing.assert_allclose(
        model.predict_log_proba(recall.X), np.log(probabilities.mean(axis=0)), rtol=1e-10
    )
    predictions = model.classes_[probabilities.mean(axis=0).argmax(axis=1)]
    np.testing.assert_array_equal(model.predict(recall.X), predictions)
    # The best one is found as without the others.
    alone = small_model(optimizer=optimizer, budget=600).fit(recall.X, recall.y)
    np.testing.assert_array_equal(alone.weights_, model.weights_)
    assert alone.members_ is None


def test_an_ensemble_and_early_stopping_exclude_each_other(recall):
    with pytest.raises(ValueError, match="choose one of the two"):
        small_model(n_best=3, early_stopping=True).fit(recall.X, recall.y)


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_a_fit_that_fails_leaves_the_last_model_as_it_was(recall, kind):
    model = small_model(kind, scale=True).fit(recall.X, recall.y)
    before = model.predict(recall.X)
    wrong = {"loss": "accuracy"} if kind is RNNClassifier else {"hidden": 0}
    model.set_params(**wrong)
    with pytest.raises(ValueError, match=r"none|hidden"):  # Adam needs gradients
        model.fit(7 * recall.X[:, ::-1], 1 - recall.y % 2)
    np.testing.assert_array_equal(model.predict(recall.X), before)
