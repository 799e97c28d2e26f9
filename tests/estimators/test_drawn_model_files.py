"""Damaged model files load with the same predictions, or are refused in a sentence."""

import io
import json

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from helpers.small_models import small_model
from helpers.strategies import check_refusal, damaged, drawn, few_and_many
from hypothesis import strategies as st

from metarnn import RecurrentFeaturesClassifier, load_model

X = np.random.default_rng(0).normal(size=(10, 3, 2))
Y = np.arange(10) % 2
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**64), st.floats(), st.text(max_size=3),
    st.just([]), st.just({}), st.just({"array": "nothing"}), st.just({"dict": [[1]]}),
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("models"), {}
    for name, model in (
        ("network", small_model()),
        ("features", RecurrentFeaturesClassifier(n_features=20, random_state=0)),
    ):
        path = model.fit(X, Y).save(folder / f"{name}.npz")
        found[name] = path.read_bytes(), model.predict_proba(X)
    return found


def check_loading(path, expected=None):
    """Load a file and use what it holds."""
    try:
        model = load_model(path)
    except (ValueError, TypeError, OSError) as error:
        check_refusal(error, path.name)
        return
    try:
        predictions = model.predict_proba(X)
    except (ValueError, TypeError) as error:  # about a parameter that holds from call to call
        check_refusal(error)
        return
    assert np.isfinite(predictions).all()
    if expected is not None:
        np.testing.assert_array_equal(predictions, expected)


@few_and_many
@pytest.mark.parametrize("name", ["network", "features"])
def test_damaged_bytes(n, name, files, tmp_path):
    data, expected = files[name]
    path = tmp_path / "model.npz"

    @drawn(n, data=damaged(data))
    def check(data):
        path.write_bytes(data)
        check_loading(path, expected)


@few_and_many
@pytest.mark.parametrize("name", ["network", "features"])
def test_other_words_in_the_header(n, name, files, tmp_path):
    with np.load(io.BytesIO(files[name][0])) as file:
        arrays = dict(file)
    path = tmp_path / "model.npz"

    @drawn(n, data=st.data(), value=LEAVES)
    def check(data, value):
        header = json.loads(arrays["header"].item())
        inner, key = header, data.draw(st.sampled_from(["parameters", "fitted"]))
        while isinstance(inner[key], dict | list) and len(inner[key]) and data.draw(st.booleans()):
            inner = inner[key]
            key = data.draw(
                st.sampled_from([*(inner if isinstance(inner, dict) else range(len(inner)))])
            )
        inner[key] = value
        np.savez(path, **{**arrays, "header": np.array(json.dumps(header))})
        check_loading(path)
