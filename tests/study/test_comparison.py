"""The comparison of optimizers and its plots."""

import numpy as np
import pandas as pd
import pytest
from helpers.crashing_optimizers import Raising
from helpers.error_checks import one_sentence
from helpers.optimizer_table import TABLE
from matplotlib.figure import Figure

import metarnn
from metarnn import Fitness, RNNClassifier
from metarnn.comparison import DEFAULT_OPTIMIZERS
from metarnn.datasets import Dataset, load
from metarnn.engine import LOSSES
from metarnn.optimizers import Adam, CuckooSearch, RandomSearch
from metarnn.plots import plot_convergence, plot_history, plot_runtimes
from metarnn.report import write_report
from metarnn.study import split

#: A network that loses its way as the tests want it, on rows that are read feature by feature.
SMALL = {"cell": "elman", "bidirectional": False, "readout": "last", "hidden": 8}


def compare(dataset, *optimizers, **settings):
    """Compare optimizers by a small Elman network, unless the settings say otherwise."""
    small = {} if "network" in settings else SMALL
    rows = {"timesteps": "features"} if dataset == "iris" else {}
    return metarnn.compare(dataset, *optimizers, **{**rows, **small, **settings})


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
    # What is left at the end buys no further point of the last ask; a loss of 0 ends a run.
    ended = runs["stop"] == "floor"
    assert (runs["train_loss"] == 0).equals(ended)
    assert runs["passes"][~ended].between(598, 600).all()
    np.testing.assert_array_equal(
        runs["passes"], runs["losses_computed"] + 3 * runs["gradients_computed"]
    )
    assert set(runs["stop"][~ended]) == {"budget"}


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
    assert first["ga"] == first["random_search"]
    assert first["hybrid_ga"] >= first["ga"]  # the best of 20 of the same 50
    assert first["cuckoo"] >= first["hybrid_ga"]  # the best of 15 of these
    assert first["adam"] >= first["cuckoo"]


@pytest.mark.slow
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
                passes, _, losses = run.history.improvements.T
                below = passes[losses <= comparison.protocol.target]
                spent += below[0] if len(below) else run.record["passes"]
                reached += len(below) > 0
        assert table.loc[name, "reached"] == reached
        expected = spent / reached if reached else np.inf
        assert table.loc[name, "passes_to_target"] == pytest.approx(expected)
    assert table["passes_to_target"].is_monotonic_increasing
    assert 0 < table["reached"].sum() < 18  # some reach it and some do not


def test_default_target_is_a_tenth_of_knowing_nothing():
    shares = np.array([0.2, 0.3, 0.5])
    assert LOSSES["cross_entropy"].baseline_loss(shares) == pytest.approx(
        -(shares * np.log(shares)).sum()
    )
    iris = compare("iris", ["random_search"], budget=1, seeds=1)
    assert iris.protocol.target == pytest.approx(np.log(3) / 10)


def test_table_fits_a_terminal(comparison):
    lines = comparison.table().splitlines()
    assert max(map(len, lines)) <= 80
    text = " ".join(comparison.table().split())
    for name in DEFAULT_OPTIMIZERS:
        assert name in text
    assert "a gradient counts as 3" in text
    assert "held out" in text


def test_exhaustive_data_have_no_held_out_part():
    parity = compare("xor", {"mine": CuckooSearch(n_nests=5)}, budget=200, seeds=2, hidden=2)
    assert parity.to_frame()["test_accuracy"].isna().all()
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
    names = {f"{r.record['optimizer']}/{r.record['seed']}" for r in comparison.runs}
    assert set(weights) == names | {f"{k}/{s}" for k in ("mean", "deviation") for s in range(3)}
    np.testing.assert_array_equal(weights["adam/0"], comparison.runs[0].weights)
    # With them, and the scaling, the network answers as it did.
    iris = (load("iris").X - weights["mean/0"]) / weights["deviation/0"]
    answers = comparison.protocol.network.scores(weights["adam/0"], iris).argmax(axis=1)
    assert (answers == load("iris").y).mean() > 0.9
    assert (folder / "convergence.png").read_bytes().startswith(b"\x89PNG")


def test_convergence_plot_shows_medians_and_quartiles(comparison):
    axes = plot_convergence(comparison)
    curves = {line.get_label(): line for line in axes.get_lines()}
    histories = [run.history for run in comparison.runs if run.record["optimizer"] == "cuckoo"]
    x, y = curves["cuckoo"].get_data()
    np.testing.assert_allclose(y, np.median([h.best_after(x) for h in histories], axis=0))
    assert (np.diff(y) <= 0).all()
    assert set(DEFAULT_OPTIMIZERS) <= set(curves)
    assert len(axes.collections) == len(DEFAULT_OPTIMIZERS)
    assert "passes" in axes.get_xlabel()
    assert "loss" in axes.get_ylabel()
    given = Figure().subplots()
    assert plot_convergence(comparison, given) is given


