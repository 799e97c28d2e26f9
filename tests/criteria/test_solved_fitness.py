"""The fitness of a network whose readout is solved."""

import pickle

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from reference import naive

from metarnn import Fitness, Network, SolvedFitness, minimize
from metarnn.linear import SOLVES
from metarnn.optimizers import Order

every_solve = pytest.mark.parametrize("solve", SOLVES)
POOLED = {"cell": "gru", "hidden": 3, "readout": "max+mean+last"}
STEPS = {"cell": "lstm", "hidden": 3, "readout": "steps", "bidirectional": True}


def problem(settings=POOLED, *, B=40, numbers=False, dtype="float64", **changes):
    """Return settings of a fitness on data of unequal length, each step scored or not."""
    rng = np.random.default_rng(0)
    network = Network.build(2, 3, dtype=dtype, **settings)
    X, lengths = rng.normal(size=(B, 6, 2)), np.append(rng.integers(1, 7, B - 1), 6)
    shape = (B, 6) if network.scores_steps else (B,)
    y = rng.normal(size=(*shape, 3)) if numbers else rng.integers(3, size=shape)
    if network.scores_steps:
        unscored = (np.arange(6) >= lengths[:, None]) | (rng.uniform(size=shape) < 0.2)
        unscored[np.arange(B), lengths - 1] = False
        y[unscored] = np.nan if numbers else -1
    loss = "squared_error" if numbers else "cross_entropy"
    how = {"alpha": 0.01, "loss": loss, "sample_weight": rng.uniform(0.2, 2, B)}
    return (network, X, y), {"lengths": lengths} | how | changes


@pytest.mark.parametrize("settings", [POOLED, STEPS, POOLED | {"cell": "orthogonal"}])
@pytest.mark.parametrize("B", [5, 40])
@pytest.mark.parametrize("numbers", [False, True])
@every_solve
def test_gradients_are_those_of_differences(solve, numbers, B, settings):
    if numbers and not SOLVES[solve].for_numbers:
        return
    data, how = problem(settings, B=B, numbers=numbers)
    fitness = SolvedFitness(*data, solve=solve, **how)
    points = fitness.space.sample(3, np.random.default_rng(1))
    losses, gradients = fitness.gradient(points)
    np.testing.assert_allclose(fitness(points), losses, rtol=1e-10)
    expected = naive.central_differences(fitness, points[0])
    assert naive.distance(gradients[0], expected) < 1e-5
    single = SolvedFitness(data[0].__class__(**vars_of(data[0])), *data[1:], solve=solve, **how)
    assert naive.distance(single.gradient(points)[1], gradients) < 1e-3


def vars_of(network):
    """Return the fields of a network, in float32."""
    names = ("n_inputs", "n_outputs", "layers", "readout", "init_scale")
    return {name: getattr(network, name) for name in names} | {"dtype": "float32"}


@pytest.mark.parametrize("settings", [POOLED, STEPS])
@pytest.mark.parametrize(("solve", "numbers"), [("ridge", True), ("logistic", False)])
def test_is_the_least_plain_loss_of_any_readout(solve, numbers, settings):
    data, how = problem(settings, numbers=numbers)
    fitness, plain = SolvedFitness(*data, solve=solve, **how), Fitness(*data, **how)
    points = fitness.space.sample(3, np.random.default_rng(1))
    full = fitness.complete(points)
    assert full.shape == (3, data[0].n_weights)
    np.testing.assert_array_equal(full[:, : fitness.dim], points)
    np.testing.assert_allclose(plain(full), fitness(points), rtol=1e-6)
    changed = full.copy()
    changed[:, fitness.dim :] += 0.05 * np.random.default_rng(2).normal(
        size=changed[:, fitness.dim :].shape
    )
    assert (plain(changed) > fitness(points)).all()
    np.testing.assert_array_equal(fitness.complete(points[0]), fitness.complete(points[:1])[0])


def test_leave_one_out_is_the_error_of_refits():
    from sklearn.linear_model import Ridge

    (network, X, y), _ = problem(B=12)
    fitness = SolvedFitness(network, X, y)
    point = fitness.space.sample(1, np.random.default_rng(1))
    features = fitness.network.scores(point[0], X)
    errors = []
    for penalty in np.logspace(-6, 0, 7) * 12:
        left = [
            Ridge(alpha=penalty).fit(np.delete(features, b, 0), np.delete(np.eye(3)[y], b, 0))
            for b in range(12)
        ]
        predictions = [m.predict(features[b : b + 1])[0] for b, m in enumerate(left)]
        errors.append(((np.array(predictions) - np.eye(3)[y]) ** 2).mean())
    assert fitness(point)[0] == pytest.approx(min(errors), rel=1e-6)


