"""Frames and columns of pandas, polars and pyarrow, as X and y and as what a scaler returns."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers.small_models import small_model
from sklearn.model_selection import cross_val_score

from metarnn import RNNClassifier, RNNRegressor, SequenceScaler
from metarnn.datasets import Dataset
from metarnn.sequences import unpadded

pl = pytest.importorskip("polars")

B, T = 24, 5
NAMES = ["left", "right"]
rng = np.random.default_rng(0)
X = rng.normal(size=(B, T, 2))
ROWS = X[:, 0]
LENGTHS = rng.integers(2, T + 1, size=B)
PARTS = unpadded(X, LENGTHS)
Y = (X[:, 0, 0] > 0).astype(int)
WORDS = np.array(["no", "yes"])[Y]

#: Of each library: a frame of named columns, and a column.
LIBRARIES = {
    "pandas": (pd.DataFrame, pd.Series),
    "polars": (pl.DataFrame, pl.Series),
    "pyarrow": (pa.table, pa.array),
    "batch": (pa.record_batch, lambda values: pa.chunked_array([pa.array(values)])),
}
each_library = pytest.mark.parametrize("library", LIBRARIES)


def columns(array, kind=list):
    """Return the columns of an array (B, 2) by name, of plain Python numbers."""
    return {name: kind(array[:, i].tolist()) for i, name in enumerate(NAMES)}


def forms(library):
    """Return X of unequal sequences: a list of frames, a frame of cells, and one of both inputs."""
    frame, _ = LIBRARIES[library]
    nested = {name: [part[:, i].tolist() for part in PARTS] for i, name in enumerate(NAMES)}
    return [frame(columns(part)) for part in PARTS], frame(nested)


@each_library
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_rows_in_a_frame(library, kind):
    frame, column = LIBRARIES[library]
    given, y = frame(columns(ROWS)), column(Y.tolist())
    expected = small_model(kind).fit(ROWS, Y)
    model = small_model(kind).fit(given, y)
    np.testing.assert_array_equal(model.weights_, expected.weights_)
    assert list(model.feature_names_in_) == NAMES
    np.testing.assert_array_equal(model.predict(given), expected.predict(ROWS))
    assert model.score(given, y) == expected.score(ROWS, Y)
    turned = frame({name: columns(ROWS)[name] for name in NAMES[::-1]})
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(turned)


@each_library
def test_sequences_in_frames(library):
    expected = small_model().fit(PARTS, Y)
    for given in forms(library):
        model = small_model().fit(given, Y)
        np.testing.assert_array_equal(model.weights_, expected.weights_)
        np.testing.assert_array_equal(model.predict(given), expected.predict(PARTS))
        assert list(model.feature_names_in_) == NAMES
        assert not hasattr(model, "n_features_in_")
        np.testing.assert_allclose(
            np.concatenate(SequenceScaler().fit_transform(given)),
            np.concatenate(SequenceScaler().fit_transform(PARTS)),
        )


@each_library
def test_classes_in_a_column(library):
    _, column = LIBRARIES[library]
    for values in (WORDS.tolist(), Y.tolist(), Y.astype(bool).tolist()):
        model = small_model().fit(X, column(values))
        assert list(model.classes_) == sorted(set(values))
        assert model.score(X, column(values)) == small_model().fit(X, Y).score(X, Y)
    weights, lengths = rng.uniform(1, 2, size=B).tolist(), LENGTHS.tolist()
    one = small_model().fit(X, Y, sample_weight=column(weights), lengths=column(lengths))
    other = small_model().fit(X, Y, sample_weight=weights, lengths=lengths)
    np.testing.assert_array_equal(one.weights_, other.weights_)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_through_cross_validation(library):
    frame, column = LIBRARIES[library]
    expected = cross_val_score(small_model(), ROWS, WORDS, cv=3)
    scores = cross_val_score(
        small_model(), frame(columns(ROWS)), column(WORDS.tolist()), cv=3, error_score="raise"
    )
    np.testing.assert_array_equal(scores, expected)


def test_types_that_know_missing_values():
    whole = np.rint(4 * ROWS) + 0.0  # no -0, which integers lack
    expected = small_model().fit(whole, Y)
    for dtype in ("Int64", "Float64", "int64[pyarrow]", "category"):
        model = small_model().fit(pd.DataFrame(whole, columns=NAMES).astype(dtype), Y)
        np.testing.assert_array_equal(model.weights_, expected.weights_)
    mixed = pd.DataFrame({"left": pd.array(whole[:, 0] > 0, "boolean"), "right": whole[:, 1]})
    model = small_model().fit(mixed, Y)
    np.testing.assert_array_equal(
        model.weights_, small_model().fit(mixed.to_numpy(float), Y).weights_
    )


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(WORDS, dtype="category"),
        pd.Series(WORDS, dtype="string[pyarrow]"),
        pd.Series(WORDS, dtype="string[python]"),
        pd.Series(Y, dtype="Int64"),
        pd.Series(Y, dtype="boolean"),
        pd.DataFrame({"y": WORDS})["y"].array,
        pl.Series(WORDS.tolist(), dtype=pl.Categorical),
        pl.Series(WORDS.tolist(), dtype=pl.Enum(["no", "yes"])),
        pa.array(WORDS).dictionary_encode(),
    ],
    ids=lambda y: str(getattr(y, "dtype", type(y).__name__)),
)
def test_classes_of_every_type(y):
    model = small_model().fit(X, y)
    np.testing.assert_array_equal(model.weights_, small_model().fit(X, Y).weights_)
    assert set(model.predict(X)) <= set(model.classes_)
    data = Dataset.of(X, y)
    np.testing.assert_array_equal(data.y, Y)


def missing(value):
    """X with one value that is missing, in every form, and y with one."""
    first = [value, *ROWS[1:, 0].tolist()]
    for frame, _ in LIBRARIES.values():
        if value is None or frame is pd.DataFrame:
            yield frame(columns(ROWS) | {"left": first})
            yield [frame({"left": [1.0, value], "right": [0.0, 1.0]})] * B
    yield [[value, 1.0]] * B
    yield [[[value, 1.0], [0.0, 1.0]]] * B
    yield [[[0.0], [value]], [[0.0], [1.0], [1.0]]] * (B // 2)


@pytest.mark.parametrize("value", [None, pd.NA, np.nan], ids=repr)
@pytest.mark.filterwarnings("ignore:Downcasting")
def test_missing_values_get_the_same_sentence_in_every_form(value):
    for given in missing(value):
        for kind in (RNNClassifier, RNNRegressor, SequenceScaler):
            model = kind() if kind is SequenceScaler else small_model(kind)
            with pytest.raises(
                ValueError, match=r"^Input X contains NaN, first at (row|sequence) "
            ):
                model.fit(given, Y)
    for y in (
        pd.Series([value, *WORDS[1:]], dtype=object),
        pd.Series([value, *WORDS[1:]], dtype="string"),
        pd.Series([value, *Y[1:]], dtype="Int64"),
        [value, *WORDS[1:]],
    ):
        if isinstance(y, list) and value is not None:
            continue  # scikit-learn's own column_or_1d makes words of it
        with pytest.raises(ValueError, match=r"^Input y contains NaN, first at sequence 0"):
            small_model().fit(X, y)


def test_a_lazy_frame_is_refused():
    for model in (small_model(), SequenceScaler()):
        with pytest.raises(TypeError, match=r"got a lazy frame: give what its collect\(\)"):
            model.fit(pl.LazyFrame(columns(ROWS)), Y)
    with pytest.raises(TypeError, match="got a lazy frame"):
        small_model().fit(X, pl.LazyFrame({"y": Y}))


@pytest.mark.parametrize("container", ["pandas", "polars"])
@each_library
def test_a_scaler_puts_out_frames(library, container):
    frame, _ = LIBRARIES[library]
    kind = LIBRARIES[container][0]
    scaler = SequenceScaler().set_output(transform=container)
    rows = scaler.fit_transform(frame(columns(ROWS)))
    assert type(rows) is kind
    assert list(rows.columns) == NAMES
    np.testing.assert_array_equal(rows.to_numpy(), SequenceScaler().fit_transform(ROWS))
    expected = SequenceScaler().fit_transform(PARTS)
    for given in (*forms(library), PARTS):
        scaled = scaler.fit_transform(given)
        assert {type(part) for part in scaled} == {kind}
        assert list(scaled[0].columns) == (["x0", "x1"] if given is PARTS else NAMES)
        for part, other in zip(scaled, expected, strict=True):
            np.testing.assert_array_equal(part.to_numpy(), other)
        small_model().fit(scaled, Y).predict(scaled)
    assert isinstance(scaler.fit_transform(X), np.ndarray)  # a frame has two axes
    assert isinstance(scaler.inverse_transform(X), np.ndarray)


@each_library
def test_a_data_set_of_frames(library):
    frame, column = LIBRARIES[library]
    data = Dataset.of(frame(columns(ROWS)), column(WORDS.tolist()))
    np.testing.assert_array_equal(data.X, ROWS)
    np.testing.assert_array_equal(data.y, Y)
    assert data.classes == ("no", "yes")
    with pytest.raises(ValueError, match="y of data set 'data' has no value at 0"):
        Dataset.of(ROWS, column([None, *WORDS[1:].tolist()]))


def test_dates_are_no_numbers_to_predict():
    days = pd.Series(pd.date_range("2026", periods=B))
    for y in (days, days.to_numpy(), pl.from_pandas(days)):
        with pytest.raises(TypeError, match="y must hold numbers, got dates"):
            small_model(RNNRegressor).fit(X, y)


def test_no_library_is_imported_unasked():
    code = (
        "import sys, sklearn.utils; before = set(sys.modules); from metarnn import RNNClassifier; "
        "RNNClassifier(budget=3).fit([[[0.0]], [[1.0]]], ['a', 'b']); "
        "print({'pandas', 'polars', 'pyarrow'} & (set(sys.modules) - before))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "set()", result.stderr