def test_a_comparison_plots_itself(comparison):
    given = Figure().subplots()
    assert comparison.plot(given) is given
    assert comparison.plot(axis="seconds").get_xlabel() == "seconds of the run"
    for kind, label in (("runtimes", "fraction of runs"), ("convergence", "best training loss")):
        assert comparison.plot(kind=kind).get_ylabel().startswith(label)
    assert len(comparison.plot(kind="success").patches) == len(DEFAULT_OPTIMIZERS)
    with pytest.raises(ValueError, match="kind"):
        comparison.plot(kind="scatter")


def test_frames_of_a_comparison_and_of_its_results_agree(comparison):
    ours, all_columns = comparison.to_frame(), comparison.results.to_frame()
    pd.testing.assert_frame_equal(ours, all_columns[ours.columns])
    all_columns["seed"] = -1
    assert (comparison.results.runs["seed"] >= 0).all()
    assert len(repr(comparison)) < 200


def test_best_after_is_a_step_function(comparison):
    for history in (run.history for run in comparison.runs):
        passes, _, losses = history.improvements.T
        np.testing.assert_array_equal(history.best_after(history.passes), history.best)
        np.testing.assert_array_equal(history.best_after(passes), losses)
        np.testing.assert_array_equal(history.best_after(passes + 0.5), losses)
        assert history.best_after(passes[:1] - 1) == np.inf


def test_history_plot():
    recall = load("delayed_recall")
    model = RNNClassifier(hidden=3, budget=90, early_stopping=True, random_state=0)
    axes = plot_history(model.fit(recall.X, recall.y))
    labels = [line.get_label() for line in axes.get_lines()]
    assert [label.split(",")[0] for label in labels] == ["training", "training", "validation"]


def test_interrupt_keeps_the_complete_seeds(monkeypatch):
    from metarnn.study import jobs

    ordinary, calls = jobs.train, []

    def train(*args):
        calls.append(args)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return ordinary(*args)

    monkeypatch.setattr(jobs, "train", train)
    with pytest.warns(UserWarning, match="4 of 6 runs are kept"):
        part = compare("iris", ["adam", "cuckoo"], budget=30, seeds=3)
    # Adam had finished the third seed as well, cuckoo search had not.
    assert part.interrupted
    assert part.to_frame()["seed"].tolist() == [0, 1, 0, 1]
    assert "2 paired seeds" in part.table()
    calls[:] = [None] * 5
    with pytest.raises(KeyboardInterrupt):
        compare("iris", ["adam", "cuckoo"], budget=30, seeds=3)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_exception_of_a_run_is_raised(n_jobs):
    with pytest.raises(ZeroDivisionError, match="the step"):
        compare("xor", {"bad": Raising()}, budget=50, seeds=1, n_jobs=n_jobs)


def test_data_are_split_once_a_seed(monkeypatch):
    seeds, ordinary = [], split._rows
    monkeypatch.setattr(
        split, "_rows", lambda p, d, seed, fold: seeds.append(seed) or ordinary(p, d, seed, fold)
    )
    compare("iris", ["adam", "cuckoo"], budget=20, seeds=3)
    assert seeds == [0, 1, 2]


def test_results_are_those_of_a_study(comparison, tmp_path):
    results = comparison.results
    assert results.problems == [("iris", str(comparison.protocol.network))]
    assert (results.runs["status"] == "done").all()
    assert results.histories == [run.history for run in comparison.runs]
    np.testing.assert_allclose(
        results.targets[results.problems[0]][::50],
        comparison.protocol.target * np.array([10, 0.01]),
    )
    curves = {line.get_label() for line in plot_runtimes(comparison).get_lines()}
    assert set(DEFAULT_OPTIMIZERS) <= curves
    assert "iris: elman network" in write_report(results, tmp_path / "report.html").read_text()


def test_interrupted_run_is_no_result(monkeypatch):
    def interrupt(self, points):
        if len(points) == 15:  # the nests of cuckoo search
            raise KeyboardInterrupt
        return ordinary(self, points)

    ordinary = Fitness.__call__
    monkeypatch.setattr(Fitness, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt):
        compare("iris", ["cuckoo"], budget=100, seeds=1)


