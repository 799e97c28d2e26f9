"""Choosing networks by leave-one-out error, and evolving what they are drawn from."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from metarnn import RecurrentFeaturesClassifier, RecurrentFeaturesRegressor
from metarnn.features import (
    DistributionFitness,
    SelectionFitness,
    evolve_distribution,
    select_networks,
)
from metarnn.optimizers import GA

POOLS = "max", "min", "mean", "last", "std", "above"
#: Ten networks.
SMALL = {"n_features": 480, "hidden": 8, "pools": POOLS, "random_state": 0, "dtype": "float64"}


@pytest.fixture(scope="module")
def stacked():
    """Features (6, 20, 3) of six networks, of which 1, 2 and 4 have what makes the targets."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6, 20, 3))
    X -= X.mean(axis=1, keepdims=True)
    y = X[1, :, :1] - X[2, :, 1:2] + X[4, :, 2:]
    return X, y + 0.01 * rng.normal(size=y.shape)


def test_error_is_that_of_scikit_learn(stacked):
    X, y = stacked
    penalties = np.array([0.01, 0.1, 1.0])
    fitness = SelectionFitness(X, y, 2, penalties)
    joined = np.concatenate([X[0], X[4]], axis=1)
    unit = np.mean((joined**2).sum(axis=1))
    found = [
        np.mean((cross_val_predict(Ridge(p * unit), joined, y[:, 0], cv=LeaveOneOut()) - y.T) ** 2)
        for p in penalties
    ]
    (error,) = fitness(np.array([[0.9, 0.1, 0.3, 0.2, 0.8, 0.0]]))
    assert error == pytest.approx(min(found), rel=1e-4)


@pytest.mark.parametrize("how", ["forward", "backward"])
def test_the_networks_that_matter_are_found(stacked, how):
    fitness = SelectionFitness(*stacked, 3, [1e-4, 1e-2])
    assert getattr(fitness, how)().tolist() == [1, 2, 4]


def test_a_point_names_its_largest(stacked):
    fitness = SelectionFitness(*stacked, 2, [0.1])
    assert fitness.chosen(np.array([0.1, 0.5, 0.5, 0.5, 0.0, 0.2])).tolist() == [1, 2]
    assert fitness.space.dim == 6


@pytest.mark.parametrize("how", ["forward", "backward", "cuckoo"])
def test_a_selected_model_has_some_of_the_networks(waves, how):
    X, y = waves
    every = RecurrentFeaturesClassifier(**SMALL, cells=["leaky", "gru"]).fit(X[::2], y[::2])
    some = select_networks(every, X[::2], y[::2], 4, how, budget=40, seed=0)
    assert some.n_networks_ == 4
    assert every.n_networks_ == 10
    assert some.score(X[1::2], y[1::2]) > 0.9
    features, left = every.extractor_.names(), some.extractor_
    assert left.n_features == 4 * len(features) // 10
    for part in left.populations:
        (whole,) = (p for p in every.extractor_.populations if p.cell == part.cell)
        assert {row.tobytes() for row in part.weights} <= {row.tobytes() for row in whole.weights}


def test_all_networks_selected_are_the_model(waves):
    X, y = waves
    every = RecurrentFeaturesClassifier(**SMALL).fit(X, y)
    same = select_networks(every, X, y, every.n_networks_)
    np.testing.assert_allclose(same.coef_, every.coef_)


def test_a_selected_regressor_reads_unequal_lengths(unequal):
    X, lengths = unequal
    y = np.array([x[:n, 0].mean() for x, n in zip(X, lengths, strict=True)])
    every = RecurrentFeaturesRegressor(**SMALL).fit(X, y, lengths=lengths)
    some = select_networks(every, X, y, 3, lengths=lengths)
    assert some.score(X, y, lengths=lengths) > 0.9


@pytest.mark.parametrize(("n", "said"), [(0, "from 1 to the 10"), (11, "from 1 to the 10")])
def test_errors_of_a_selection(waves, n, said):
    X, y = waves
    every = RecurrentFeaturesClassifier(**SMALL).fit(X, y)
    with pytest.raises(ValueError, match=said):
        select_networks(every, X, y, n)
    with pytest.raises(ValueError, match="unknown optimizer"):
        select_networks(every, X, y, 2, "sideways")


