"""The comparison of optimizers and its plots."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from metarnn import Fitness, RNNClassifier, compare
from metarnn.comparison import DEFAULT_OPTIMIZERS
from metarnn.datasets import Dataset, load
from metarnn.engine import LOSSES
from metarnn.optimizers import OPTIMIZERS, Adam, CuckooSearch
from metarnn.plots import best_after, plot_convergence, plot_history


@pytest.fixture(scope="module")
def comparison():
    return compare("iris", budget=600, seeds=3, hidden=4, n_threads=1)


def same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    """Assert equal tables but for the clock."""
    clock = ["seconds", "seconds_to_target"]
    pd.testing.assert_frame_equal(first.drop(columns=clock), second.drop(columns=clock))


def test_every_run_spends_the_same_budget(comparison):
    runs = comparison.to_frame()
    assert len(runs) == 3 * len(DEFAULT_OPTIMIZERS)
    assert comparison.optimizers == list(DEFAULT_OPTIMIZERS)
    # What is left at the end buys no further point of the last ask.
    assert runs["passes"].between(598, 600).all()
    np.testing.assert_array_equal(
        runs["passes"], runs["losses_computed"] + 3 * runs["gradients_computed"]
    )
    assert set(runs["stop"]) == {"budget"}


def test_figures_are_those_of_the_weights(comparison):
    protocol = comparison.protocol
    iris = load("iris")
    for run in comparison.runs:
        from sklearn.model_selection import train_test_split
        from sklearn.preprocessing import StandardScaler

        X, X_test, y, y_test = train_test_split(
            iris.X, iris.y, test_size=0.3, stratify=iris.y, random_state=run.record["seed"]
        )
        scaler = StandardScaler().fit(X)
        X, X_test = scaler.transform(X), scaler.transform(X_test)
        fitness = Fitness(protocol.network, X, y)
        assert run.record["train_loss"] == pytest.approx(fitness(run.weights)[0], rel=1e-6)
        answers = protocol.network.scores(run.weights, X_test).argmax(axis=1)
        assert run.record["test_accuracy"] == (answers == y_test).mean()


def test_starts_are_paired(comparison):
    # The first point of each descent is the first of each population.
    first = {
        run.record["optimizer"]: run.history.losses[0]
        for run in comparison.runs
        if run.record["seed"] == 1
    }
    assert first["adam"] == first["rprop"]
    assert first["ga"] == first["hybrid_ga"] == first["random_search"]
    assert first["cuckoo"] >= first["ga"]  # the best of 25 of the same 50
    assert first["adam"] >= first["cuckoo"]


def test_same_numbers_again_and_in_other_processes(comparison):
    again = compare("iris", budget=600, seeds=3, hidden=4, n_jobs=2)
    same(comparison.to_frame(), again.to_frame())


def test_seeds_by_number_or_list(comparison):
    one = compare("iris", ["cuckoo"], budget=600, seeds=[2], hidden=4).to_frame()
    runs = comparison.to_frame()
    same(
        one,
        runs[(runs["optimizer"] == "cuckoo") & (runs["seed"] == 2)].reset_index(drop=True),
    )


def test_passes_to_target(comparison):
    table = comparison.summary()
    for name in comparison.optimizers:
        spent, reached = 0.0, 0
        for run in comparison.runs:
            if run.record["optimizer"] == name:
                below = run.history.passes[run.history.best <= comparison.protocol.target]
                spent += below[0] if len(below) else run.record["passes"]
                reached += len(below) > 0
        assert table.loc[name, "reached"] == reached
        expected = spent / reached if reached else np.inf
        assert table.loc[name, "passes_to_target"] == pytest.approx(expected)
    assert table["passes_to_target"].is_monotonic_increasing
    assert 0 < table["reached"].sum() < 18  # some reach it and some do not


def test_default_target_is_a_tenth_of_knowing_nothing():
    shares = np.array([0.2, 0.3, 0.5])
    assert LOSSES["cross_entropy"].of_shares(shares) == pytest.approx(
        -(shares * np.log(shares)).sum()
    )
    iris = compare("iris", ["random_search"], budget=1, seeds=1)
    assert iris.protocol.target == pytest.approx(np.log(3) / 10)


def test_table_fits_a_terminal(comparison):
    lines = comparison.table().splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for name in DEFAULT_OPTIMIZERS:
        assert name in text
    assert "a gradient counts as 3" in text
    assert "held out" in text


def test_exhaustive_data_have_no_held_out_part():
    parity = compare("xor", {"mine": CuckooSearch(n_nests=5)}, budget=200, seeds=2, hidden=2)
    assert parity.to_frame()["test_accuracy"].isna().all()
    assert parity.protocol.test_fraction == 0
    assert "all the patterns there are" in parity.table()
    assert parity.optimizers == ["mine"]


def test_sequences_are_scaled_by_input_with_the_training_part(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal([5.0, -3.0], [100.0, 0.01], size=(60, 7, 2))
    data = Dataset("mine", X, np.arange(60) % 2, ("a", "b"), "Noise.", "here", "none")
    run = compare(data, ["random_search"], budget=50, seeds=1, hidden=3).runs[0]
    # Unscaled, an input of 100 would saturate every unit and an input of 0.01 say nothing.
    assert run.record["train_loss"] < 0.75


def test_save(comparison, tmp_path):
    folder = comparison.save(tmp_path / "deep" / "results")
    table = pd.read_csv(folder / "results.csv")
    pd.testing.assert_frame_equal(table, comparison.to_frame(), check_exact=False)
    weights = np.load(folder / "weights.npz")
    assert set(weights) == {f"{r.record['optimizer']}/{r.record['seed']}" for r in comparison.runs}
    np.testing.assert_array_equal(weights["adam/0"], comparison.runs[0].weights)
    assert (folder / "convergence.png").read_bytes().startswith(b"\x89PNG")


def test_convergence_plot_shows_medians_and_quartiles(comparison):
    axes = plot_convergence(comparison)
    curves = {line.get_label(): line for line in axes.get_lines()}
    histories = [run.history for run in comparison.runs if run.record["optimizer"] == "cuckoo"]
    x, y = curves["cuckoo"].get_data()
    np.testing.assert_allclose(y, np.median([best_after(h, x) for h in histories], axis=0))
    assert (np.diff(y) <= 0).all()
    assert set(DEFAULT_OPTIMIZERS) <= set(curves)
    assert len(axes.collections) == len(DEFAULT_OPTIMIZERS)
    assert "passes" in axes.get_xlabel()
    assert "loss" in axes.get_ylabel()
    given = Figure().subplots()
    assert plot_convergence(comparison, given) is given


def test_best_after_is_a_step_function(comparison):
    history = comparison.runs[0].history
    passes = history.passes
    np.testing.assert_array_equal(best_after(history, passes), history.best)
    np.testing.assert_array_equal(best_after(history, passes + 0.5), history.best)
    assert np.isnan(best_after(history, passes[:1] - 1)).all()


def test_history_plot():
    recall = load("delayed_recall")
    model = RNNClassifier(hidden=3, budget=90, early_stopping=True, random_state=0)
    axes = plot_history(model.fit(recall.X, recall.y))
    labels = [line.get_label() for line in axes.get_lines()]
    assert [label.split(",")[0] for label in labels] == ["training", "training", "validation"]


def test_interrupt_keeps_the_finished_runs(monkeypatch):
    import metarnn.comparison as module

    ordinary, runs = module.minimize, []

    def interrupted(*args, **kwargs):
        result = ordinary(*args, **kwargs)
        runs.append(result)
        return result | {"stop": "interrupt"} if len(runs) == 4 else result

    class Result(dict):
        __getattr__ = dict.__getitem__

    def minimize(*args, **kwargs):
        return Result(interrupted(*args, **kwargs))

    monkeypatch.setattr(module, "minimize", minimize)
    with pytest.warns(UserWarning, match="3 of 4 runs had finished"):
        part = compare("iris", ["adam", "cuckoo"], budget=30, seeds=2)
    assert len(part.runs) == 3
    assert "adam" in part.table()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dataset": "irish"}, "did you mean 'iris'"),
        ({"dataset": 3}, "dataset must be a name or a Dataset"),
        ({"optimizers": ["adm"]}, "Unknown optimizer 'adm'"),
        ({"optimizers": []}, "at least one optimizer"),
        ({"optimizers": {"a": Adam}}, "must be an instance"),
        ({"optimizers": {"a": Adam(n_starts=0)}}, "n_starts must be"),
        ({"budget": 0.2}, "at least one pass"),
        ({"budget": float("nan")}, "positive number of passes"),
        ({"seeds": 0}, "seeds must be"),
        ({"seeds": [1, 1]}, "seeds must be"),
        ({"seeds": [-1]}, "seeds must be"),
        ({"test_fraction": 0.999}, "cannot be split"),
        ({"test_fraction": 1.0}, "test_fraction must be"),
        ({"loss": "hinge"}, "loss must be one of"),
        ({"hidden": -1}, "hidden must be"),
        ({"timesteps": 3}, "timesteps must divide the 4 features"),
        ({"gradient_passes": 0}, "gradient_passes must be"),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        compare(**({"dataset": "iris", "budget": 20, "seeds": 2} | arguments))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_can_be_compared(name):
    run = compare("xor", [name], budget=30, seeds=1, hidden=2).runs[0]
    assert np.isfinite(run.record["train_loss"])