@pytest.mark.parametrize("size", [1, 7, 50])
def test_passes_to_target_do_not_depend_on_the_batch(size):
    optimizers = {"random": RandomSearch(population_size=size)}
    table = compare("iris", optimizers, budget=600, seeds=4, target_loss=0.75).to_frame()
    one_by_one = compare(
        "iris", {"random": RandomSearch(population_size=1)}, budget=600, seeds=4, target_loss=0.75
    )
    assert table["passes_to_target"].tolist() == one_by_one.to_frame()["passes_to_target"].tolist()


def test_one_seed_has_no_deviation():
    text = compare("iris", ["adam"], budget=30, seeds=1).table()
    assert "±0" not in text
    assert "1 seed," in text


def test_readouts_are_solved_for_every_optimizer():
    settings = {"budget": 60, "seeds": 1, "hidden": 3, "alpha": 1e-3}
    found = compare("iris", ["adam", "cuckoo"], solve="logistic", **settings)
    assert "loss readout by logistic" in " ".join(found.table().split())
    network = found.protocol.network
    for run in found.runs:
        assert run.weights.shape == (network.n_weights,)
        data = split.split(found.protocol, 0)
        plain = Fitness(network, data.train.X, data.train.y, alpha=1e-3)(run.weights)[0]
        assert run.record["train_loss"] == pytest.approx(plain, rel=1e-4)
        test = Fitness(network, data.test.X, data.test.y)(run.weights)[0]
        assert run.record["test_loss"] == pytest.approx(test, rel=1e-6)


def test_penalty_and_threads_are_stated():
    table = compare("iris", ["adam"], budget=30, seeds=1, alpha=0.5).table()
    text = " ".join(table.split())
    assert "with penalty, alpha 0.5" in text
    assert "1 thread a run" in text


@pytest.mark.filterwarnings("ignore:None of the 1 points")
def test_quartiles_of_infinite_losses():
    # Most relu networks of such weights overflow over 200 steps.
    with np.errstate(all="ignore"):
        comparison = compare(
            load("latch", n_steps=200),
            ["adam"],
            activation="relu",
            init_scale=6,
            budget=1,
            seeds=5,
        )
    table = comparison.summary()
    assert table["loss_q75"].tolist() == [np.inf]
    plot_convergence(comparison).figure.canvas.draw()
    assert "inf" in comparison.table()


def test_constant_columns_do_no_harm():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    X[:, 1] = 0.1
    X[-1, 1] = 0.2
    data = Dataset.of(X, np.arange(60) % 2)
    for run in compare(data, ["random_search"], budget=20, seeds=4).runs:
        assert (run.scaler.scale_ > 1e-3).all()


def test_optimizers_by_name_and_by_instance():
    comparison = compare("xor", iter(["adam", CuckooSearch(n_nests=4)]), budget=20, seeds=1)
    assert comparison.optimizers == ["adam", "CuckooSearch"]
    assert compare("xor", Adam(), budget=20, seeds=np.int64(1)).optimizers == ["Adam"]


def test_data_of_ones_own():
    data = Dataset.of(np.random.default_rng(0).normal(size=(30, 5, 2)), list("abc") * 10, "mine")
    comparison = compare(data, ["adam"], budget=20, seeds=1)
    assert data.classes == ("a", "b", "c")
    assert "mine: elman" in comparison.table()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dataset": "irish"}, "did you mean 'iris'"),
        ({"dataset": 3}, "dataset must be the name of a data set or a Dataset"),
        ({"dataset": "mine.csv"}, r"write compare\(load_path\('mine.csv', target=COLUMN\), ...\)"),
        ({"dataset": "mine.tsv"}, r"write compare\(load_path\('mine.tsv', target=COLUMN\), ...\)"),
        ({"dataset": [[0.0], [1.0]]}, r"got list: for arrays write compare\(Dataset.of\(X, y\)\)"),
        ({"dataset": (np.eye(4), [0, 1, 0, 1])}, r"got tuple: .* compare\(Dataset.of\(X, y\)\)"),
        ({"optimizers": [Adam(), Adam()]}, "two entries called Adam"),
        ({"optimizers": [3]}, "optimizers must be a list of names or a table, got 3"),
        ({"seeds": [0.5]}, "seeds must be"),
        ({"seeds": 2.0}, "seeds must be"),
        ({"seeds": [2**40]}, "seeds must be"),
        ({"test_fraction": "0.3"}, "test_fraction must be"),
        ({"target_loss": float("nan")}, "target_loss must be a finite number"),
        ({"optimizers": ["adm"]}, r"unknown optimizer 'adm' \(did you mean 'adam'"),
        ({"optimizers": []}, "optimizers must name at least one"),
        ({"optimizers": {"a": Adam}}, r"write Adam\(\), an instance"),
        ({"optimizers": {"a": Adam(n_starts=0)}}, "n_starts must be"),
        ({"budget": 0.2}, "number of passes, at least 1"),
        ({"budget": float("nan")}, "budget must be a finite number of passes"),
        ({"seeds": 0}, "seeds must be"),
        ({"seeds": [1, 1]}, "seeds must be"),
        ({"seeds": [-1]}, "seeds must be"),
        ({"test_fraction": 0.999}, "cannot be split"),
        ({"test_fraction": 1.0}, "test_fraction must be"),
        ({"loss": "hinge"}, "unknown loss 'hinge'"),
        ({"hidden": -1}, "hidden must be"),
        ({"timesteps": 3}, "timesteps must divide the 4 features"),
        ({"gradient_passes": 0}, "gradient_passes must be"),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        compare(**({"dataset": "iris", "budget": 20, "seeds": 2} | arguments))


