"""RNNClassifier: what scikit-learn's checks do not ask, above all 3-D input."""

import pickle
import random

import numpy as np
import pandas as pd
import pytest
from helpers.optimizer_table import TABLE
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import get_tags

from metarnn import Fitness, RNNClassifier, RNNRegressor, SequenceScaler
from metarnn.datasets import load
from metarnn.engine import LOSSES
from metarnn.estimators import Callback
from metarnn.estimators.early_stopping import hold_back
from metarnn.estimators.examples import Examples
from metarnn.optimizers import GA, Adam, CuckooSearch, HybridGA, Order, Rprop


@pytest.fixture(scope="module")
def recall():
    """Sequences (120, 4, 4) of three classes."""
    return load("delayed_recall", n_sequences=120, n_symbols=3, lag=3, seed=1)


@pytest.fixture(scope="module")
def model(recall):
    return RNNClassifier(hidden=8, budget=1500, random_state=0).fit(recall.X, recall.y)


def quick(**settings):
    return RNNClassifier(**({"hidden": 3, "budget": 60, "random_state": 0} | settings))


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("loss", LOSSES)
def test_reported_loss_is_that_of_the_weights(recall, name, loss):
    model = quick(optimizer=name, loss=loss, alpha=0.01).fit(recall.X, recall.y)
    fitness = Fitness(model.network_, recall.X, recall.y, loss=loss, alpha=0.01)
    assert model.loss_ == model.best_loss_ == fitness(model.weights_)[0]
    assert model.loss_ == model.history_.best[-1] == model.loss_curve_.min()
    matrices = fitness.cost(Order.GAUSS_NEWTON) * model.n_matrix_evals_
    passes = model.n_evals_ + 3 * model.n_grad_evals_ + matrices
    assert model.n_passes_ == pytest.approx(passes)
    assert model.n_passes_ <= 60


def test_learns_a_task_that_needs_memory(recall, model):
    fresh = load("delayed_recall", n_sequences=300, n_symbols=3, lag=3, seed=2)
    assert model.score(recall.X, recall.y) == 1.0
    assert model.score(fresh.X, fresh.y) > 0.9  # chance is 1/3
    # The lag is the only thing that changes: the network reads sequences of any length.
    longer = load("delayed_recall", n_sequences=300, n_symbols=3, lag=4, seed=2)
    assert model.predict(longer.X).shape == (300,)


def test_fitted_attributes(recall, model):
    assert list(model.classes_) == [0, 1, 2]
    assert (model.n_timesteps_in_, model.n_channels_in_, model.n_features_in_) == (4, 4, 4)
    assert model.n_outputs_ == 3
    assert model.weights_.shape == (model.network_.n_weights,)
    assert model.n_iter_ == len(model.loss_curve_) == len(model.history_) == 500
    assert model.stop_reason_ == "The budget is spent."
    assert model.validation_loss_curve_ is None
    assert model.validation_scores_ is None
    assert list(model.history_.to_frame().columns) == ["passes", "seconds", "loss", "best"]