@every_solve
def test_a_weight_of_two_is_a_sequence_twice_and_order_does_not_matter(solve):
    (network, X, y), how = problem()
    w = np.where(np.arange(40) < 10, 2.0, 1.0)
    how |= {"sample_weight": w}
    once = SolvedFitness(network, X, y, solve=solve, **how)
    rows = np.random.default_rng(0).permutation(np.r_[:40, :10])
    how |= {"sample_weight": None, "lengths": how["lengths"][rows]}
    twice = SolvedFitness(network, X[rows], y[rows], solve=solve, **how)
    points = once.space.sample(3, np.random.default_rng(1))
    np.testing.assert_allclose(once(points), twice(points), rtol=1e-11)
    assert naive.distance(once.gradient(points)[1], twice.gradient(points)[1]) < 1e-11


@every_solve
def test_weights_that_are_not_finite_have_no_loss(solve):
    data, how = problem(dtype="float32")
    fitness = SolvedFitness(*data, solve=solve, **how)
    points = fitness.space.sample(4, np.random.default_rng(1))
    points[1, 0], points[2, 3] = np.nan, 1e39
    assert np.isnan(fitness(points)).tolist() == [False, True, True, False]
    losses, gradients = fitness.gradient(points)
    assert np.isnan(losses).tolist() == [False, True, True, False]
    assert losses[3] == pytest.approx(fitness(points[3])[0], rel=1e-9)
    assert np.isfinite(gradients[::3]).all()


@every_solve
def test_a_class_without_sequences_and_equal_features_do_no_harm(solve):
    (network, X, y), how = problem()
    fitness = SolvedFitness(network, X, np.minimum(y, 1), solve=solve, **how)
    zeros = np.zeros((1, fitness.dim))
    assert np.isfinite(fitness(zeros)).all()
    assert np.isfinite(fitness.gradient(zeros)[1]).all()
    scores = network.scores(fitness.complete(zeros)[0], X, lengths=how["lengths"])
    assert scores[:, 2].max() < scores.max()


@every_solve
@pytest.mark.parametrize("optimizer", ["cuckoo", "adam", "lbfgs", "memetic"])
def test_every_kind_of_optimizer_takes_it(solve, optimizer):
    data, how = problem(dtype="float32")
    fitness = SolvedFitness(*data, solve=solve, **how)
    result = minimize(fitness, optimizer, budget=150, seed=0)
    assert result.fun < fitness(fitness.space.sample(1, np.random.default_rng(1)))[0]


def test_batches_are_solved_by_themselves():
    data, how = problem()
    fitness = SolvedFitness(*data, solve="ridge", **how)
    points = fitness.space.sample(2, np.random.default_rng(1))
    part = fitness.batch(np.arange(20))
    network, X, y = data
    how |= {name: how[name][:20] for name in ("lengths", "sample_weight")}
    alone = SolvedFitness(network, X[:20], y[:20], solve="ridge", **how)
    np.testing.assert_allclose(part(points), alone(points), rtol=1e-9)
    assert part.cost(Order.VALUE) == 0.5


def test_prices_are_those_of_the_plain_fitness_and_newton_has_none():
    data, how = problem()
    fitness = SolvedFitness(*data, gradient_passes=5.0, **how)
    assert (fitness.cost(Order.VALUE), fitness.cost(Order.GRADIENT)) == (1.0, 5.0)
    with pytest.raises(ValueError, match="no Gauss-Newton matrix") as caught:
        minimize(fitness, "lm", budget=10)
    one_sentence(caught)


def test_travels_in_a_pickle():
    data, how = problem()
    fitness = SolvedFitness(*data, **how)
    points = fitness.space.sample(2, np.random.default_rng(1))
    again = pickle.loads(pickle.dumps(fitness))
    np.testing.assert_array_equal(again(points), fitness(points))


@pytest.mark.parametrize(
    ("settings", "changes", "says"),
    [
        (POOLED, {"solve": "nearest"}, "solve"),
        (POOLED, {"loss": "accuracy"}, "loss must be 'cross_entropy'"),
        (POOLED, {"loss": "squared_error", "solve": "logistic"}, "is for classes"),
        (POOLED | {"cell": "jordan", "readout": "last"}, {}, "scores by itself"),
        (POOLED | {"cell": "jordan", "readout": "last"}, {"solve": "ridge"}, "scores by itself"),
        (POOLED, {"solve": "ridge", "solve_on": [True] * 40}, "is for solve='held_out'"),
        (POOLED, {"solve": "held_out", "solve_on": [1] * 40}, "True or False for each sequence"),
        (POOLED, {"solve": "held_out", "solve_on": [True] * 39}, "shape .39,. for 40 sequences"),
        (POOLED, {"solve": "held_out", "solve_on": [True] * 40}, "got 40 and 0"),
        (POOLED, {"solve": "held_out", "solve_on": [False] * 40}, "got 0 and 40"),
    ],
)
def test_refuses(settings, changes, says):
    (network, X, y), how = problem(settings)
    with pytest.raises(ValueError, match=says) as caught:
        SolvedFitness(network, X, y, **(how | changes))
    one_sentence(caught)