TOKENS = np.arange(40).reshape(20, 2) % 5
SEVERAL = {"y": [[0, 1]] * 10 + [[1, -1]] * 10}
OTHER_DATA = {
    "unequal lengths": ({"X": np.ones((20, 3, 1)), "lengths": [1, 2] * 10}, {}),
    "tokens": ({"X": TOKENS, "n_tokens": 5}, {"embedding": 3}),
    "images": ({"X": np.ones((20, 2, 2, 1))}, {"grid": 2}),
    "steps": ({"X": np.ones((20, 2, 1))} | SEVERAL, {"readout": "steps"}),
    "answers": ({"X": TOKENS, "n_tokens": 5} | SEVERAL, {"embedding": 3, "decoder": "dot"}),
}


def toy(fields):
    y, classes = [0, 1] * 10, ("no", "yes", "end")
    return Dataset(**({"name": "toy", "y": y, "classes": classes} | fields))


@pytest.mark.parametrize(("fields", "settings"), OTHER_DATA.values(), ids=OTHER_DATA)
def test_other_data_are_compared_by_networks_that_read_them(fields, settings):
    comparison = compare(toy(fields), ["adam", "cuckoo"], budget=60, seeds=2, **settings)
    table = comparison.to_frame()
    assert np.isfinite(table["train_loss"]).all()
    assert table["test_accuracy"].between(0, 1).all()
    same = compare(toy(fields), ["adam", "cuckoo"], budget=60, seeds=2, **settings).to_frame()
    np.testing.assert_array_equal(same["train_loss"], table["train_loss"])


def test_accuracy_of_answers_is_of_whole_ones():
    # Always 0 and then the end, which half of the sequences are answered with.
    X = np.arange(20).reshape(20, 1) % 2
    y = np.where(X == 0, [[0, -1]], [[1, 1]])
    data = toy({"X": X, "n_tokens": 2, "y": y})
    settings = {"embedding": 3, "decoder": "plain", "cell": "gru"}
    run = compare(data, ["rprop"], budget=1500, seeds=1, **settings).runs[0]
    assert run.record["train_accuracy"] == run.record["test_accuracy"] == 1


@pytest.mark.parametrize(
    ("name", "settings", "needs"),
    [
        ("unequal lengths", {"embedding": 3}, "neither embedding nor grid"),
        ("tokens", {}, "embedding=16"),
        ("images", {}, "grid=1, 2 or 4"),
        ("steps", {}, "readout='steps', or a decoder"),
        ("unequal lengths", {"readout": "steps"}, "another readout, and no decoder"),
    ],
)
def test_data_that_the_network_does_not_read_get_one_sentence(name, settings, needs):
    with pytest.raises(ValueError, match="toy has") as error:
        compare(toy(OTHER_DATA[name][0]), ["adam"], budget=20, seeds=1, **settings)
    one_sentence(error, "toy has", needs)


@pytest.mark.slow
def test_every_optimizer_can_be_compared():
    for name, make in TABLE.items():
        settings = {"budget": 30, "seeds": 1, "hidden": 2, "solve": make().solves}
        run = compare("xor", [name], **settings).runs[0]
        assert np.isfinite(run.record["train_loss"])


@pytest.mark.filterwarnings("ignore:None of the")
def test_runs_without_a_finite_loss_can_be_saved(tmp_path):
    with np.errstate(all="ignore"):
        nothing = compare(
            "iris", ["adam", "cuckoo"], activation="relu", init_scale=1e30, budget=1, seeds=2
        )
    assert np.isinf(nothing.to_frame()["train_loss"]).all()
    assert (nothing.save(tmp_path) / "convergence.png").exists()
    assert "never" in nothing.table()
