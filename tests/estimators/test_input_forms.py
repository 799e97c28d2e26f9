"""Sequences in every form that users hold them in, through the estimators."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from helpers.small_models import small_model
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from metarnn import RNNClassifier, RNNRegressor, SequenceScaler
from metarnn.sequences import padded, unpadded
from metarnn.sequences.parsing import parse

B, T, I = 24, 6, 2  # noqa: E741
X = np.random.default_rng(0).normal(size=(B, T, I))
LENGTHS = np.random.default_rng(1).integers(2, T + 1, size=B)
LENGTHS[0] = T
Y = np.arange(B) % 2
NAMES = ["left", "right"]


def objects(parts):
    array = np.empty(len(parts), object)
    array[:] = parts
    return array


def frames(lengths=None):
    return [pd.DataFrame(x, columns=NAMES) for x in unpadded(X, lengths)]


def nested(lengths=None):
    parts = unpadded(X, lengths)
    return pd.DataFrame({name: [pd.Series(x[:, i]) for x in parts] for i, name in enumerate(NAMES)})


def junk():
    """What follows a sequence's end, NaN and all."""
    after = np.arange(T) >= LENGTHS[:, None]
    return np.where(after[..., None], np.nan, X)


#: Name: (X, lengths, layout) of the same sequences, of equal and of unequal lengths.
EQUAL = {
    "array": (X, None, "ntc"),
    "float32": (X.astype("float32").astype(float), None, "ntc"),
    "fortran": (np.asfortranarray(X), None, "ntc"),
    "channels-first": (X.transpose(0, 2, 1), None, "nct"),
    "nested-lists": (X.tolist(), None, "ntc"),
    "list": (list(X), None, "ntc"),
    "tuple": (tuple(X), None, "ntc"),
    "list-channels-first": ([x.T for x in X], None, "nct"),
    "objects": (objects(list(X)), None, "ntc"),
    "frames": (frames(), None, "ntc"),
    "nested-frame": (nested(), None, "ntc"),
    "series": (pd.Series(list(X)), None, "ntc"),
    "lengths": (X, np.full(B, T), "ntc"),
}
UNEQUAL = {
    "lengths": (X, LENGTHS, "ntc"),
    "nan-after": (junk(), LENGTHS, "ntc"),
    "nan-ends": (junk(), "nan", "ntc"),
    "nan-ends-channels-first": (junk().transpose(0, 2, 1), "nan", "nct"),
    "lengths-channels-first": (junk().transpose(0, 2, 1), list(LENGTHS), "nct"),
    "list": (unpadded(X, LENGTHS), None, "ntc"),
    "list-of-lists": ([x.tolist() for x in unpadded(X, LENGTHS)], None, "ntc"),
    "list-channels-first": (unpadded(X, LENGTHS, layout="nct"), None, "nct"),
    "objects": (objects(unpadded(X, LENGTHS)), None, "ntc"),
    "frames": (frames(LENGTHS), None, "ntc"),
    "nested-frame": (nested(LENGTHS), None, "ntc"),
    "series": (pd.Series(unpadded(X, LENGTHS)), None, "ntc"),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_sequences_in_every_form(name):
    for kind in (RNNClassifier, RNNRegressor):
        given, lengths, layout = EQUAL[name]
        twin = X.astype("float32").astype(float) if name == "float32" else X
        expected = small_model(kind).fit(twin, Y)
        model = small_model(kind, layout=layout).fit(given, Y, lengths=lengths)
        np.testing.assert_array_equal(model.weights_, expected.weights_)
        np.testing.assert_array_equal(model.predict(given, lengths=lengths), expected.predict(twin))


@pytest.mark.parametrize("name", UNEQUAL)
def test_unequal_sequences_in_every_form(name):
    for kind in (RNNClassifier, RNNRegressor):
        given, lengths, layout = UNEQUAL[name]
        expected = small_model(kind).fit(unpadded(X, LENGTHS), Y)
        model = small_model(kind, layout=layout).fit(given, Y, lengths=lengths)
        np.testing.assert_array_equal(model.weights_, expected.weights_)
        predictions = expected.predict(unpadded(X, LENGTHS))
        np.testing.assert_array_equal(model.predict(given, lengths=lengths), predictions)
        assert model.score(given, Y, lengths=lengths) == expected.score(X, Y, lengths=LENGTHS) or (
            lengths is None
        )
        # Alone, a sequence gets the same prediction.
        one = given[3:4] if hasattr(given, "iloc") or not isinstance(given, list) else [given[3]]
        some = lengths if lengths is None or isinstance(lengths, str) else lengths[3:4]
        np.testing.assert_array_equal(model.predict(one, lengths=some), predictions[3:4])


@pytest.mark.parametrize("name", [name for name in UNEQUAL if UNEQUAL[name][1] is None])
def test_unequal_sequences_through_cross_validation(name):
    given, _, layout = UNEQUAL[name]
    expected = cross_val_score(small_model(), unpadded(X, LENGTHS), Y, cv=3)
    scores = cross_val_score(small_model(layout=layout), given, Y, cv=3, error_score="raise")
    np.testing.assert_array_equal(scores, expected)
    pipeline = make_pipeline(SequenceScaler(layout=layout), small_model(layout=layout))
    search = GridSearchCV(pipeline, {"rnnclassifier__hidden": [2, 3]}, cv=2, error_score="raise")
    assert search.fit(given, Y).predict(given).shape == (B,)


def test_lengths_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        model = small_model().set_fit_request(lengths=True, sample_weight=True)
        model.set_predict_request(lengths=True).set_score_request(lengths=True)
        scores = cross_val_score(model, X, Y, cv=3, params={"lengths": LENGTHS})
    np.testing.assert_array_equal(
        scores, cross_val_score(small_model(), unpadded(X, LENGTHS), Y, cv=3)
    )


def test_padding_is_never_read_by_mistake():
    model = small_model().fit(X, Y, lengths=LENGTHS)
    with pytest.raises(ValueError, match="was fitted with lengths, so it needs those"):
        model.predict(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"fits failed|needs those"):
            cross_val_score(
                small_model(), X, Y, cv=3, params={"lengths": LENGTHS}, error_score="raise"
            )


def test_nan_marks_the_ends_wherever_a_fit_was_told_so():
    expected = small_model().fit(unpadded(X, LENGTHS), Y)
    model = small_model().fit(junk(), Y, lengths="nan")
    np.testing.assert_array_equal(model.predict(junk()), expected.predict(unpadded(X, LENGTHS)))
    for given, lengths in ((unpadded(X, LENGTHS), None), (X, LENGTHS), (junk()[:1], None)):
        np.testing.assert_array_equal(
            model.predict(given, lengths), expected.predict(unpadded(X, LENGTHS))[: len(given)]
        )
    scores = cross_val_score(
        small_model(), junk(), Y, cv=3, params={"lengths": "nan"}, error_score="raise"
    )
    np.testing.assert_array_equal(
        scores, cross_val_score(small_model(), unpadded(X, LENGTHS), Y, cv=3)
    )
    scaler = SequenceScaler().fit(junk(), lengths="nan")
    for scaled in (scaler.transform(junk()), scaler.transform(junk(), lengths="nan")):
        np.testing.assert_array_equal(np.isnan(scaled), np.isnan(junk()))
        for one, part in zip(scaled, scaler.transform(unpadded(X, LENGTHS)), strict=True):
            np.testing.assert_array_equal(one[: len(part)], part)
    assert not np.isnan(scaler.transform(junk(), lengths=LENGTHS)).any()
    pipeline = make_pipeline(SequenceScaler(), small_model())
    both = {"sequencescaler__lengths": "nan", "rnnclassifier__lengths": "nan"}
    assert pipeline.fit(junk(), Y, **both).predict(junk()).shape == (B,)
    for part, other in zip(unpadded(junk(), "nan"), unpadded(X, LENGTHS), strict=True):
        np.testing.assert_array_equal(part, other)


def test_names_of_channels():
    turned = [frame[NAMES[::-1]] for frame in frames(LENGTHS)]
    model, scaler = small_model(), SequenceScaler()
    for fitted, use in ((model, model.predict), (scaler, scaler.transform)):
        fitted.fit(frames(LENGTHS), Y)
        assert list(fitted.feature_names_in_) == NAMES
        with pytest.raises(ValueError, match="feature names should match"):
            use(turned)
    assert small_model().fit(X, Y).predict(frames()).shape == (B,)


def test_tokens_of_unequal_lengths():
    rng = np.random.default_rng(0)
    tokens = [rng.integers(5, size=n) for n in LENGTHS]
    array, lengths = padded(tokens)
    one = small_model(embedding=2).fit(tokens, Y)
    other = small_model(embedding=2).fit(array, Y, lengths=lengths)
    np.testing.assert_array_equal(one.weights_, other.weights_)


def test_tokens_after_the_end_are_not_read():
    tokens = np.random.default_rng(0).integers(5, size=(B, T))
    junk_after = np.where(np.arange(T) < LENGTHS[:, None], tokens, 99)
    one = small_model(embedding=2).fit(tokens, Y, lengths=LENGTHS)
    other = small_model(embedding=2).fit(junk_after, Y, lengths=LENGTHS)
    assert one.n_channels_in_ == other.n_channels_in_ == 5
    np.testing.assert_array_equal(one.weights_, other.weights_)


@pytest.mark.parametrize(
    ("settings", "shape", "message"),
    [
        ({"embedding": 2}, (B, T, 1), r"axes \(sequences, tokens\), got shape \(24, 6, 1\)"),
        ({"grid": 1}, (B, T, 2), r"axes \(images, rows, columns, inputs\), got shape \(24, 6, 2\)"),
        ({}, (B, 3, 2, 2), "got 4 axes"),
    ],
    ids=["tokens", "images", "numbers"],
)
def test_each_kind_of_input_has_its_axes(settings, shape, message):
    with pytest.raises(ValueError, match=message):
        small_model(**settings).fit(np.ones(shape), Y)


def test_sequences_may_follow_rows_and_not_the_other_way_round():
    rows = X.reshape(B, -1)
    model = small_model(timesteps=T).fit(rows, Y)
    np.testing.assert_array_equal(model.predict(X), model.predict(rows))
    with pytest.raises(ValueError, match="as in fit, got shape"):
        small_model().fit(X, Y).predict(rows)


def test_unpadded_is_the_inverse_of_padded():
    for layout in ("ntc", "nct"):
        parts = unpadded(X, LENGTHS, layout=layout)
        array, lengths = padded(parts, layout=layout)
        again = unpadded(array, lengths, layout="ntc")
        for part, back in zip(parts, again, strict=True):
            np.testing.assert_array_equal(part if layout == "ntc" else part.T, back)


def test_reading_copies_nothing_that_is_in_order():
    assert np.shares_memory(parse(X).X, X)


def test_a_list_of_series_stays_one_where_all_are_equally_long():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=n) for n in rng.integers(8, 12, 20)]
    model = RNNClassifier(budget=6, random_state=0).fit(series, np.arange(20) % 2)
    expected = model.predict_proba(series)
    np.testing.assert_array_equal(model.predict_proba(series[:1]), expected[:1])
    np.testing.assert_array_equal(model.predict_proba([list(series[0])]), expected[:1])
    assert model.predict([one[:8] for one in series]).shape == (20,)


