"""SequenceScaler: against StandardScaler on the steps, and scikit-learn's checks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from metarnn import RNNClassifier, SequenceScaler
from metarnn.sequences import unpadded

B, T, I = 30, 7, 3  # noqa: E741
rng = np.random.default_rng(0)
X = rng.normal(size=(B, T, I)) * [1.0, 50.0, 1e-3] + [0.0, 1e4, -5.0]
LENGTHS = rng.integers(1, T + 1, size=B)
WEIGHTS = rng.integers(0, 3, size=B).astype(float)


@parametrize_with_checks([SequenceScaler()])
def test_estimator_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "unequal"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("with_mean", [True, False])
@pytest.mark.parametrize("with_std", [True, False])
def test_equals_standard_scaler_on_the_steps(lengths, weights, with_mean, with_std):
    steps = np.full(B, T) if lengths is None else lengths
    points = np.concatenate(unpadded(X, steps))
    of_points = None if weights is None else np.repeat(weights, steps)
    twin = StandardScaler(with_mean=with_mean, with_std=with_std)
    twin.fit(points, sample_weight=of_points)
    scaler = SequenceScaler(with_mean=with_mean, with_std=with_std)
    scaler.fit(X, lengths=lengths, sample_weight=weights)
    np.testing.assert_allclose(scaler.mean_, np.average(points, axis=0, weights=of_points))
    scaled = np.concatenate(unpadded(scaler.transform(X, lengths=lengths), steps))
    np.testing.assert_allclose(scaled, twin.transform(points), rtol=1e-9, atol=1e-9)
    assert scaler.n_steps_seen_ == (len(points) if weights is None else of_points.sum())


def test_rows_as_standard_scaler_has_them():
    rows = X[:, :, 1]
    twin, scaler = StandardScaler().fit(rows), SequenceScaler().fit(rows)
    np.testing.assert_allclose(scaler.transform(rows), twin.transform(rows), rtol=1e-12, atol=1e-12)
    cut = SequenceScaler(timesteps=7).fit(rows)
    assert cut.mean_.shape == (1,)
    np.testing.assert_allclose(cut.transform(rows), (rows - rows.mean()) / rows.std())


def test_every_form_comes_back_as_it_was_given():
    parts = unpadded(X, LENGTHS)
    whole = SequenceScaler().fit_transform(X, lengths=LENGTHS)
    assert (whole[np.arange(T) >= LENGTHS[:, None]] == 0).all()
    listed = SequenceScaler().fit_transform(parts)
    turned = SequenceScaler(layout="nct").fit_transform([part.T for part in parts])
    assert isinstance(listed, list)
    for row, part, other, n in zip(whole, listed, turned, LENGTHS, strict=True):
        np.testing.assert_array_equal(row[:n], part)
        np.testing.assert_array_equal(part, other.T)
    scaler = SequenceScaler(layout="nct").fit(X.transpose(0, 2, 1))
    assert scaler.transform(X.transpose(0, 2, 1)).shape == (B, I, T)


def test_it_can_be_undone():
    scaler = SequenceScaler().fit(X, lengths=LENGTHS)
    back = scaler.inverse_transform(scaler.transform(X, lengths=LENGTHS), lengths=LENGTHS)
    for one, other, n in zip(back, X, LENGTHS, strict=True):
        np.testing.assert_allclose(one[:n], other[:n], rtol=1e-12)


def test_parts_are_as_the_whole():
    scaler = SequenceScaler()
    for rows in np.array_split(np.arange(B), 4):
        scaler.partial_fit(X[rows], lengths=LENGTHS[rows], sample_weight=WEIGHTS[rows] + 1)
    whole = SequenceScaler().fit(X, lengths=LENGTHS, sample_weight=WEIGHTS + 1)
    np.testing.assert_allclose(scaler.mean_, whole.mean_, rtol=1e-13)
    np.testing.assert_allclose(scaler.var_, whole.var_, rtol=1e-10)


def test_constant_and_far_channels():
    far = np.stack([np.full((B, T), 1e9 + 0.1), 1e9 + rng.normal(size=(B, T))], axis=2)
    scaler = SequenceScaler().fit(far)
    assert scaler.scale_[0] == 1.0
    assert scaler.scale_[1] == pytest.approx(far[:, :, 1].std(), rel=1e-6)
    assert np.abs(scaler.transform(far)[:, :, 0]).max() < 1e-5


@pytest.mark.parametrize("offset", [1e4, 1e9, 1.7e9, 1e12])
def test_an_offset_is_taken_out_exactly(offset):
    # Multiples of 2^-10, so that the sums with the offset are exact.
    X = np.rint(5000 * np.random.default_rng(0).normal(size=(20, 6, 2))) / 1024
    far, near = SequenceScaler().fit(offset + X), SequenceScaler().fit(X)
    # The mean is known to half a unit in its last place.
    close = {"rtol": 0, "atol": np.spacing(offset) / near.scale_.min() + 1e-12}
    np.testing.assert_allclose(far.transform(offset + X), near.transform(X), **close)
    parts = SequenceScaler()
    for one in offset + X:
        parts.partial_fit(one[None])
    np.testing.assert_allclose(parts.scale_, near.scale_, rtol=1e-6)
    # From raw numbers to a network of float32, in training and in prediction.
    y = X[:, -1, 0] > 0
    settings = {"hidden": 3, "cell": "elman", "optimizer": "adam", "budget": 30, "scale": True}
    models = [RNNClassifier(random_state=0, **settings).fit(moved, y) for moved in (offset + X, X)]
    np.testing.assert_allclose(
        models[0].predict_proba(offset + X), models[1].predict_proba(X), atol=3e-4
    )


def test_a_scaler_without_end_does_not_move():
    scaler = SequenceScaler().fit(np.arange(12.0).reshape(2, 3, 2))
    before, scaler.n_steps_seen_ = scaler.mean_, np.inf
    scaler.partial_fit(np.full((1, 3, 2), 50.0))
    np.testing.assert_array_equal(scaler.mean_, before)
    assert np.isfinite(scaler.scale_).all()


def test_names_and_frames():
    frames = [pd.DataFrame(x, columns=list("abc")) for x in unpadded(X, LENGTHS)]
    scaler = SequenceScaler().fit(frames)
    assert list(scaler.get_feature_names_out()) == list("abc")
    rows = pd.DataFrame(X[:, 0], columns=list("abc"))
    named = SequenceScaler().set_output(transform="pandas").fit_transform(rows)
    assert list(named.columns) == list("abc")


def test_within_the_estimator_it_learns_from_the_training_part_alone():
    y = np.arange(B) % 2
    inside = RNNClassifier(scale=True, hidden=3, budget=60, random_state=0)
    inside.fit(X, y, lengths=LENGTHS)
    scaler = SequenceScaler().fit(X, lengths=LENGTHS)
    np.testing.assert_array_equal(inside.scaler_.mean_, scaler.mean_)
    outside = RNNClassifier(scale=False, hidden=3, budget=60, random_state=0)
    # Scaled in float64, and given to the network in its own dtype.
    outside.fit(scaler.transform(X, lengths=LENGTHS).astype("float32"), y, lengths=LENGTHS)
    np.testing.assert_array_equal(inside.weights_, outside.weights_)
    np.testing.assert_array_equal(
        inside.predict_proba(X, lengths=LENGTHS),
        outside.predict_proba(scaler.transform(X, lengths=LENGTHS), lengths=LENGTHS),
    )
    held = RNNClassifier(scale=True, early_stopping=True, hidden=3, budget=60, random_state=0).fit(
        X, y
    )
    assert not np.array_equal(held.scaler_.mean_, SequenceScaler().fit(X).mean_)


@pytest.mark.parametrize("weights", [np.zeros(B), -np.ones(B), np.ones(3), np.full(B, np.nan)])
def test_weights_are_checked(weights):
    with pytest.raises(ValueError, match=r"[Ss]ample.weight"):
        SequenceScaler().fit(X, sample_weight=weights)


def test_within_the_estimator_features_of_rows_are_scaled_each_by_itself():
    rows, y = X.reshape(B, -1), np.arange(B) % 2
    inside = RNNClassifier(scale=True, timesteps=7, hidden=3, budget=60, random_state=0)
    outside = RNNClassifier(scale=False, timesteps=7, hidden=3, budget=60, random_state=0)
    scaled = StandardScaler().fit_transform(rows)
    np.testing.assert_allclose(
        inside.fit(rows, y).predict_proba(rows),
        outside.fit(scaled, y).predict_proba(scaled),
        atol=1e-5,
    )