def test_kernels_have_a_limit(stacked, monkeypatch):
    monkeypatch.setattr("metarnn.features.selection.MAX_BYTES", 100)
    with pytest.raises(ValueError, match="kernels of 6 networks on 20 sequences"):
        SelectionFitness(*stacked, 2, [0.1])


def test_a_point_is_the_settings_that_it_stands_for(waves):
    X, y = waves
    model = RecurrentFeaturesClassifier(**SMALL)
    fitness = DistributionFitness(model, X, y, n_networks=3, seed=5)
    point = np.concatenate([np.log([2.0, 0.5, 0.1, 0.2, 20.0, 4.0]), [0.5, 0.0, 1.0, 0.0]])
    settings = fitness.settings(point)
    assert settings["scales"] == pytest.approx((0.5, 2.0))
    assert settings["recurrences"] == pytest.approx((0.1, 0.2))
    assert settings["time_constants"] == pytest.approx((4.0, 20.0))
    assert settings["cells"] == {"leaky": 0.5, "elman": 0.0, "gru": 1.0, "lstm": 0.0}
    few = RecurrentFeaturesClassifier(**SMALL | settings | {"n_features": 144, "random_state": 5})
    few.fit(X, y)
    assert few.n_networks_ == fitness.cost(0) == 3
    assert fitness(point[None]) == few.penalty_losses_.min()
    assert fitness.space.bounds[1][:6] == pytest.approx(np.log([10, 10, 3, 3, 40, 40]))


@pytest.mark.slow
def test_an_evolved_distribution_is_better_for_what_it_was_evolved_on(waves):
    X, y = waves
    poor = {"scales": (0.01, 0.01), "time_constants": (39.0, 40.0), "channels": "raw"}
    model = RecurrentFeaturesClassifier(**SMALL | poor)
    found = evolve_distribution(model, X, y, "random_search", budget=60, n_networks=3, seed=1)
    assert not hasattr(found, "extractor_")
    assert found.get_params()["channels"] == "raw"
    assert found.fit(X, y).penalty_losses_.min() < model.fit(X, y).penalty_losses_.min()
    again = evolve_distribution(model, X, y, "random_search", budget=60, n_networks=3, seed=1)
    assert again.scales == found.scales


def test_an_evolution_needs_a_point(waves):
    X, y = waves
    model = RecurrentFeaturesClassifier(**SMALL)
    with pytest.raises(ValueError, match="n_networks must be at least 1"):
        evolve_distribution(model, X, y, n_networks=0)
    with pytest.raises(ValueError, match="budget"):
        evolve_distribution(model, X, y, budget=5)


def test_an_optimizer_may_choose_and_other_inputs_are_refused():
    X = np.random.default_rng(0).normal(size=(30, 10, 2))
    y = np.arange(30) % 2
    model = RecurrentFeaturesClassifier(**SMALL).fit(X, y)
    by_name = select_networks(model, X, y, 3, "ga", budget=40, seed=0)
    by_instance = select_networks(model, X, y, 3, GA(), budget=40, seed=0)
    np.testing.assert_array_equal(by_name.coef_, by_instance.coef_)
    with pytest.raises(ValueError, match="X has 1 inputs, and the model was fitted to 2"):
        select_networks(model, X[:, :, :1], y, 3)


def test_weights_count_as_repetitions_where_the_distribution_evolves(waves):
    X, y = waves
    noisy = np.random.default_rng(0).permutation(y)
    weights = np.arange(len(y)) % 3
    rows = np.repeat(np.arange(len(y)), weights)
    model, points = RecurrentFeaturesClassifier(**SMALL), None
    losses = []
    for given in (
        {"X": X, "y": noisy, "sample_weight": weights},
        {"X": X[rows], "y": noisy[rows]},
        {"X": X, "y": noisy},
    ):
        fitness = DistributionFitness(model, **given, n_networks=2)
        points = fitness.space.sample(3, np.random.default_rng(1)) if points is None else points
        losses.append(fitness(points))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)
    assert not np.allclose(losses[0], losses[2], rtol=1e-3)
    settings = {"sample_weight": weights, "budget": 24, "n_networks": 4}
    evolved = evolve_distribution(model, X, y, "random_search", **settings)
    assert evolved.get_params() != model.get_params()
