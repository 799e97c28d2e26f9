"""Models without descent in comparisons and studies: judged as everything else is."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from sklearn.metrics import log_loss

from metarnn import (
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    RNNClassifier,
    RNNRegressor,
    compare,
)
from metarnn.datasets import Dataset
from metarnn.study import Study
from metarnn.study.split import split

SMALL = {"n_features": 200, "hidden": 2}
ROWS = {"dataset": "wine", "hidden": 2, "seeds": 2, "budget": 40}


def run_of(comparison, label, seed=0):
    (run,) = (r.record for r in comparison.runs if r.key[2:4] == (label, seed))
    return run


def test_a_comparison_fits_the_model_on_the_training_part_of_each_seed():
    model = RecurrentFeaturesClassifier(**SMALL)
    found = compare(optimizers={"adam": "adam", "drawn": model}, **ROWS)
    assert not hasattr(model, "coef_")
    for seed in (0, 1):
        run = run_of(found, "drawn", seed)
        own = RecurrentFeaturesClassifier(**SMALL, random_state=seed, n_threads=1)
        data = split(found.protocol, seed)
        own.fit(data.train.X, data.train.y)
        expected = log_loss(data.train.y, own.predict_proba(data.train.X))
        assert run["train_loss"] == pytest.approx(expected, rel=1e-9)
        assert run["test_accuracy"] == own.score(data.test.X, data.test.y)
        assert run["passes"] == run["losses_computed"] == own.n_networks_
        assert run["gradients_computed"] == 0
        assert bool(run["reached"]) == (expected <= run["target"])
        # Until all networks are drawn there are only the frequencies of the classes.
        (history,) = (r.history for r in found.runs if r.key[2:4] == ("drawn", seed))
        assert history.improvements[:, 0].tolist() == [1, own.n_networks_]
    assert "drawn: no network is trained" in " ".join(found.caption().split())


@pytest.mark.parametrize("loss", ["mse", "accuracy", "f1_macro", "neg_log_loss"])
def test_every_loss_is_that_of_the_probabilities(loss):
    found = compare(
        optimizers=["random_search", {"name": "recurrent_features", **SMALL}], loss=loss, **ROWS
    )
    run = run_of(found, "recurrent_features")
    assert 0 <= run["train_loss"] < run_of(found, "random_search")["train_loss"]
    if loss == "accuracy":
        assert run["train_loss"] == pytest.approx(1 - run["train_accuracy"])


def test_tokens_and_unequal_lengths():
    own = [{"name": "recurrent_features", **SMALL}]
    found = compare("tomita", own, seeds=1, budget=50, hidden=2)
    assert run_of(found, "recurrent_features")["train_accuracy"] > 0.8
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, size=(60, 6))
    data = Dataset.of(tokens, (tokens == 3).any(axis=1).astype(int), n_tokens=5)
    found = compare(
        data, [{"name": "recurrent_features", **SMALL}], seeds=1, budget=50, hidden=2, embedding=3
    )
    assert run_of(found, "recurrent_features")["train_accuracy"] > 0.9


def test_a_class_that_the_training_part_lacks_has_no_probability():
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    y = np.repeat([0, 1, 2], [8, 8, 4])
    data = Dataset.of(X, y, test=y == 2)
    found = compare(data, [{"name": "recurrent_features", **SMALL}], seeds=1, budget=50)
    run = run_of(found, "recurrent_features")
    assert run["test_accuracy"] == 0
    assert run["test_loss"] > 20


def test_a_study_keeps_the_runs_of_a_model(tmp_path):
    def study(**changes):
        own = {"name": "recurrent_features", **SMALL, **changes}
        settings = {"datasets": ["wine"], "seeds": 2, "budget": 50}
        return Study(**settings, optimizers={"drawn": own}, store=tmp_path / "runs.sqlite")

    first = study().run().runs
    assert first["status"].tolist() == ["done", "done"]
    assert study().run().runs.equals(first)
    with pytest.raises(ValueError, match=r"optimizers\.drawn\.hidden = 2, and now it is 3"):
        study(hidden=3).run()


REFUSED = [
    ({"optimizers": ["recurrent_feature"]}, ["recurrent_feature", "did you mean"]),
    ({"optimizers": {"recurrent_features": {"hiden": 3}}}, ["hiden", "did you mean 'hidden'"]),
    ({"optimizers": {"recurrent_features": {"random_state": 3}}}, ["random_state", "study"]),
    (
        {"optimizers": ["recurrent_features"], "budget": 100},
        ["passes, one for each network", "100", "n_features"],
    ),
    ({"optimizers": {"a": RecurrentFeaturesClassifier(layout="nct")}}, ["layout", "study"]),
    ({"optimizers": {"a": RecurrentFeaturesClassifier(scales=(4, 1))}}, ["optimizers.a", "scales"]),
    ({"optimizers": {"recurrent_features": {"penalties": [-1.0]}}}, ["penalties", "above 0"]),
    ({"optimizers": {"recurrent_features": {"embedding": 3}}}, ["embedding", "wine"]),
    ({"optimizers": ["recurrent_features"], "solve": "ridge"}, ["solve='ridge'"]),
    (
        {"optimizers": ["recurrent_features"], "dataset": "copy_memory", "readout": "steps"},
        ["one class for each sequence", "copy_memory"],
    ),
]


@pytest.mark.parametrize(("changes", "parts"), REFUSED, ids=[parts[0] for _, parts in REFUSED])
def test_what_cannot_be_is_refused_before_anything_runs(changes, parts):
    with pytest.raises(ValueError, match=r"\.$") as error:
        compare(**{**ROWS, "budget": 3000, **changes})
    one_sentence(error, *parts)


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor, RecurrentFeaturesRegressor])
@pytest.mark.parametrize("given", [lambda m: m, lambda m: ["adam", m], lambda m: {"mine": m}])
def test_other_estimators_are_refused(given, kind):
    with pytest.raises(TypeError, match=f"no estimator .*got {kind.__name__}") as caught:
        compare("iris", given(kind()))
    one_sentence(caught)


def test_a_model_may_be_alone():
    found = compare(optimizers=RecurrentFeaturesClassifier(**SMALL), **ROWS | {"seeds": 1})
    assert found.optimizers == ["RecurrentFeaturesClassifier"]
