"""Estimators whose readout is solved, and starts with solved readouts."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from sklearn.base import clone

from metarnn import Fitness, RNNClassifier, RNNRegressor
from metarnn.linear import SOLVES

every_solve = pytest.mark.parametrize("solve", SOLVES)


def data(B=60, T=8):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(B, T, 1))
    return X, np.where(X[:, :, 0].max(axis=1) > 1.4, "high", "low")


def model(kind=RNNClassifier, **changes):
    settings = {"cell": "gru", "hidden": 3, "budget": 150, "random_state": 0, "alpha": 1e-3}
    return kind(**(settings | changes))


@pytest.mark.parametrize(
    ("solve", "optimizer"),
    [("leave_one_out", "cuckoo"), ("ridge", "adam"), ("logistic", "adam"), ("logistic", "cuckoo")],
)
def test_classifiers(solve, optimizer, tmp_path):
    X, y = data()
    fitted = model(solve=solve, optimizer=optimizer).fit(X, y)
    assert fitted.score(X, y) > 0.85
    assert fitted.weights_.shape == (fitted.network_.n_weights,)
    assert fitted.members_.shape == (5, fitted.network_.n_weights)
    np.testing.assert_array_equal(fitted.members_[0], fitted.weights_)
    assert fitted.n_passes_ <= 150
    p = fitted.predict_proba(X)
    truth = p[np.arange(len(y)), np.searchsorted(fitted.classes_, y)]
    assert -np.log(truth).mean() < 0.5
    again = RNNClassifier.load(fitted.save(tmp_path / "model.npz"))
    np.testing.assert_array_equal(again.predict_proba(X), p)
    assert again.get_params()["solve"] == clone(fitted).solve == solve


@pytest.mark.parametrize("solve", ["ridge", "leave_one_out"])
def test_regressors(solve):
    X, _ = data()
    y = np.stack([X.max(axis=(1, 2)), 100 + X.mean(axis=(1, 2))], axis=1)
    fitted = model(RNNRegressor, solve=solve, hidden=6).fit(X, y)
    assert fitted.predict(X).shape == y.shape
    assert fitted.score(X, y) > 0.7


def test_the_readout_is_solved_on_what_weighs():
    X, y = data()
    weight = np.where(np.arange(len(y)) < 30, 2.0, 0.0)
    once = model(solve="ridge").fit(X, y, sample_weight=weight)
    half = model(solve="ridge").fit(X[:30], y[:30])
    np.testing.assert_allclose(once.weights_, half.weights_, rtol=1e-6, atol=1e-8)
    balanced = model(solve="ridge", class_weight="balanced").fit(X, y)
    assert not np.allclose(balanced.weights_, model(solve="ridge").fit(X, y).weights_)


def test_early_stopping_judges_completed_weights():
    X, y = data()
    fitted = model(solve="leave_one_out", early_stopping=True, budget=300).fit(X, y)
    assert fitted.weights_.shape == (fitted.network_.n_weights,)
    best = np.argmin(fitted.validation_loss_curve_)
    assert fitted.best_validation_loss_ == fitted.validation_loss_curve_[best]
    assert fitted.validation_scores_[best] == fitted.best_validation_score_


def test_descent_of_all_weights_goes_on_from_solved_ones():
    X, y = data()
    fitted = model(solve="logistic", optimizer="cuckoo", dtype="float64").fit(X, y)
    solved_loss = fitted.loss_
    fitted.set_params(solve=None, optimizer="adam", warm_start=True).fit(X, y)
    assert fitted.loss_curve_[0] == pytest.approx(solved_loss, rel=1e-6)
    fitted.set_params(solve="logistic").fit(X, y)
    assert fitted.loss_ <= solved_loss


@pytest.mark.parametrize("optimizer", ["adam", "ga", "memetic", "lbfgs"])
def test_solved_starts_are_lower_than_random_ones_and_have_the_same_states(optimizer):
    X, y = data()
    starts = {}
    for name, initial in (("random", None), ("solved", "solved")):
        fitted = model(initial_weights=initial, optimizer=optimizer, budget=60).fit(X, y)
        starts[name] = fitted.loss_curve_[0]
    assert starts["solved"] < starts["random"]


def test_solved_starts_of_a_regressor():
    X, _ = data()
    y = X.max(axis=(1, 2))
    losses = [
        model(RNNRegressor, initial_weights=initial, budget=30).fit(X, y).loss_curve_[0]
        for initial in (None, "solved")
    ]
    assert losses[1] < losses[0]


def test_solved_starts_have_the_least_loss_of_the_readout():
    X, _ = data()
    y = X.max(axis=(1, 2))
    fitted = model(RNNRegressor, initial_weights="solved", budget=20, n_best=1, scale=False)
    fitted.fit(X, y)
    network, targets = fitted.network_, (y - y.mean()) / y.std()
    plain = Fitness(network, X, targets, loss="squared_error", alpha=1e-3)
    points = network.space.sample(1, np.random.default_rng(0))
    assert fitted.loss_curve_[0] < plain(points)[0]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"solve": "nearest"}, "solve"),
        ({"solve": 3}, "solve"),
        ({"solve": "ridge", "loss": "accuracy"}, "loss must be 'cross_entropy'"),
        ({"solve": "ridge", "cell": "jordan"}, "scores by itself"),
        ({"solve": "ridge", "optimizer": "lm"}, "no Gauss-Newton matrix"),
    ],
)
def test_refuses(settings, says):
    with pytest.raises(ValueError, match=says) as caught:
        model(**settings).fit(*data())
    one_sentence(caught)


def test_evolino_solves_by_least_squares():
    X, y = data()
    fitted = model(optimizer="evolino").fit(X, y)
    same = model(optimizer="evolino", solve="ridge").fit(X, y)
    np.testing.assert_array_equal(fitted.weights_, same.weights_)
    other = model(optimizer="evolino", solve="leave_one_out").fit(X, y)
    assert other.loss_ != fitted.loss_
    assert fitted.get_params()["solve"] is None


@pytest.mark.parametrize(
    "nested",
    [
        {"name": "restarts", "optimizer": "evolino"},
        {"name": "islands", "members": ["cuckoo", "evolino"]},
        {"name": "memetic", "population": "evolino"},
    ],
)
def test_a_nested_evolino_solves_too(nested):
    X, y = data()
    fitted = model(optimizer=nested).fit(X, y)
    same = model(optimizer=nested, solve="ridge").fit(X, y)
    np.testing.assert_array_equal(fitted.weights_, same.weights_)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "loss (cross entropy)"),
        ({"solve": "leave_one_out"}, "loss (readout by leave one out)"),
        ({"optimizer": "evolino"}, "loss (readout by ridge)"),
    ],
)
def test_a_plot_names_the_loss_that_was_minimized(settings, says):
    from metarnn.plots import plot_history

    assert plot_history(model(**settings).fit(*data())).get_ylabel() == says


def test_a_regressor_refuses_the_solution_for_classes():
    X, _ = data()
    with pytest.raises(ValueError, match="is for classes") as caught:
        model(RNNRegressor, solve="logistic").fit(X, X[:, 0, 0])
    one_sentence(caught)


def test_a_stream_solves_nothing():
    X, y = data()
    with pytest.raises(AttributeError) as caught:
        model(solve="ridge").partial_fit(X, y, classes=np.unique(y))
    assert "use fit, or solve=None" in str(caught.value.__cause__)
    with pytest.raises(ValueError, match="partial_fit cannot take initial_weights"):
        model(initial_weights="solved").partial_fit(X, y, classes=np.unique(y))


@pytest.mark.parametrize(("loss", "optimizer"), [("mse", "adam"), ("accuracy", "cuckoo")])
def test_solved_starts_do_not_depend_on_the_loss(loss, optimizer):
    X, y = data()
    fitted = model(initial_weights="solved", loss=loss, optimizer=optimizer, budget=30).fit(X, y)
    assert fitted.score(X, y) > 0.8