SERIES = np.random.default_rng(0).normal(size=(20, 9))
#: Vectors of one length, by what makes a list of them, and whether they are rows of a table.
VECTORS = {
    "arrays": (list, {}, False),
    "tuple": (tuple, {}, False),
    "columns": (lambda X: [pd.Series(x) for x in X], {}, False),
    "objects": (lambda X: objects(list(X)), {}, False),
    "table": (np.asarray, {}, True),
    "lists-of-numbers": (np.ndarray.tolist, {}, True),
    "lists-of-features": (list, {"timesteps": 3}, True),
}


@pytest.mark.parametrize("form", VECTORS)
def test_a_list_of_vectors_is_a_list_of_series_and_a_table_is_one_of_rows(form):
    make, settings, are_rows = VECTORS[form]
    y = np.arange(20) % 2
    model = RNNClassifier(budget=6, hidden=2, random_state=0, **settings)
    model.fit(make(SERIES), y)
    X = SERIES if are_rows else SERIES[:, :, None]
    expected = clone(model).fit(X, y)
    wanted = expected.predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(make(SERIES)), wanted)
    np.testing.assert_array_equal(model.predict_proba(make(SERIES[:2])), wanted[:2])
    assert model.score(make(SERIES), y) == expected.score(X, y)
    if are_rows:  # what is asked for later is read as the fit was
        np.testing.assert_array_equal(model.predict_proba(list(SERIES)), wanted)


