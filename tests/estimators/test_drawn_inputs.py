"""Inputs of every kind, of drawn sizes and scales, give what the plain array gives."""

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from helpers.small_models import small_model
from helpers.strategies import drawn, few_and_many, inputs
from hypothesis import strategies as st

from metarnn import RecurrentFeaturesClassifier, RNNClassifier, RNNRegressor

KINDS = {
    "classifier": lambda: small_model(RNNClassifier, budget=20, scale=True),
    "regressor": lambda: small_model(RNNRegressor, budget=20, scale=True),
    "features": lambda: RecurrentFeaturesClassifier(n_features=30, random_state=0),
}


@few_and_many
@pytest.mark.parametrize("kind", KINDS)
def test_every_form_gives_the_same(n, kind, tmp_path):
    @drawn(n // 2, given=inputs(), weighted=st.booleans(), part=st.integers(1, 6))
    def check(given, weighted, part):
        y = given.numbers if kind == "regressor" else given.classes
        how = {"lengths": given.lengths, "sample_weight": given.weights if weighted else None}
        plain = KINDS[kind]().fit(given.array, y, **how)
        expected = plain.predict(given.array, lengths=given.lengths)
        assert expected.shape == y.shape
        if kind != "regressor":
            assert set(expected) <= set(y)
            shares = plain.predict_proba(given.array, lengths=given.lengths)
            np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
        assert np.isfinite(plain.score(given.array, y, lengths=given.lengths))
        form = {} if given.kind.startswith("list of") else {"lengths": given.lengths}
        other = KINDS[kind]().fit(given.X, y, **{**how, "lengths": form.get("lengths")})
        np.testing.assert_array_equal(other.predict(given.X, **form), expected)
        # Sequences are predicted one by one as all together, and by the loaded model.
        lengths = None if given.lengths is None else given.lengths[:part]
        np.testing.assert_array_equal(
            plain.predict(given.array[:part], lengths=lengths), expected[:part]
        )
        loaded = type(plain).load(plain.save(tmp_path / "model.npz"))
        np.testing.assert_array_equal(loaded.predict(given.array, lengths=given.lengths), expected)
