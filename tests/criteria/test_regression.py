"""Losses of numbers: against NumPy, finite differences, and what holds for other losses."""

import numpy as np
import pytest
from helpers.cells import each
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from metarnn import (
    Fitness,
    Network,
    RNNClassifier,
    RNNRegressor,
    compare,
    minimize,
    warmup,
)
from metarnn.cells import CELLS
from metarnn.datasets import load
from metarnn.layers import READOUTS
from metarnn.networks.diagnostics import gradient_norms
from metarnn.optimizers import LBFGS, CuckooSearch, HybridGA, LevenbergMarquardt
from metarnn.study import Study

WIRINGS = {
    **{f"cell-{name}": {"cell": name} for name in CELLS},
    **{f"readout-{name}": {"readout": name} for name in READOUTS if name != "steps"},
    "bidirectional": {"bidirectional": True},
    "deep": {"hidden": (4, 4), "residual": True},
    "windows": {"hidden": (4, 3), "windows": 2},
}


def data(K=2, B=40, T=5, seed=0):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(B, T, 3)), rng.normal(size=(B, K))
    return X, y, rng.integers(1, T + 1, size=B), rng.random(B)


def build(K=2, **settings):
    return Network.build(3, K, **({"hidden": 4, "dtype": "float64"} | settings))


def twin(network, weights, X, y, lengths, sample_weight):
    """The weighted mean of the mean squares, from the scores."""
    scores = network.scores(weights, X, lengths=lengths)
    return np.average(((scores - y) ** 2).mean(axis=-1), axis=-1, weights=sample_weight)


@pytest.mark.parametrize("settings", each(WIRINGS))
@pytest.mark.parametrize("K", [1, 2])
def test_losses_and_gradients(settings, K):
    network = build(K, **settings)
    X, y, lengths, weight = data(K)
    rest = {"lengths": lengths, "sample_weight": weight}
    fitness = Fitness(network, X, y, loss="squared_error", **rest)
    points = network.init(np.random.default_rng(1), 3)
    expected = twin(network, points, X, y, **rest)
    np.testing.assert_allclose(fitness(points), expected, rtol=1e-12)
    losses, gradients = fitness.gradient(points)
    np.testing.assert_array_equal(losses, fitness(points))
    step = 1e-6
    for d in np.random.default_rng(2).integers(network.n_weights, size=12):
        away = points.copy()
        away[:, d] += step
        back = points.copy()
        back[:, d] -= step
        slope = (twin(network, away, X, y, **rest) - twin(network, back, X, y, **rest)) / (2 * step)
        np.testing.assert_allclose(gradients[:, d], slope, rtol=1e-5, atol=1e-8)


def test_numbers_at_each_step():
    network = build(2, readout="steps")
    X, _, lengths, weight = data()
    y = np.random.default_rng(4).normal(size=(40, 5, 2))
    y[::3, 0] = np.nan  # not scored
    y[lengths == 1, 0] = 0.5
    y[np.arange(5) >= lengths[:, None]] = np.inf  # never read
    rest = {"lengths": lengths, "sample_weight": weight}
    fitness = Fitness(network, X, y, loss="squared_error", **rest)
    points = network.init(np.random.default_rng(1), 3)

    def by_hand(points):
        misses = (network.scores(points, X, lengths=lengths) - y) ** 2
        misses[:, ~np.isfinite(y)] = np.nan
        return np.average(np.nanmean(misses, axis=(2, 3)), axis=-1, weights=weight)

    np.testing.assert_allclose(fitness(points), by_hand(points), rtol=1e-12)
    losses, gradients = fitness.gradient(points)
    np.testing.assert_array_equal(losses, fitness(points))
    for d in range(0, network.n_weights, 5):
        step = 1e-6 * (np.arange(network.n_weights) == d)
        slope = (by_hand(points + step) - by_hand(points - step)) / 2e-6
        np.testing.assert_allclose(gradients[:, d], slope, rtol=1e-5, atol=1e-8)
    first = fitness.batch(np.arange(10))
    alone = Fitness(
        network, X[:10], y[:10], loss="squared_error", lengths=lengths[:10],
        sample_weight=weight[:10],
    )  # fmt: skip
    np.testing.assert_allclose(first(points), alone(points), rtol=1e-12)


def test_one_number_at_each_step_may_lack_its_axis():
    network, (X, *_) = build(1, readout="steps"), data()
    y = X.cumsum(axis=1)[:, :, 0]
    points = network.init(np.random.default_rng(1), 3)
    losses = [Fitness(network, X, each, loss="squared_error")(points) for each in (y, y[..., None])]
    np.testing.assert_array_equal(*losses)
    (norms,) = gradient_norms(network, points[0], X, y, loss="squared_error")
    assert (np.asarray(norms) > 0).all()


