"""partial_fit: one gradient step at a time."""

import pickle

import numpy as np
import pytest
from helpers.small_models import small_model

from metarnn import RNNClassifier, RNNRegressor, SequenceScaler
from metarnn.estimators import Callback
from metarnn.optimizers import Adam, RMSprop


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


BOTH = pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])


def stream(kind, X, y, cuts=4, **settings):
    """Return a model that has seen parts of data one after the other."""
    model = small_model(kind, **settings)
    first = {"classes": np.unique(y)} if kind is RNNClassifier else {}
    for rows in np.array_split(np.arange(len(X)), cuts):
        model.partial_fit(X[rows], y[rows], **first)
        first = {}
    return model


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("early_stopping", True),
        ("callbacks", [Callback()]),
        ("optimizer", "rmsprop:n_batches=4"),
        ("optimizer", "gradient_descent:schedule=cosine"),
        ("optimizer", "adam:warmup=0.1"),
    ],
)
@BOTH
def test_what_needs_a_whole_fit_is_refused(recall, kind, setting, value):
    name = value.partition(":")[2].partition("=")[0] if setting == "optimizer" else setting
    with pytest.raises(ValueError, match=f"partial_fit takes {name}=.* only, got .* use fit"):
        stream(kind, recall.X, recall.y, **{setting: value})
    # Also where the model is fitted with it.
    model = small_model(kind, **({setting: value, "validation_fraction": 0.3})).fit(
        recall.X, recall.y
    )
    with pytest.raises(ValueError, match=f"partial_fit takes {name}="):
        model.partial_fit(recall.X, recall.y)


def test_weights_that_depend_on_the_whole_are_refused(recall):
    with pytest.raises(ValueError, match="cannot take class_weight='balanced'"):
        stream(RNNClassifier, recall.X, recall.y, class_weight="balanced")
    with pytest.raises(ValueError, match="class_weight leaves no sequence"):
        stream(RNNClassifier, recall.X, recall.y, class_weight={0: 0, 1: 0, 2: 0})
    model = stream(RNNClassifier, recall.X, recall.y)
    with pytest.raises(ValueError, match="not all zero"):
        model.partial_fit(recall.X, recall.y, sample_weight=np.zeros(120))


def test_classes_are_those_of_the_first_call_or_of_the_fit(recall):
    for model in (
        stream(RNNClassifier, recall.X, recall.y),
        small_model().fit(recall.X, recall.y),
    ):
        model.partial_fit(recall.X[:3], recall.y[:3], classes=[2, 1, 0])
        with pytest.raises(ValueError, match=r"were \[0, 1, 2\], got \[0, 1, 2, 3\]"):
            model.partial_fit(recall.X, recall.y, classes=range(4))


@pytest.mark.parametrize("bad", [None, np.array(["a", "b"] * 60), np.full(120, 0.5), np.eye(120)])
@BOTH
def test_a_call_that_is_refused_changes_nothing(recall, kind, bad):
    if kind is RNNRegressor and bad is not None and bad.ndim == 1 and bad.dtype.kind == "f":
        bad = np.full(120, np.inf)
    model = stream(kind, recall.X, recall.y, scale=True)
    before = pickle.dumps(model)
    with pytest.raises((ValueError, TypeError)):
        model.partial_fit(9 + recall.X, bad)
    assert pickle.dumps(model) == before
    if kind is RNNRegressor and np.ndim(bad) == 2:
        return  # as a first call it would have been right
    fresh = small_model(kind)
    with pytest.raises((ValueError, TypeError)):
        fresh.partial_fit(recall.X, bad, **({"classes": [0, 1]} if kind is RNNClassifier else {}))
    assert not hasattr(fresh, "weights_")


@BOTH
@pytest.mark.parametrize("cuts", [1, 7, 120])
def test_scaling_is_that_of_all_sequences_so_far(recall, kind, cuts):
    X, y = 1e3 + 7 * recall.X, 1e6 + 50.0 * recall.y
    model = stream(kind, X, y, cuts, scale=True)
    whole = SequenceScaler().fit(X)
    np.testing.assert_allclose(model.scaler_.mean_, whole.mean_, rtol=1e-12)
    np.testing.assert_allclose(model.scaler_.scale_, whole.scale_, rtol=1e-9)
    if kind is RNNRegressor:
        assert model.target_mean_ == pytest.approx(y.mean(), rel=1e-12)
        assert model.target_scale_ == pytest.approx(y.std(), rel=1e-9)