def test_refuses_a_single_sequence():
    (network, X, y), how = problem()
    how |= {"lengths": None, "sample_weight": None}
    with pytest.raises(ValueError, match="two different sequences") as caught:
        SolvedFitness(network, X[[0, 0]], y[[0, 0]], **how)
    one_sentence(caught)


@every_solve
def test_mini_batches_of_too_few_sequences_name_the_setting(solve):
    data, how = problem(B=4)
    fitness = SolvedFitness(*data, solve=solve, **how)
    with pytest.raises(ValueError, match="n_batches") as caught:
        minimize(fitness, "adam:n_batches=4", budget=20)
    one_sentence(caught)


# --- Solved on some, judged on others ------------------------------------------------------


def refitted(features, targets, w, rows, alpha):
    """Return the error on all but some rows of a ridge of these, by scikit-learn."""
    from sklearn.linear_model import Ridge

    K = targets.shape[1]
    ridge = Ridge(alpha=alpha / 2 * w[rows].sum() * K)
    ridge.fit(features[rows], targets[rows], sample_weight=w[rows])
    errors = ((ridge.predict(features[~rows]) - targets[~rows]) ** 2).mean(axis=1)
    return np.average(errors, weights=w[~rows])


def test_held_out_is_the_error_on_sequences_that_it_was_not_solved_on():
    (network, X, y), how = problem()
    rows = np.random.default_rng(2).random(40) < 0.6
    fitness = SolvedFitness(network, X, y, solve="held_out", solve_on=rows, **how | {"alpha": 0})
    point = fitness.space.sample(1, np.random.default_rng(1))
    features = fitness.network.scores(point[0], X, lengths=how["lengths"])
    expected = refitted(features, np.eye(3)[y], how["sample_weight"], rows, 1e-13)
    assert fitness(point)[0] == pytest.approx(expected, rel=1e-6)
    # The readout that is kept is that of all sequences.
    ridge = SolvedFitness(network, X, y, solve="ridge", **how | {"alpha": 0})
    np.testing.assert_allclose(fitness.complete(point), ridge.complete(point), rtol=1e-8)


def test_held_out_steps_are_judged_by_a_readout_of_the_others():
    (network, X, _), how = problem(STEPS, numbers=True)
    Y = np.random.default_rng(3).normal(size=(40, 6, 3))
    how |= {"alpha": 0, "lengths": None, "sample_weight": None}
    early = np.broadcast_to(np.arange(6) < 4, (40, 6))
    fitness = SolvedFitness(network, X, Y, solve="held_out", solve_on=early, **how)
    point = fitness.space.sample(1, np.random.default_rng(1))
    features = fitness.network.scores(point[0], X).reshape(240, -1)
    expected = refitted(features, Y.reshape(240, 3), np.ones(240), early.ravel(), 1e-13)
    assert fitness(point)[0] == pytest.approx(expected, rel=1e-6)


def test_held_out_rows_stay_with_their_sequences():
    (network, X, y), how = problem()
    rows = np.random.default_rng(2).random(40) < 0.6
    order = np.random.default_rng(4).permutation(40)
    how |= {"solve": "held_out"}
    fitness = SolvedFitness(network, X, y, solve_on=rows, **how)
    points = fitness.space.sample(2, np.random.default_rng(1))
    moved = how | {name: how[name][order] for name in ("lengths", "sample_weight")}
    again = SolvedFitness(network, X[order], y[order], solve_on=rows[order], **moved)
    np.testing.assert_allclose(again(points), fitness(points), rtol=1e-9)
    part = order[:20]
    few = how | {name: how[name][part] for name in ("lengths", "sample_weight")}
    alone = SolvedFitness(network, X[part], y[part], solve_on=rows[part], **few)
    np.testing.assert_allclose(fitness.batch(part)(points), alone(points), rtol=1e-9)


def test_half_of_each_class_or_of_a_single_sequence_judges_where_nothing_is_said():
    (network, X, y), how = problem(B=60)
    bound = SolvedFitness(network, X, y, solve="held_out", **how)._bound
    for k in range(3):
        of_class = bound._targets[:, k] == 1
        n = bound._readout._rows[of_class].sum()
        assert of_class.sum() // 2 <= n <= -(-of_class.sum() // 2)
    network = Network.build(1, 1, hidden=2, readout="steps")
    series = np.random.default_rng(0).normal(size=(1, 21, 1))
    one = SolvedFitness(
        network, series[:, :-1], series[:, 1:], solve="held_out", loss="squared_error"
    )
    assert one._bound._readout._rows.tolist() == [True] * 10 + [False] * 10
