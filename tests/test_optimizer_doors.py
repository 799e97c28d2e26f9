"""An optimizer is given as an instance, a name, words or a dict, at every door alike."""

import numpy as np
import pytest

from metarnn import RNNClassifier, RNNRegressor, compare
from metarnn.datasets import Dataset
from metarnn.optimizers import Adam, AskTell, Space, analytic, minimize
from metarnn.study import Study

#: The same optimizer, said in each way.
WAYS = {
    "instance": Adam(learning_rate=0.25),
    "words": "adam:learning_rate=0.25",
    "dict": {"name": "adam", "learning_rate": 0.25},
}
X = np.random.default_rng(0).normal(size=(12, 3, 2))
Y = np.arange(12) % 2
DATA = Dataset.of(X, Y, name="numbers")
SMALL = {"hidden": 2, "budget": 30, "random_state": 0}
STUDY = {"datasets": {"numbers": DATA}, "budget": 30, "seeds": 1}


def asked(given):
    search = AskTell(given, Space.box(-1, 1, dim=2), seed=0)
    for _ in range(5):
        points = search.ask()
        search.tell(points, (points**2).sum(axis=1), 2 * points)
    return search.best[1]


def partly_fitted(given):
    model = RNNClassifier(optimizer=given, **SMALL)
    return model.partial_fit(X, Y, classes=[0, 1]).partial_fit(X, Y).loss_


def searched(given):
    return minimize(analytic.sphere(3), given, budget=30, seed=0).fun


def studied(optimizers):
    return Study(optimizers=optimizers, **STUDY).run().runs.train_loss.item()


#: What takes an optimizer and returns a loss that depends on its settings.
DOORS = {
    "RNNClassifier": lambda given: RNNClassifier(optimizer=given, **SMALL).fit(X, Y).loss_,
    "RNNRegressor": lambda given: RNNRegressor(optimizer=given, **SMALL).fit(X, Y).loss_,
    "set_params": lambda given: RNNClassifier(**SMALL).set_params(optimizer=given).fit(X, Y).loss_,
    "partial_fit": partly_fitted,
    "compare": lambda given: (
        compare(DATA, [given], budget=30, seeds=1).runs[0].record["train_loss"]
    ),
    "compare by label": lambda given: (
        compare(DATA, {"mine": given}, budget=30, seeds=1).runs[0].record["train_loss"]
    ),
    "Study": lambda given: studied([given]),
    "Study by label": lambda given: studied({"mine": given}),
    "minimize": searched,
    "AskTell": asked,
}


@pytest.mark.parametrize("door", DOORS)
def test_each_way_to_say_an_optimizer_is_the_same(door):
    losses = [DOORS[door](given) for given in WAYS.values()]
    assert losses[0] == losses[1] == losses[2]
    assert losses[0] != DOORS[door]("adam:learning_rate=0.001")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("adan:learning_rate=0.25", "unknown optimizer 'adan' .did you mean 'adam'?"),
        ("adam:learning_rat=0.25", "'learning_rat' .did you mean 'learning_rate'?"),
        ({"name": "adam", "learning_rat": 0.25}, "'learning_rat' .did you mean 'learning_rate'?"),
        (Adam, r"write Adam\(\)|got <class|type object|list of names"),
        (7, "optimizer|table"),
    ],
    ids=["name", "words", "dict", "class", "number"],
)
def test_what_is_no_optimizer_is_refused(door, given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        DOORS[door](given)
