"""``RecurrentFeatures``: forms of X, determinism, memory, and what scikit-learn asks of it."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from metarnn import RecurrentFeatures
from metarnn.features import extraction
from metarnn.sequences import unpadded


def small(**settings):
    return RecurrentFeatures(**{"n_features": 200, "random_state": 0} | settings)


@parametrize_with_checks([small(n_features=40)])
def test_scikit_learn_passes(estimator, check):
    check(estimator)


def test_all_forms_of_unequal_sequences_are_the_same(unequal):
    X, lengths = unequal
    expected = small().fit_transform(X, lengths=lengths)
    assert expected.dtype == np.float32
    padded = X.copy()
    padded[np.arange(12) >= lengths[:, None]] = np.nan
    np.testing.assert_array_equal(small().fit_transform(unpadded(X, lengths)), expected)
    np.testing.assert_array_equal(small().fit_transform(padded, lengths="nan"), expected)
    turned = small(layout="nct")
    np.testing.assert_array_equal(turned.fit_transform(X.swapaxes(1, 2), lengths=lengths), expected)


def test_each_sequence_alone_is_as_among_others(unequal):
    X, lengths = unequal
    model = small(cells=["leaky", "elman", "gru", "lstm"], bidirectional=True).fit(
        X, lengths=lengths
    )
    features = model.transform(X, lengths=lengths)
    for b in range(0, 70, 6):
        np.testing.assert_array_equal(model.transform([X[b, : lengths[b]]])[0], features[b])


def test_order_and_repetition_of_the_training_sequences_do_not_matter(unequal):
    X, lengths = unequal
    expected = small().fit(X, lengths=lengths, sample_weight=np.full(70, 2.0)).transform(X, lengths)
    order = np.random.default_rng(3).permutation(np.repeat(np.arange(70), 2))
    other = small().fit(X[order], lengths=lengths[order]).transform(X, lengths)
    np.testing.assert_allclose(other, expected, atol=1e-6)


def test_the_number_of_threads_and_blocks_do_not_matter(unequal, monkeypatch):
    X, lengths = unequal
    one = small(n_threads=1).fit_transform(X, lengths=lengths)
    two = small(n_threads=2).fit_transform(X, lengths=lengths)
    np.testing.assert_array_equal(one, two)
    monkeypatch.setattr(extraction, "BLOCK_BYTES", 1)
    np.testing.assert_array_equal(small().fit_transform(X, lengths=lengths), one)


def test_seeds_differ_and_fits_with_one_seed_do_not(waves):
    X, _ = waves
    first, again, other = (small(random_state=s).fit_transform(X) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    source = np.random.RandomState(0)
    assert not np.array_equal(*(small(random_state=source).fit_transform(X) for _ in range(2)))


def test_names_and_numbers_of_features(waves):
    model = small(n_features=100, hidden=4, pools=["max", "above"]).fit(waves[0])
    assert model.n_networks_ == 12  # of 8 features, the nearest to 100
    names = model.get_feature_names_out()
    assert model.n_features_out_ == len(names) == len({*names}) == 96
    assert small(n_features=1).fit(waves[0]).n_networks_ == 1


def test_frames_come_out_where_they_are_asked_for(waves):
    model = small().set_output(transform="pandas")
    frame = model.fit_transform(waves[0])
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(model.get_feature_names_out())


def test_clones_and_pickles_compute_the_same(waves):
    X, _ = waves
    model = small(cells={"gru": 1.0, "leaky": 2.0}).fit(X)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(model)).transform(X), model.transform(X)
    )
    np.testing.assert_array_equal(clone(model).fit_transform(X), model.transform(X))


def test_it_stands_in_a_pipeline(waves):
    model = make_pipeline(small(), StandardScaler(), RidgeClassifier())
    assert cross_val_score(model, *waves, cv=3).mean() > 0.9


def test_constant_series_have_finite_features():
    X = np.full((6, 20, 1), 7.0)
    assert np.isfinite(small().fit_transform(X)).all()
    assert np.isfinite(small().fit_transform(X[:1])).all()


def test_rows_are_one_step_or_many():
    X = np.random.default_rng(0).normal(size=(30, 12))
    assert small().fit(X).extractor_.channels == ("raw",)
    as_steps = small(timesteps="features").fit_transform(X)
    np.testing.assert_array_equal(as_steps, small().fit_transform(X[..., None]))


def test_tokens_are_random_vectors():
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 5, (40, 9))
    lengths = rng.integers(1, 10, 40)
    model = small(embedding=6).fit(tokens, lengths=lengths)
    features = model.transform(tokens, lengths=lengths)
    alone = model.transform(tokens[:1, : lengths[0]], lengths=lengths[:1])
    np.testing.assert_array_equal(alone[0], features[0])
    vectors = model.extractor_.vectors[tokens]
    vectors[np.arange(9) >= lengths[:, None]] = 0.0
    networks = model.extractor_.populations[0]
    expected = networks.features(slice(None), vectors.astype(np.float32), lengths, None)
    np.testing.assert_array_equal(features, expected)


def test_what_is_not_finite_is_refused(waves):
    X = waves[0].copy()
    X[3, 5] = np.nan
    with pytest.raises(ValueError, match="sequence 3, step 5"):
        small().fit(X)
    with pytest.raises(ValueError, match="sequence 3, step 5"):
        small().fit(waves[0]).transform(X)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_features": 0}, ["n_features", "0"]),
        ({"hidden": 2.5}, ["hidden", "2.5"]),
        ({"cells": "rnn"}, ["cells", "rnn"]),
        ({"pools": ["maxx"]}, ["pools", "max"]),
        ({"channels": ["raw", "raw"]}, ["channels"]),
        ({"channels": ["raw"], "embedding": 3}, ["channels", "embedding"]),
        ({"dtype": "float16"}, ["dtype", "float16"]),
        ({"random_state": -1}, ["random_state", "-1"]),
        ({"n_threads": 0}, ["n_threads", "0"]),
    ],
)
def test_parameters_without_a_meaning_are_refused(settings, words, waves):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words tell it
        small(**settings).fit(waves[0])
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("shape", "n_features", "settings", "unequal"),
    [
        ((400, 60, 1), 5000, {}, False),
        ((1500, 200, 1), 5000, {}, False),
        ((64, 1000, 1), 10_000, {}, False),
        ((1500, 200, 3), 3000, {}, True),
        ((2000, 20, 2), 5000, {"dtype": "float64"}, True),
        ((500, 500, 1), 3000, {"channels": ["raw"]}, False),
        ((2000, 100, 1), 500, {"channels": ["normalized"]}, False),
        ((400, 2000, 1), 500, {"cells": ["leaky", "gru"]}, True),
        ((800, 100, 2), 2000, {"bidirectional": True, "pools": ["max"]}, True),
    ],
)
def test_the_estimate_of_memory_is_true(shape, n_features, settings, unequal):
    (B, T, _), rng = shape, np.random.default_rng(0)
    X, lengths = rng.normal(size=shape), rng.integers(T // 2, T + 1, B) if unequal else None
    model = small(n_features=n_features, n_threads=1, **settings).fit(X[:40])
    data = model._reader.read(model, X, lengths)
    model.extractor_(data, 1)  # what the engine keeps
    tracemalloc.start()
    model.extractor_(data, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= model.memory(B, T, unequal) <= 1.05 * peak


def test_progress_is_written_to_standard_error(waves, capsys):
    small(verbose=1).fit_transform(waves[0])
    captured = capsys.readouterr()
    assert "features" in captured.err
    assert not captured.out