def test_probabilities(recall, model):
    shares = model.predict_proba(recall.X)
    assert shares.shape == (120, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(model.classes_[shares.argmax(axis=1)], model.predict(recall.X))
    # A sequence's answer does not depend on its company.
    alone = np.concatenate([model.predict_proba(recall.X[i : i + 1]) for i in range(40)])
    np.testing.assert_array_equal(alone, shares[:40])


@pytest.mark.parametrize(
    "names",
    [["a", "b", "c"], [-1, 0, 7], [0.0, 1.0, 2.0], np.array(["x", "y", "zz"], object)],
    ids=["text", "integers", "floats", "objects"],
)
def test_labels_of_any_type(recall, names):
    labels = np.asarray(names)[recall.y]
    model = quick().fit(recall.X, labels)
    plain = quick().fit(recall.X, recall.y)
    expected = np.asarray(names)[plain.predict(recall.X)]
    np.testing.assert_array_equal(model.predict(recall.X), expected)


def test_booleans_are_labels_too(recall):
    model = quick().fit(recall.X, recall.y == 0)
    assert model.predict(recall.X).dtype == bool


def test_same_seed_same_fit(recall):
    random_before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    fits = [
        quick(random_state=state, n_threads=threads).fit(recall.X, recall.y).weights_
        for state, threads in ((0, 1), (0, 2), (1, 1), (None, 1), (None, 1))
    ]
    np.testing.assert_array_equal(fits[0], fits[1])
    for other in fits[2:]:
        assert not np.array_equal(fits[0], other)
    assert not np.array_equal(fits[3], fits[4])
    assert random.getstate() == random_before
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(numpy_before, after, strict=True))


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_generators_are_seeds(recall, kind):
    first, second = (quick(random_state=kind(3)).fit(recall.X, recall.y) for _ in range(2))
    np.testing.assert_array_equal(first.weights_, second.weights_)


def test_fit_leaves_parameters_alone(recall):
    optimizer = HybridGA(GA(population_size=6), Rprop(initial_step_size=0.2))
    model = quick(optimizer=optimizer)
    before = repr(model.get_params())
    model.fit(recall.X, recall.y)
    assert repr(model.get_params()) == before
    assert model.optimizer is optimizer


def test_nested_parameters_and_clone():
    model = quick(optimizer=HybridGA())
    model.set_params(
        optimizer__local_search__initial_step_size=0.7, optimizer__population__n_elites=1
    )
    copy = clone(model)
    assert copy.optimizer is not model.optimizer
    assert copy.optimizer == model.optimizer
    assert copy.optimizer.local_search.initial_step_size == 0.7


def test_grid_search_reaches_the_optimizer(recall):
    search = GridSearchCV(
        quick(optimizer=CuckooSearch()), {"optimizer__n_nests": [4, 9]}, cv=2, n_jobs=2
    ).fit(recall.X, recall.y)
    assert search.best_params_["optimizer__n_nests"] in (4, 9)
    assert search.best_estimator_.optimizer.n_nests == search.best_params_["optimizer__n_nests"]
    assert search.predict(recall.X).shape == (120,)


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
    flip = make_pipeline(FunctionTransformer(np.negative), quick())
    recall = load("delayed_recall")
    assert flip.fit(recall.X, recall.y).predict(recall.X).shape == recall.y.shape


def test_timesteps_cut_rows():
    digits = load("digits")
    rows = digits.X[:200].reshape(200, 64)
    whole = quick().fit(digits.X[:200], digits.y[:200])
    cut = quick(timesteps=8).fit(rows, digits.y[:200])
    np.testing.assert_array_equal(whole.weights_, cut.weights_)
    assert (cut.n_features_in_, cut.n_timesteps_in_, cut.n_channels_in_) == (64, 8, 8)
    one_by_one = quick().fit(rows, digits.y[:200])
    assert (one_by_one.n_timesteps_in_, one_by_one.n_channels_in_) == (64, 1)


def test_frames_keep_their_names():
    iris = load("iris")
    frame = pd.DataFrame(iris.X, columns=list("abcd"))
    model = quick().fit(frame, iris.y)
    assert list(model.feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("dcba")])


def test_pickle(recall, model):
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(recall.X), model.predict_proba(recall.X))
    assert copy.history_.best[-1] == model.loss_


def test_class_weight_moves_the_decision(recall):
    light, heavy = (
        quick(class_weight={0: weight}, budget=300).fit(recall.X, recall.y).predict(recall.X)
        for weight in (0.01, 100)
    )
    assert (light == 0).mean() < 0.05
    assert (heavy == 0).mean() > 0.9