def test_data_with_classes_are_not_compared_by_a_loss_of_numbers():
    message = "'squared_error' is for regression, but the data have classes"
    with pytest.raises(ValueError, match=message):
        compare(load("iris"), ["adam"], loss="squared_error")
    with pytest.raises(ValueError, match=message):
        Study(datasets=["iris"], optimizers=["adam"], loss="squared_error")


@pytest.mark.parametrize("settings", [{}, {"readout": "steps"}], ids=["whole", "steps"])
def test_warm_up_for_numbers(settings):
    warmup(build(2, **settings), loss="squared_error")


@pytest.mark.parametrize("K", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("B", [1, 7, 70])
def test_of_any_number_of_sequences(K, dtype, B):
    network = build(K, dtype=dtype)
    X, y, *_ = data(K, B=B)
    points = network.init(np.random.default_rng(1), 5)
    losses = Fitness(network, X, y, loss="squared_error")(points)
    scores = network.scores(points, X).astype(float)
    expected = ((scores - y) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(losses, expected, rtol=1e-12 if dtype == "float64" else 1e-5)


@pytest.mark.parametrize("K", [1, 2])
def test_gauss_newton_is_the_product_of_jacobians(K):
    network = build(K)
    X, y, _, weight = data(K, B=9)
    fitness = Fitness(network, X, y, loss="squared_error", sample_weight=weight)
    point = network.init(np.random.default_rng(1), 1)
    _, gradient, (matrix,) = fitness.gauss_newton(point)
    step, D = 1e-6, network.n_weights
    away = point + step * np.eye(D)
    back = point - step * np.eye(D)
    jacobian = (network.scores(away, X) - network.scores(back, X)) / (2 * step)  # (D, B, K)
    expected = 2 / K * np.einsum("dbk,ebk,b->de", jacobian, jacobian, weight / weight.sum())
    np.testing.assert_allclose(matrix, expected, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(gradient, fitness.gradient(point)[1], rtol=1e-10)


def test_weights_repetition_and_order_to_the_bit():
    network = build(1, dtype="float32")
    X, y, *_ = data(1)
    weight = np.tile([0.0, 1.0, 2.0, 1.0], 10)
    repeated = np.repeat(np.arange(40), weight.astype(int))
    shuffled = np.random.default_rng(3).permutation(repeated)
    points = network.init(np.random.default_rng(1), 4)
    losses = [
        Fitness(network, X, y, loss="squared_error", sample_weight=weight)(points),
        Fitness(network, X[repeated], y[repeated], loss="squared_error")(points),
        Fitness(network, X[shuffled], y[shuffled, 0], loss="squared_error")(points),
    ]
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(losses[0], losses[2])


@pytest.mark.parametrize(
    "optimizer", [LBFGS(), LevenbergMarquardt(), CuckooSearch(), HybridGA()], ids=repr
)
def test_every_kind_of_optimizer_learns_numbers(optimizer):
    X, *_ = data(B=60)
    y = X[:, -1, 0] - 0.5 * X[:, -2, 1]
    fitness = Fitness(build(1), X, y, loss="squared_error")
    result = minimize(fitness, optimizer, budget=3000, seed=0)
    assert result.fun < 0.5 * y.var()


def test_memory_of_the_mean_and_batches():
    X, y, *_ = data(2)
    fitness = Fitness(build(2), X, y, loss="squared_error")
    points = fitness.space.sample(2, np.random.default_rng(0))
    halves = fitness.batch(np.arange(20))(points), fitness.batch(np.arange(20, 40))(points)
    np.testing.assert_allclose(np.mean(halves, axis=0), fitness(points), rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({}, np.zeros(40), r"y must hold 2 numbers for each of the 40 sequences"),
        ({}, np.zeros((40, 3)), r"shape \(40, 2\), got an array of float64, shape \(40, 3\)"),
        ({}, np.full((40, 2), np.nan), "y must be finite, got NaN"),
        ({}, np.full((40, 2), 1e30), r"y must be below 1e\+18, so that .* got 1e\+30: scale it"),
        (
            {},
            [[1.0]] + [[1.0, 2.0]] * 39,
            "y must be one array of numbers, got parts of unequal length",
        ),
        ({}, np.full((40, 2), "a"), "y must hold numbers, got 'a' at sequence 0, output 0"),
        ({"readout": "steps"}, np.zeros((40, 2)), r"for each step, shape \(40, 5, 2\), got"),
        ({"readout": "steps"}, np.full((40, 5, 2), np.nan), "at least one step of each sequence"),
        ({"readout": "steps"}, np.full((40, 5, 2), [0, np.nan]), "in all numbers of a step"),
        ({"decoder": "plain"}, np.zeros((40, 2)), "A decoder predicts classes, not numbers"),
    ],
)
def test_numbers_are_checked(settings, y, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Fitness(build(2, **settings), data()[0], y, loss="squared_error")


def test_one_score_is_not_for_classes():
    with pytest.raises(ValueError, match="but the network has n_outputs=1"):
        Fitness(build(1), data()[0], np.zeros(40, int))
    with pytest.raises(ValueError, match="RNNRegressor predicts numbers"):
        RNNClassifier(loss="squared_error").fit(data()[0], np.arange(40) % 2)
    with pytest.raises(ValueError, match=r"loss .*squared_error"):
        RNNRegressor(loss="cross_entropy").fit(data()[0], np.arange(40.0))
    with pytest.raises(ValueError, match=r"loss .*squared_error"):
        RNNRegressor(loss=np.array([])).fit(data()[0], np.arange(40.0))


# --- The regressor -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def sums():
    """The last input of one channel, less half of another's before it; far from 0, large."""
    X, *_ = data(B=120)
    return X, 1000 + 50 * (X[:, -1, 0] - 0.5 * X[:, -2, 1])


def test_learns_numbers_of_any_size(sums):
    X, y = sums
    model = RNNRegressor(alpha=0.0, n_best=1, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.score(X, y) == r2_score(y, model.predict(X))
    assert model.predict(X).shape == (120,)
    np.testing.assert_allclose(model.target_mean_, [y.mean()])
    np.testing.assert_allclose(model.target_scale_, [y.std()])
    # The loss is the share of the variance that is left.
    assert 1 - model.loss_ == pytest.approx(model.score(X, y), abs=1e-5)
    # Linear regression on the last step alone has no memory.
    memoryless = Ridge().fit(X[:, -1], y).score(X[:, -1], y)
    assert model.score(X, y) > memoryless + 0.1


def test_several_numbers(sums):
    X, y = sums
    both = np.column_stack([y, -3 * y + 1])
    model = RNNRegressor(hidden=6, random_state=0, optimizer="lbfgs").fit(X, both)
    assert model.predict(X).shape == (120, 2)
    assert model.n_outputs_ == 2
    assert model.score(X, both) > 0.95


def test_constant_targets(sums):
    X, _ = sums
    model = RNNRegressor(hidden=3, budget=300, random_state=0).fit(X, np.full(120, 7.0))
    np.testing.assert_allclose(model.predict(X), 7.0, atol=0.3)


def test_weight_two_is_a_repeated_sequence_and_zero_a_removed_one(sums):
    X, y = sums
    weights = np.tile([0.0, 1.0, 2.0], 40)
    repeated = np.repeat(np.arange(120), weights.astype(int))
    for optimizer in ("adam", "cuckoo"):
        quick = {"hidden": 3, "budget": 200, "random_state": 0, "optimizer": optimizer}
        weighted = RNNRegressor(**quick).fit(X, y, sample_weight=weights)
        listed = RNNRegressor(**quick).fit(X[repeated], y[repeated])
        np.testing.assert_array_equal(weighted.predict(X), listed.predict(X))


def test_early_stopping_of_the_regressor(sums):
    X, y = sums
    model = RNNRegressor(early_stopping=True, n_iter_no_change=5, random_state=0).fit(X, y)
    assert model.best_validation_loss_ == min(model.validation_loss_curve_)
    best = int(np.argmin(model.validation_loss_curve_))
    assert model.best_validation_score_ == model.validation_scores_[best]
    assert len(model.validation_loss_curve_) - 1 - best <= 5


def test_warm_start_keeps_what_weights_mean(sums):
    X, y = sums
    model = RNNRegressor(hidden=4, optimizer="cuckoo", budget=500, random_state=0).fit(X, y)
    before = model.loss_
    model.set_params(optimizer="adam", warm_start=True).fit(X, y)
    assert model.loss_curve_[0] == pytest.approx(before)
    assert model.loss_ < before


def test_partial_fit_of_the_regressor(sums):
    X, y = sums
    model = RNNRegressor(hidden=4, random_state=0)
    for _ in range(40):
        model.partial_fit(X, y)
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
