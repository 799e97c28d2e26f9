"""aeon's own checks of our estimators, and its axes; run by .ci/aeon."""

import numpy as np
import pytest

pytest.importorskip("aeon")

from aeon.testing.estimator_checking import parametrize_with_checks

from metarnn import RNNClassifier
from metarnn.aeon import RNNTimeSeriesClassifier, RNNTimeSeriesRegressor


@parametrize_with_checks(
    [RNNTimeSeriesClassifier, RNNTimeSeriesRegressor], use_first_parameter_set=True
)
def test_estimator_passes(check):
    check()


@pytest.mark.parametrize("unequal", [False, True])
def test_the_same_as_our_own(unequal):
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 9, size=20) if unequal else np.full(20, 8)
    X = [rng.normal(size=(2, n)) for n in lengths]
    X = X if unequal else np.array(X)
    y = np.array(["a", "b"])[np.arange(20) % 2]
    settings = {"hidden": 3, "budget": 90, "random_state": 0, "scale": True}
    theirs = RNNTimeSeriesClassifier(**settings).fit(X, y)
    ours = RNNClassifier(layout="nct", **settings).fit(X, y)
    np.testing.assert_array_equal(theirs.predict_proba(X), ours.predict_proba(X))
    np.testing.assert_array_equal(theirs.predict(X), ours.predict(X))