def test_balanced_equals_the_weights_written_out(recall):
    kept = np.flatnonzero((recall.y != 0) | (np.arange(120) % 4 == 0))
    X, y = recall.X[kept], recall.y[kept]
    weights = len(y) / (3 * np.bincount(y))
    balanced = quick(class_weight="balanced").fit(X, y)
    written = quick().fit(X, y, sample_weight=weights[y])
    np.testing.assert_array_equal(balanced.weights_, written.weights_)


def test_weight_two_is_a_repeated_sequence_and_zero_a_removed_one(recall):
    weights = np.tile([0.0, 1.0, 2.0], 40)
    repeated = np.repeat(np.arange(120), weights.astype(int))
    for optimizer in ("adam", "cuckoo"):
        weighted = quick(optimizer=optimizer).fit(recall.X, recall.y, sample_weight=weights)
        listed = quick(optimizer=optimizer).fit(recall.X[repeated], recall.y[repeated])
        np.testing.assert_allclose(weighted.weights_, listed.weights_, rtol=1e-9, atol=1e-12)


def test_early_stopping(recall):
    # A third of the labels wrong: learning them by heart does no good on the held-back part.
    noisy = np.where(np.arange(120) % 3 == 0, (recall.y + 1) % 3, recall.y)
    model = quick(early_stopping=True, validation_fraction=0.25, n_iter_no_change=5, budget=6000)
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


def test_warm_start_sets_out_from_the_last_weights(recall):
    model = quick(warm_start=True, budget=90).fit(recall.X, recall.y)
    first = model.loss_
    model.fit(recall.X, recall.y)
    assert model.loss_curve_[0] == first
    assert model.loss_ < first
    model.set_params(hidden=4)
    with pytest.raises(ValueError, match="warm_start needs the network of the last fit"):
        model.fit(recall.X, recall.y)
    # Another optimizer may take over.
    cold = quick(budget=90).fit(recall.X, recall.y)
    cold.set_params(warm_start=True, optimizer="cuckoo").fit(recall.X, recall.y)
    assert cold.loss_ <= first


def test_callbacks_see_every_iteration_and_may_stop(recall):
    seen = []

    def watch(intermediate_result):
        seen.append(intermediate_result.fun)
        if len(seen) == 7:
            raise StopIteration

    model = quick(callbacks=[watch]).fit(recall.X, recall.y)
    assert model.n_iter_ == 7
    np.testing.assert_array_equal(seen, model.history_.best)
    assert model.stop_reason_ == "A callback halted the search."


def test_verbose_shows_a_bar_with_the_loss(recall, capsys):
    quick(verbose=1).fit(recall.X, recall.y)
    assert "loss" in capsys.readouterr().err
    quick().fit(recall.X, recall.y)
    assert capsys.readouterr() == ("", "")


def test_interrupt_keeps_the_best(recall):
    calls = []

    def interrupt(intermediate_result):
        calls.append(intermediate_result.fun)
        if len(calls) == 5:
            raise KeyboardInterrupt

    model = quick(callbacks=[interrupt])
    with pytest.warns(UserWarning, match="Interrupted after 15 of 60 passes"):
        model.fit(recall.X, recall.y)
    assert model.loss_ == min(calls)
    assert "interrupted from the keyboard" in model.stop_reason_
    assert model.predict(recall.X).shape == (120,)


def test_a_budget_within_the_first_generation(recall):
    model = quick(optimizer="cuckoo", budget=3).fit(recall.X, recall.y)
    assert model.n_evals_ == 3
    assert np.isfinite(model.loss_)


def test_tags():
    tags = get_tags(RNNClassifier())
    assert tags.input_tags.three_d_array
    assert tags.input_tags.two_d_array


