"""A loss that is as low as it can be ends a fit and a run, and changes no result."""

import math

import numpy as np
import pytest

from metarnn import Fitness, Network, RNNClassifier, RNNRegressor, compare
from metarnn.criteria import CRITERIA
from metarnn.criteria.criterion import Criterion
from metarnn.datasets import load

#: A task that is solved at once.
TASK = load("latch")
SMALL = {
    **{"cell": "elman", "hidden": 4, "bidirectional": False, "readout": "last", "scale": False},
    **{"random_state": 1, "budget": 600, "alpha": 0.0},
}


def test_losses_of_perfect_predictions_are_at_their_floor():
    for name, criterion in CRITERIA.items():
        assert criterion.floor == 0.0
        K = 1 if criterion.is_regression else 2
        network = Network.build(1, K, hidden=2, dtype="float32")
        y = np.zeros(6) if criterion.is_regression else np.arange(6) % 2
        fitness = Fitness(network, np.zeros((6, 2, 1)), y, loss=name)
        assert fitness.floor == fitness.batch([0, 1]).floor == 0.0


@pytest.mark.parametrize(
    ("loss", "optimizer"), [("accuracy", "cuckoo"), ("cross_entropy", "adam:learning_rate=1.0")]
)
def test_a_fit_ends_at_the_floor(loss, optimizer):
    model = RNNClassifier(loss=loss, optimizer=optimizer, **SMALL).fit(TASK.X, TASK.y)
    assert model.loss_ == 0.0
    assert model.n_passes_ < 600
    assert model.stop_reason_ == "The loss is as low as it can be, so nothing is left to gain."
    penalized = RNNClassifier(loss=loss, optimizer=optimizer, **(SMALL | {"alpha": 1e-6}))
    assert penalized.fit(TASK.X, TASK.y).n_passes_ > 597


def test_a_regression_of_a_constant_ends_at_once():
    X = np.random.default_rng(0).normal(size=(8, 3, 1))
    model = RNNRegressor(initial_weights=np.zeros(29), optimizer="adam", **SMALL)
    model.fit(X, np.full(8, 3.0))
    assert (model.loss_, model.n_iter_) == (0.0, 1)


def test_early_ends_change_no_figure_of_a_comparison(monkeypatch):
    how = {"budget": 600, "seeds": 2, "hidden": 4, "cell": "elman", "loss": "accuracy"}
    optimizers = ["cuckoo", "random_search"]
    early = compare(TASK, optimizers, **how)
    monkeypatch.setattr(Criterion, "floor", -math.inf)
    whole = compare(TASK, optimizers, **how)
    assert {run.record["stop"] for run in whole.runs} == {"budget"}
    assert "floor" in {run.record["stop"] for run in early.runs}
    assert {run.record["status"] for run in early.runs} == {"done"}
    columns = ["loss_median", "accuracy_mean", "passes_to_target", "reached", "runs"]
    assert early.summary()[columns].equals(whole.summary()[columns])