BAD = {
    "sparse": (lambda: sparse.eye(5), {}, "X must be dense, got a sparse matrix"),
    "one-number": (lambda: 3.0, {}, "got scalar|Expected 2D|ndim|0 axes"),
    "vector": (lambda: X[0, :, 0], {}, r"one axis of \d+ values\. Reshape your data"),
    "none": (lambda: None, {}, ""),
    "text": (lambda: "sequences", {}, ""),
    "words": (lambda: [["a", "b"], ["c", "d"]] * 12, {}, "got 'a' at row 0, column 0"),
    "dictionary": (lambda: {"a": 1}, {}, ""),
    "five-axes": (lambda: X[None, None], {}, "axes"),
    "no-steps": (lambda: X[:, :0], {}, "empty axis|minimum"),
    "no-inputs": (lambda: X[:, :, :0], {}, "empty axis|minimum"),
    "no-sequences": (lambda: X[:0], {}, "empty axis|minimum"),
    "empty-list": (lambda: [], {}, ""),
    "empty-sequence": (lambda: [X[0], X[1][:0]] * 12, {}, "Sequence 1 must have axes"),
    "other-inputs": (lambda: [X[0], X[1, :3, :1]] * 12, {}, "Sequence 1 must have axes"),
    "mixed-axes": (lambda: [X[0], X[1, :, 0]] * 12, {}, "Sequence 1 must have axes"),
    "one-not-an-array": (lambda: [X[0], None] * 12, {}, "Sequence 1"),
    "ragged-inside": (lambda: [[[1, 2], [3]], [[1, 2]]] * 12, {}, "Sequence 0 must be one array"),
    "words-inside": (
        lambda: [[["a", "b"]], [["c", "d"], ["e", "f"]]] * 12,
        {},
        "must hold numbers",
    ),
    "nan": (lambda: np.where(np.arange(T)[:, None] == 3, np.nan, X), {}, "sequence 0, step 3, in"),
    "nan-padding": (junk, {}, "give lengths='nan'"),
    "infinity": (lambda: X * np.inf, {}, "infinity"),
    "complex": (lambda: X + 1j, {}, "Complex data not supported"),
    "few-lengths": (lambda: X, {"lengths": [3]}, r"lengths must have shape \(24,\)"),
    "zero-lengths": (lambda: X, {"lengths": np.zeros(B, int)}, "lengths must be from 1 to"),
    "long-lengths": (lambda: X, {"lengths": np.full(B, T + 1)}, "lengths must be from 1 to"),
    "hole": (
        lambda: np.where((np.arange(T) == 3)[:, None], np.nan, junk()),
        {"lengths": "nan"},
        "missing='interpolate'",
    ),
    "nothing": (
        lambda: np.where(np.arange(B)[:, None, None] == 2, np.nan, X),
        {"lengths": "nan"},
        "Sequence 2 is NaN at all steps",
    ),
    "lengths-of-another-word": (lambda: X, {"lengths": "none"}, "or 'nan' where NaN follows"),
    "float-lengths": (
        lambda: X,
        {"lengths": np.full(B, 2.0)},
        "lengths must be integers",
    ),
    "nan-lengths": (
        lambda: X,
        {"lengths": np.full(B, np.nan)},
        "lengths must be integers",
    ),
    "word-lengths": (
        lambda: X,
        {"lengths": ["a"] * B},
        "lengths must hold numbers, got 'a' at sequence 0",
    ),
    "lengths-of-a-list": (
        lambda: unpadded(X, LENGTHS),
        {"lengths": LENGTHS},
        "lengths are for an array of seq",
    ),
    "lengths-of-a-frame": (
        lambda: pd.DataFrame(X[:, :, 0]),
        {"lengths": LENGTHS},
        "lengths are for an array of seq",
    ),
    "lengths-of-rows": (lambda: X[:, :, 0], {"lengths": LENGTHS}, "lengths"),
    "other-columns": (
        lambda: [*frames()[:-1], pd.DataFrame(X[0], columns=["left", "up"])],
        {},
        "Sequence 23 must be a frame with the columns of sequence 0, left, right, got left, up",
    ),
    "frame-and-array": (lambda: [*frames()[:-1], X[0]], {}, "Sequence 23 must be a frame"),
    "levels": (
        lambda: pd.concat(dict(enumerate(frames()))),
        {},
        "index of several levels",
    ),
    "nested-unequal": (
        lambda: pd.DataFrame({"a": [np.ones(3)] * B, "b": [np.ones(2)] * B}),
        {},
        "cells of row 0 of X must be series of one length",
    ),
    "a-missing-series": (
        lambda: pd.DataFrame({"a": [np.ones(3), None] * 12}),
        {},
        "cells of row 1 of X must be series",
    ),
    "missing-cells": (lambda: pd.DataFrame({"a": [1, None] * 12}), {}, "NaN"),
    "word-cells": (lambda: pd.DataFrame({"a": ["x"] * B}), {}, "leave it out if it is the target"),
    "dates": (lambda: pd.DataFrame({"a": pd.date_range("2026", periods=B)}), {}, "got dates"),
    "times": (lambda: X.astype("timedelta64[s]"), {}, "got dates or times"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_gets_one_sentence(name):
    for kind in (RNNClassifier, RNNRegressor, SequenceScaler):
        make, rest, message = BAD[name]
        model = kind() if kind is SequenceScaler else small_model(kind)
        y = None if kind is SequenceScaler else Y
        with pytest.raises((ValueError, TypeError), match=message) as error:
            model.fit(make(), y, **rest)
        assert 10 < len(str(error.value)) < 1000


@pytest.mark.parametrize("settings", [{"layout": "tnc"}, {"layout": 3}, {"timesteps": 5}])
def test_layout_and_timesteps_are_checked(settings):
    with pytest.raises(ValueError, match=r"unknown layout|timesteps"):
        small_model(**settings).fit(X, Y)


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor, SequenceScaler])
def test_other_sequences_than_in_fit(kind):
    model = (kind() if kind is SequenceScaler else small_model(kind)).fit(X, Y)
    use = model.transform if kind is SequenceScaler else model.predict
    with pytest.raises(ValueError, match="X has 1 inputs at each step"):
        use(X[:, :, :1])
    with pytest.raises(ValueError, match="as in fit, got shape"):
        use(X[:, :, 0])
    with pytest.raises(ValueError, match="NaN, first at sequence 2"):
        use(np.where(np.arange(B)[:, None, None] == 2, np.nan, X))