X3 = np.zeros((6, 3, 2))
Y = np.array([0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize(
    ("settings", "X", "y", "message"),
    [
        ({}, np.full((6, 3, 2), np.nan), Y, "NaN"),
        ({}, np.full((6, 3, 2), np.inf), Y, "infinity"),
        ({}, X3[:0], Y[:0], "0 sample"),
        ({}, np.zeros((6, 0, 2)), Y, "empty axis in shape"),
        ({}, np.zeros(6), Y, "1D array"),
        ({}, np.zeros((6, 3, 2, 2)), Y, "dim 4|4 axes"),
        ({}, [[[1.0], [2.0]], [[1.0, 2.0]]], [0, 1], "same inputs as sequence 0"),
        ({}, [*X3.tolist()[:5], [["a", "b"]] * 3], Y, "could not convert"),
        ({}, X3, np.zeros(6), "at least two classes, got one class only: "),
        ({}, X3, Y[:4], r"\[4, 6\]"),
        ({}, X3, None, "y is None"),
        ({}, X3, np.array([0, 1, np.nan, 0, 1, 0]), "NaN"),
        ({}, X3, np.linspace(0, 1, 6), "continuous"),
        ({}, X3, np.array([0, "a", 1, "a", 0, 1], object), "types that cannot be ordered"),
        ({}, X3, np.array([0, None, 1, 0, 1, 1], object), "types|missing|NaN"),
        ({}, X3, np.zeros((6, 2)), "multilabel|1d array|column"),
        ({"timesteps": 4}, np.zeros((6, 6)), Y, "timesteps must divide the 6 features"),
        ({"timesteps": 2}, X3, Y, "timesteps=2 is for rows"),
        ({"optimizer": "gradient"}, X3, Y, "Unknown optimizer .gradient. .* adam"),
        ({"optimizer": CuckooSearch}, X3, Y, "optimizer must be an instance: write CuckooSearch"),
        ({"optimizer": CuckooSearch(n_nests=1)}, X3, Y, "n_nests must be an integer, at least 3"),
        ({"budget": 0.5}, X3, Y, "budget must be at least one pass"),
        ({"budget": -1}, X3, Y, "budget must be a positive"),
        ({"budget": "many"}, X3, Y, "budget must be a number"),
        ({"loss": "hinge"}, X3, Y, "loss must be one of"),
        ({"cell": "lstn"}, X3, Y, "cell must be one of"),
        ({"activation": "gelu"}, X3, Y, "activation must be one of"),
        ({"hidden": 0}, X3, Y, "hidden must be at least 1"),
        ({"hidden": 2.5}, X3, Y, "hidden must be an integer"),
        ({"hidden": ()}, X3, Y, "hidden must have a layer"),
        ({"alpha": -1.0}, X3, Y, "alpha must be finite and at least 0"),
        ({"dtype": "float16"}, X3, Y, "dtype must be one of"),
        ({"dtype": "floaty"}, X3, Y, "dtype must be one of"),
        ({"init_scale": 0}, X3, Y, "init_scale must be a positive"),
        ({"class_weight": "even"}, X3, Y, "class_weight"),
        ({"validation_fraction": 1.5}, X3, Y, "validation_fraction must be between"),
        ({"n_iter_no_change": 0}, X3, Y, "n_iter_no_change must be an integer"),
        ({"early_stopping": True}, X3, Y, "early_stopping cannot hold back"),
        ({"random_state": "x"}, X3, Y, "random_state must be None"),
        ({"callbacks": [3]}, X3, Y, "callbacks must be a list of callables"),
    ],
)
def test_bad_input_gets_one_sentence(settings, X, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        quick(**settings).fit(X, y)


def test_bad_sample_weights(recall):
    for weights, message in (
        (np.ones(5), r"sample_weight must have shape \(120,\)"),
        (np.full(120, -1.0), "sample_weight must be finite, not negative"),
        (np.full(120, np.nan), "sample_weight must be finite, .* from nan"),
        (np.zeros(120), "not all zero"),
        ((recall.y == 0).astype(float), "Fewer than two classes"),
    ):
        with pytest.raises(ValueError, match=message):
            quick().fit(recall.X, recall.y, sample_weight=weights)


def test_predict_checks_its_input(recall, model):
    with pytest.raises(NotFittedError):
        quick().predict(recall.X)
    with pytest.raises(ValueError, match="X has 2 inputs at each step"):
        model.predict(recall.X[:, :, :2])
    with pytest.raises(ValueError, match="NaN"):
        model.predict(np.full_like(recall.X, np.nan))


def test_optimizer_that_needs_what_the_loss_has(recall):
    # A relu network may overflow; the fit survives and says how often.
    X = recall.X * 1e30
    with np.errstate(all="ignore"):
        model = quick(activation="relu", optimizer="adam", budget=300).fit(X, recall.y)
    assert model.predict(recall.X).shape == (120,)


def test_one_sequence_is_not_taken_for_many(recall, model):
    with pytest.raises(ValueError, match=r"a single sequence is X\[None\]"):
        model.predict(recall.X[0])
    assert model.predict(recall.X[0][None]).shape == (1,)


def test_predictions_do_not_follow_parameters_set_later(recall):
    model = quick().fit(recall.X, recall.y)
    before = model.predict_proba(recall.X)
    model.set_params(loss="mse", timesteps=3, hidden=9)
    np.testing.assert_array_equal(model.predict_proba(recall.X), before)


def test_a_callback_that_stops_and_early_stopping_agree(recall):
    def stop(intermediate_result):
        if intermediate_result.nit == 5:
            raise StopIteration

    model = quick(callbacks=[stop], early_stopping=True, validation_fraction=0.2)
    model.fit(recall.X, recall.y)
    assert len(model.validation_loss_curve_) == model.n_iter_ == 5


def test_early_stopping_without_a_finite_loss(recall):
    with np.errstate(all="ignore"), pytest.warns(UserWarning, match="had a finite loss"):
        model = quick(activation="relu", init_scale=1e30, early_stopping=True).fit(
            recall.X, recall.y
        )
    assert not np.isfinite(model.best_validation_loss_)


def test_class_weights_and_classes_are_checked(recall):
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        quick(class_weight={0: -1}).fit(recall.X, recall.y)
    with pytest.raises(ValueError, match="Fewer than two classes are left"):
        quick(class_weight={0: 0, 1: 0}).fit(recall.X, recall.y)
    with pytest.raises(ValueError, match="warm_start needs the classes of the last fit"):
        quick(warm_start=True).fit(recall.X, recall.y).fit(recall.X, recall.y + 5)
    with pytest.raises(TypeError, match="callbacks must be a list of callables"):
        quick(callbacks=print).fit(recall.X, recall.y)


# --- Wirings and other data --------------------------------------------------------------


def test_sequences_of_unequal_lengths_are_a_list():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 8, size=40)]
    y = np.array([x[0, 0] > 0 for x in X])
    model = quick(hidden=6, cell="gru", bidirectional=True, budget=1500).fit(X, y)
    assert model.score(X, y) > 0.9
    # What a sequence is answered does not depend on the others.
    one_by_one = np.concatenate([model.predict_proba(x[None]) for x in X])
    np.testing.assert_allclose(model.predict_proba(X), one_by_one, rtol=1e-6)


def test_early_stopping_holds_back_sequences_of_unequal_lengths():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=n) for n in rng.integers(2, 8, size=40)]
    y = np.array([x[-1] > 0 for x in X])
    model = quick(early_stopping=True, validation_fraction=0.3, budget=600).fit(X, y)
    assert model.best_validation_score_ > 0.8


