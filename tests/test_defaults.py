"""The defaults: the same at every door, and what follows from them."""

import inspect

import numpy as np
import pytest

from metarnn import RNNClassifier, RNNRegressor, compare, defaults
from metarnn.cli.app import parse
from metarnn.datasets import load
from metarnn.networks.description import resolve_network
from metarnn.optimizers import OPTIMIZERS, resolve_optimizer
from metarnn.study import StudySettings


def of_compare(name):
    return inspect.signature(compare).parameters[name].default


def of_study(name):
    return getattr(StudySettings(datasets=["xor"], optimizers=["adam"]), name)


def of_command(command, name):
    return getattr(parse([*command.split(), "iris"]), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget", defaults.BUDGET),
        ("test_fraction", defaults.TEST_FRACTION),
        ("timesteps", 1),
        ("loss", "cross_entropy"),
    ],
)
def test_every_door_has_the_same_default(name, value):
    found = {"compare": of_compare(name), "study": of_study(name)}
    found["metarnn compare"] = of_command("compare", name)
    if name != "loss":  # which depends on the targets
        found["metarnn fit"] = of_command("fit", name)
    if name != "test_fraction":
        found["RNNClassifier"] = getattr(RNNClassifier(), name)
    assert found == dict.fromkeys(found, value)


def test_every_door_makes_the_same_network():
    data = load("waveform", n_sequences=30, seed=0)
    network = RNNClassifier(budget=3).fit(data.X, data.y).network_
    assert network == resolve_network({}, network.n_inputs, network.n_outputs)
    compared = compare(data, ["adam"], budget=3, seeds=1)
    assert compared.protocol.network == network
    (label,) = of_study("networks")
    assert resolve_network(of_study("networks")[label], 1, 3) == resolve_network({}, 1, 3)
    options = parse(["fit", "iris"])
    assert (options.cell, options.bidirectional, options.readout) == (None, None, None)


def test_a_label_of_a_study_that_names_a_cell_stands_for_it():
    study = StudySettings(
        datasets=["xor"], optimizers=["adam"], networks={"lstm": {"hidden": 3}, "small": {}}
    )
    assert study.networks["lstm"] == {"cell": "lstm", "hidden": 3}
    assert study.networks["small"] == {}


def test_numbers_have_the_same_defaults_but_for_loss_and_penalty():
    one, other = RNNClassifier().get_params(), RNNRegressor().get_params()
    differ = {name for name in other if other[name] != one[name]}
    assert differ == {"loss", "alpha"}


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_an_ensemble_is_the_default_where_there_is_a_choice(kind):
    data = load("waveform", n_sequences=30, seed=0)
    model = kind(budget=60, random_state=0).fit(data.X, data.y)
    assert len(model.members_) == defaults.N_BEST
    assert model.n_grad_evals_ == 60 // 3  # the starts share the budget
    assert kind(budget=60, early_stopping=True).fit(data.X, data.y).members_ is None
    stream = kind(optimizer="adam")
    stream = stream.partial_fit(
        data.X, data.y, **({} if kind is RNNRegressor else {"classes": [0, 1, 2]})
    )
    assert len(stream.members_) == defaults.N_BEST


def test_a_gradient_method_starts_as_often_as_candidates_are_kept():
    data = load("waveform", n_sequences=30, seed=0)
    model = RNNClassifier(optimizer="adam:n_starts=2", n_best=3, budget=60).fit(data.X, data.y)
    assert len(model.members_) == 3
    more = RNNClassifier(optimizer="adam:n_starts=6", n_best=3, budget=60).fit(data.X, data.y)
    assert len(more.members_) == 3


def test_warm_starts_go_on_from_all_members():
    data = load("waveform", n_sequences=30, seed=0)
    model = RNNClassifier(budget=90, random_state=0).fit(data.X, data.y)
    before = model.members_.copy()
    # Steps of next to nothing leave the members where they are.
    model.set_params(warm_start=True, optimizer__learning_rate=1e-12).fit(data.X, data.y)
    assert model.members_.shape == before.shape
    for member in before:
        assert np.abs(model.members_ - member).max(axis=1).min() < 1e-9


def test_tokens_are_not_scaled():
    tokens = np.arange(12).reshape(6, 2) % 4
    model = RNNClassifier(embedding=2, budget=3).fit(tokens, np.arange(6) % 2)
    assert model.scaler_ is None


def test_the_default_optimizer_is_that_of_the_table():
    assert resolve_optimizer(RNNClassifier().optimizer) == OPTIMIZERS[defaults.OPTIMIZER]()


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
@pytest.mark.slow
def test_raw_tables_are_learned_as_well_as_by_a_scaled_linear_model(name):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load(name)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    ours = cross_val_score(RNNClassifier(random_state=0), data.X, data.y, cv=folds).mean()
    assert ours >= cross_val_score(linear, data.X, data.y, cv=folds).mean() - 0.01


@pytest.mark.parametrize(
    "settings",
    [{"optimizer": "restarts"}, {"optimizer": "ga", "loss": "accuracy"}, {"early_stopping": True}],
    ids=str,
)
def test_one_network_is_the_default_where_candidates_are_no_ensemble(settings):
    data = load("waveform", n_sequences=60, seed=0)
    model = RNNClassifier(budget=60, random_state=0, **settings).fit(data.X, data.y)
    assert model.members_ is None


def test_a_warm_start_keeps_the_scaling_that_its_weights_know():
    data = load("waveform", n_sequences=30, seed=0)
    model = RNNClassifier(budget=60, random_state=0).fit(data.X, data.y)
    before = model.scaler_
    model.set_params(warm_start=True).fit(data.X + 7, data.y)
    assert model.scaler_ is before
    model.set_params(warm_start=False).fit(data.X + 7, data.y)
    np.testing.assert_allclose(model.scaler_.mean_, before.mean_ + 7)


def test_a_model_of_rows_refuses_sequences_of_other_steps():
    rows = np.random.default_rng(0).normal(size=(20, 4))
    model = RNNClassifier(budget=30, timesteps="features").fit(rows, np.arange(20) % 2)
    with pytest.raises(ValueError, match=r"X has 7 steps, .* rows of 4"):
        model.predict(np.zeros((5, 7, 1)))


def test_the_command_line_knows_the_penalty_of_each_kind(tmp_path, monkeypatch, capsys):
    from metarnn import load_model
    from metarnn.cli import main

    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(0).normal(size=(30, 3))
    lines = [f"{a:.3f},{b:.3f},{c:.3f}" for a, b, c in X]
    (tmp_path / "mine.csv").write_text("\n".join(["a,b,target", *lines]))
    words = "fit mine.csv --target target --regression --output m.npz --budget 9 --quiet"
    assert main(words.split()) == 0
    assert load_model("m.npz").alpha == RNNRegressor().alpha
