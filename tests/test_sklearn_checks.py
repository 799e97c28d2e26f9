"""scikit-learn's own checks of an estimator, on 2-D input."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from metarnn import RNNClassifier
from metarnn.optimizers import CuckooSearch


@parametrize_with_checks(
    [
        RNNClassifier(),
        RNNClassifier(hidden=8, optimizer=CuckooSearch(n_nests=15), budget=2000),
        RNNClassifier(loss="mse", optimizer="adam", dtype="float64"),
    ]
)
@pytest.mark.filterwarnings("ignore:None of the")
def test_estimator_passes(estimator, check):
    check(estimator)