def test_tokens_are_embedded():
    rng = np.random.default_rng(0)
    X = rng.integers(6, size=(60, 5))
    y = np.where((X == 3).any(axis=1), "three", "none")
    model = quick(embedding=4, readout="max", budget=3000).fit(X, y)
    assert model.score(X, y) > 0.95
    with pytest.raises(ValueError, match="tokens from 0 to 5"):
        model.predict(X + 6)


def test_images_are_scanned():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3, 4, 1))
    y = X[:, 0, 0, 0] > 0
    model = quick(grid=2, hidden=4, budget=2000).fit(X, y)
    assert model.score(X, y) > 0.9


def test_a_classifier_does_not_score_steps():
    with pytest.raises(ValueError, match="does not score single steps"):
        quick(readout="steps").fit(X3, Y)


# --- From one fit to the next, and many at once ------------------------------------------


def test_cuckoo_search_hands_over_to_adam(recall):
    model = quick(optimizer="cuckoo", budget=400).fit(recall.X, recall.y)
    found, loss = model.weights_, model.loss_
    model.set_params(optimizer="adam", warm_start=True).fit(recall.X, recall.y)
    assert model.loss_curve_[0] == loss
    assert model.loss_ < loss
    # The same by weights in hand, one candidate or several.
    other = quick(initial_weights=found, budget=400).fit(recall.X, recall.y)
    np.testing.assert_array_equal(other.weights_, model.weights_)
    several = quick(optimizer="ga", initial_weights=np.stack([found, -found])).fit(
        recall.X, recall.y
    )
    assert several.loss_ <= loss


