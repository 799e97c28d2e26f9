"""What scikit-learn's checks demand of rows, on sequences."""

import pickle

import numpy as np
import pytest
from helpers.small_models import small_model
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from metarnn import RNNRegressor, SequenceScaler

SEQUENCES = np.random.default_rng(3).normal(size=(40, 5, 2))
TARGETS = (SEQUENCES[:, -1, 0] > 0).astype(int)
EVERY = [
    small_model(),
    small_model(optimizer="cuckoo"),
    small_model(scale=True, bidirectional=True, readout="mean"),
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
    model = clone(estimator).fit(X, TARGETS)
    first = model.predict(X)
    assert first.shape == (40,)
    np.testing.assert_array_equal(model.fit(X, TARGETS).predict(X), first)
    np.testing.assert_array_equal(clone(model).fit(X, TARGETS).predict(X), first)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), first)


@every
@either
def test_sequences_in_any_order_and_company(estimator, unequal):
    X = sequences(unequal)
    model = clone(estimator).fit(X, TARGETS)
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
    model = clone(estimator).fit(X, TARGETS)
    model.predict(X)
    assert pickle.loads(before)[0].tolist() == X[0].tolist()
    assert str(model.get_params()) == settings


@every
def test_sequences_of_other_types(estimator):
    expected = clone(estimator).fit(SEQUENCES.astype("float32"), TARGETS).predict(SEQUENCES)
    for X in (
        np.asfortranarray(SEQUENCES.astype("float32")),
        SEQUENCES.astype("float32").astype(object),
        SEQUENCES.astype("float32")[::-1][::-1],
    ):
        np.testing.assert_array_equal(clone(estimator).fit(X, TARGETS).predict(SEQUENCES), expected)
    whole = (SEQUENCES * 10).astype("int64")
    same = clone(estimator).fit(whole.astype(float), TARGETS).predict(whole)
    np.testing.assert_array_equal(clone(estimator).fit(whole, TARGETS).predict(whole), same)


@every
@either
def test_weights_of_sequences(estimator, unequal):
    X = sequences(unequal)
    weights = np.random.default_rng(5).integers(0, 3, size=40)
    repeated = np.repeat(np.arange(40), weights)
    listed = [X[i] for i in repeated] if unequal else X[repeated]
    weighted = clone(estimator).fit(X, TARGETS, sample_weight=weights)
    plain = clone(estimator).fit(listed, TARGETS[repeated])
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
    assert search.fit(X, TARGETS).predict(X).shape == (40,)
    assert len(cross_val_score(clone(estimator), X, TARGETS, cv=3, error_score="raise")) == 3