def test_scaling_goes_on_after_fit_and_in_a_file(recall, tmp_path):
    X, y = recall.X, recall.y * 3.0
    model = small_model(RNNRegressor, scale=True).fit(X[:50], y[:50])
    again = RNNRegressor.load(model.save(tmp_path / "x.npz"))
    for each in (model, again):
        each.partial_fit(5 + X[50:], 40 + y[50:])
        both = np.concatenate([y[:50], 40 + y[50:]])
        assert each.target_mean_ == pytest.approx(both.mean())
        assert each.target_scale_ == pytest.approx(both.std())
        np.testing.assert_allclose(
            each.scaler_.mean_, SequenceScaler().fit([*X[:50], *(5 + X[50:])]).mean_
        )
    np.testing.assert_array_equal(model.predict(X), again.predict(X))


def test_a_stream_of_single_rows_learns():
    rng = np.random.default_rng(0)
    X = 1e4 + 100 * rng.normal(size=(1500, 3, 2))
    y = 1e5 + 3 * X[:, -1, 0] - X[:, 0, 1]
    model = stream(RNNRegressor, X, y, 1500, scale=True, hidden=4)
    assert model.score(X[1000:], y[1000:]) > 0.8


def test_fit_and_partial_fit_take_turns(recall):
    X, y = recall.X, recall.y
    stopped = small_model(early_stopping=True, validation_fraction=0.3).fit(X, y)
    stopped.set_params(early_stopping=False).partial_fit(X, y)
    assert stopped.best_validation_loss_ is stopped.validation_scores_ is None
    # fit begins again, or goes on.
    fresh = small_model().fit(X, y)
    parts = stream(RNNClassifier, X, y)
    np.testing.assert_array_equal(parts.fit(X, y).weights_, fresh.weights_)
    parts = stream(RNNClassifier, X, y, warm_start=True)
    start = parts.network_.scores(parts.weights_, X).argmax(1)
    assert (start == parts.predict(X)).all()
    assert parts.fit(X, y).history_.losses[0] < fresh.history_.losses[0]


def test_settings_hold_from_the_next_call_on(recall):
    X, y = recall.X, recall.y
    model = stream(RNNClassifier, X, y, optimizer=Adam(learning_rate=0.1))
    again = pickle.loads(pickle.dumps(model))
    model.set_params(optimizer__learning_rate=1e-9).partial_fit(X, y)
    np.testing.assert_allclose(model.weights_, again.weights_, atol=1e-8)
    model.set_params(optimizer=RMSprop()).partial_fit(X, y)
    again.set_params(optimizer=RMSprop()).partial_fit(X, y)
    np.testing.assert_allclose(model.weights_, again.weights_, atol=1e-6)
    with pytest.raises(ValueError, match="learning_rate must be"):
        model.set_params(optimizer__learning_rate=-1.0).partial_fit(X, y)
    model.set_params(optimizer="adam", loss="mse").partial_fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@BOTH
def test_an_ensemble_takes_its_steps_together(recall, kind):
    X, y = recall.X, recall.y
    model = stream(kind, X, y, n_best=3, random_state=1)
    assert model.members_.shape == (3, len(model.weights_))
    assert (model.n_grad_evals_, model.n_passes_, model.n_iter_) == (12, 36, 4)
    # Each member moves as it would alone.
    for member, start in zip(model.members_, starts(model), strict=True):
        alone = stream(kind, X, y, n_best=1, initial_weights=start)
        np.testing.assert_allclose(member, alone.weights_, rtol=1e-9, atol=1e-12)
    assert len(pickle.loads(pickle.dumps(model)).partial_fit(X, y).members_) == 3
    assert model.set_params(n_best=1).partial_fit(X, y).members_ is None
    with pytest.raises(ValueError, match="takes n_starts up to n_best, 2, got 3"):
        stream(kind, X, y, optimizer="adam:n_starts=3", n_best=2)


def starts(model):
    """Return the weights that a stream of several networks begins with."""
    return model.network_.space.initial(3, np.random.default_rng(1))


@BOTH
def test_the_members_of_a_fit_go_on(recall, kind):
    X, y = recall.X, recall.y
    model = small_model(kind, n_best=3, optimizer="adam:n_starts=3").fit(X, y)
    before = model.members_
    model.set_params(optimizer="adam").partial_fit(X, y)
    assert model.members_.shape == before.shape
    assert (model.members_ != before).any(axis=1).all()
    np.testing.assert_array_equal(model.members_[0], model.weights_)
    assert model.n_iter_ == len(model.loss_curve_) == len(model.history_)