@pytest.mark.parametrize("weights", [np.zeros(3), "abc", [[1.0], [2.0]]])
def test_initial_weights_are_checked(recall, weights):
    with pytest.raises(ValueError, match="initial_weights must be numbers of shape"):
        quick(initial_weights=weights).fit(recall.X, recall.y)


@pytest.mark.parametrize("optimizer", [GA(), CuckooSearch(), Adam(n_starts=4)], ids=repr)
def test_an_ensemble_averages_probabilities(recall, optimizer):
    model = quick(optimizer=optimizer, n_best=4, budget=600).fit(recall.X, recall.y)
    assert model.members_.shape == (4, len(model.weights_))
    assert len(np.unique(model.members_, axis=0)) == 4
    np.testing.assert_array_equal(model.members_[0], model.weights_)
    fitness = Fitness(model.network_, recall.X, recall.y)
    losses = fitness(model.members_)
    np.testing.assert_array_equal(losses, np.sort(losses))
    scores = model.network_.scores(model.members_, recall.X).astype(float)
    shares = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(recall.X), shares.mean(axis=0), rtol=1e-10)
    answers = model.classes_[shares.mean(axis=0).argmax(axis=1)]
    np.testing.assert_array_equal(model.predict(recall.X), answers)
    # The best one is found as without the others.
    alone = quick(optimizer=optimizer, budget=600).fit(recall.X, recall.y)
    np.testing.assert_array_equal(alone.weights_, model.weights_)
    assert alone.members_ is None


def test_an_ensemble_and_early_stopping_exclude_each_other(recall):
    with pytest.raises(ValueError, match="choose one of the two"):
        quick(n_best=3, early_stopping=True).fit(recall.X, recall.y)


def test_partial_fit_takes_the_steps_that_fit_takes(recall):
    network = quick().fit(recall.X, recall.y).network_
    start = network.init(np.random.default_rng(5), 1)[0]
    whole = quick(initial_weights=start, budget=31).fit(recall.X, recall.y)
    parts = quick(initial_weights=start)
    for _ in range(10):
        parts.partial_fit(recall.X, recall.y, classes=[0, 1, 2])
    # The eleventh request of fit is for the loss of the last weights alone.
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_[:10], rtol=1e-12)
    assert (parts.n_iter_, parts.n_grad_evals_, parts.n_passes_) == (10, 10, 30)


def test_partial_fit_on_a_stream(recall):
    model = quick(hidden=8)
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
        quick().partial_fit(recall.X, recall.y)
    model = quick().partial_fit(recall.X, recall.y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="y must hold the classes 0, 1, 2, got 3"):
        model.partial_fit(recall.X, recall.y + 1)
    for optimizer in ("cuckoo", "lbfgs", "hybrid_ga"):
        assert not hasattr(quick(optimizer=optimizer), "partial_fit")
        with pytest.raises(AttributeError) as error:
            quick(optimizer=optimizer).partial_fit(recall.X, recall.y)
        assert "takes one gradient step a call, which" in str(error.value.__cause__)


# --- What looks on -----------------------------------------------------------------------


class Diary(Callback):
    """Writes down what it is told."""

    def __init__(self, halt=None):
        self.halt, self.lines = halt, []

    def on_fit_begin(self, model):
        self.lines.append(("begin", hasattr(model, "weights_")))

    def on_iteration(self, state):
        self.lines.append(state.nit)
        return state.nit == self.halt

    def on_fit_end(self, model):
        self.lines.append(("end", model.n_iter_))


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_callbacks_see_beginning_iterations_and_end(recall, kind):
    diary, seen = Diary(), []
    settings = {"callbacks": [diary, lambda intermediate_result: seen.append(1)]}
    model = quick(**settings) if kind is RNNClassifier else kind(budget=60, **settings)
    model.fit(recall.X, recall.y)
    assert diary.lines == [("begin", False), *range(1, 21), ("end", 20)]
    assert len(seen) == 20
    halting = Diary(halt=7)
    model = quick(callbacks=[halting]).fit(recall.X, recall.y)
    assert model.n_iter_ == 7
    assert model.stop_reason_ == "A callback halted the search."
    assert halting.lines[-1] == ("end", 7)


@pytest.mark.parametrize("bad", [Diary, [Diary], "adam", [None]])
def test_what_is_no_callback(recall, bad):
    with pytest.raises(TypeError, match="callbacks must be a list"):
        quick(callbacks=bad).fit(recall.X, recall.y)


def test_callbacks_of_scikit_learn(recall):
    callback = pytest.importorskip("sklearn.callback")
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = quick(budget=300).set_callbacks(monitor)
    model.fit(recall.X, recall.y)
    plain = quick(budget=300).fit(recall.X, recall.y)
    np.testing.assert_array_equal(model.weights_, plain.weights_)

    class Watch:
        """Counts iterations, and halts."""

        def __init__(self):
            self.tasks, self.scores = [], []

        def setup(self, estimator, context):
            self.tasks.append("setup")

        def teardown(self, estimator, context):
            self.tasks.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
            self.tasks.append(("begin", context.task_name))

        def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
            self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) == 9

    watch = Watch()
    model = quick(budget=300).set_callbacks(watch).fit(recall.X, recall.y)
    assert model.n_iter_ == 9
    assert watch.tasks == ["setup", ("begin", "fit"), *[("begin", "iteration")] * 9, "teardown"]
    assert len(watch.scores) == 10
    assert watch.scores[-1] == model.score(recall.X, recall.y)


def test_a_fitted_model_shows_that_it_is(recall, model):
    assert "RNNClassifier(" in repr(model)
    page = model._repr_html_()
    assert "fitted" in page
    assert quick()._repr_html_() != page


def test_progress_is_one_line_that_is_written_anew(recall, capsys):
    quick(verbose=1).fit(recall.X, recall.y)
    told = capsys.readouterr()
    assert told.out == ""
    assert "Adam" in told.err
    assert told.err.count("\n") == 1


# --- What scikit-learn's checks ask of rows, of sequences --------------------------------

SEQUENCES = np.random.default_rng(3).normal(size=(40, 5, 2))
ANSWERS = (SEQUENCES[:, -1, 0] > 0).astype(int)
EVERY = [
    quick(),
    quick(optimizer="cuckoo"),
    quick(scale=True, bidirectional=True, readout="mean"),
    RNNRegressor(hidden=3, budget=60, random_state=0),
    RNNRegressor(hidden=3, budget=60, random_state=0, optimizer="hybrid_ga"),
]


def sequences(unequal):
    """Sequences as an array, or as a list of unequal ones."""
    if not unequal:
        return SEQUENCES
    lengths = np.random.default_rng(4).integers(2, 6, size=40)
    return [x[:n] for x, n in zip(SEQUENCES, lengths, strict=True)]


every = pytest.mark.parametrize("estimator", EVERY, ids=lambda e: str(e)[:60])
either = pytest.mark.parametrize("unequal", [False, True], ids=["equal", "unequal"])


@every
@either
def test_sequences_fit_again_is_the_same(estimator, unequal):
    X = sequences(unequal)
    model = clone(estimator).fit(X, ANSWERS)
    first = model.predict(X)
    assert first.shape == (40,)
    np.testing.assert_array_equal(model.fit(X, ANSWERS).predict(X), first)
    np.testing.assert_array_equal(clone(model).fit(X, ANSWERS).predict(X), first)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), first)


@every
@either
def test_sequences_in_any_order_and_company(estimator, unequal):
    X = sequences(unequal)
    model = clone(estimator).fit(X, ANSWERS)
    whole = model.predict(X)
    order = np.random.default_rng(0).permutation(40)
    mixed = [X[i] for i in order] if unequal else X[order]
    np.testing.assert_array_equal(model.predict(mixed), whole[order])
    alone = [model.predict(X[i : i + 1])[0] for i in range(40)]
    np.testing.assert_array_equal(alone, whole)


@every
@either
def test_sequences_are_left_alone(estimator, unequal):
    X = sequences(unequal)
    before = pickle.dumps(X)
    if not unequal:
        X = X.copy()
        X.setflags(write=False)
    settings = str(estimator.get_params())
    model = clone(estimator).fit(X, ANSWERS)
    model.predict(X)
    assert pickle.loads(before)[0].tolist() == X[0].tolist()
    assert str(model.get_params()) == settings


@every
def test_sequences_of_other_types(estimator):
    expected = clone(estimator).fit(SEQUENCES.astype("float32"), ANSWERS).predict(SEQUENCES)
    for X in (
        np.asfortranarray(SEQUENCES.astype("float32")),
        SEQUENCES.astype("float32").astype(object),
        SEQUENCES.astype("float32")[::-1][::-1],
    ):
        np.testing.assert_array_equal(clone(estimator).fit(X, ANSWERS).predict(SEQUENCES), expected)
    whole = (SEQUENCES * 10).astype("int64")
    same = clone(estimator).fit(whole.astype(float), ANSWERS).predict(whole)
    np.testing.assert_array_equal(clone(estimator).fit(whole, ANSWERS).predict(whole), same)


@every
@either
def test_weights_of_sequences(estimator, unequal):
    X = sequences(unequal)
    weights = np.random.default_rng(5).integers(0, 3, size=40)
    repeated = np.repeat(np.arange(40), weights)
    listed = [X[i] for i in repeated] if unequal else X[repeated]
    weighted = clone(estimator).fit(X, ANSWERS, sample_weight=weights)
    plain = clone(estimator).fit(listed, ANSWERS[repeated])
    one = weighted.predict(X) if hasattr(estimator, "target_mean_") else weighted._scores(X, None)
    other = plain.predict(X) if hasattr(estimator, "target_mean_") else plain._scores(X, None)
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@every
@either
def test_sequences_in_pipelines_and_searches(estimator, unequal):
    X = sequences(unequal)
    pipeline = make_pipeline(SequenceScaler(), clone(estimator))
    name = type(estimator).__name__.lower()
    search = GridSearchCV(pipeline, {f"{name}__hidden": [2, 3]}, cv=2, error_score="raise")
    assert search.fit(X, ANSWERS).predict(X).shape == (40,)
    assert len(cross_val_score(clone(estimator), X, ANSWERS, cv=3, error_score="raise")) == 3
