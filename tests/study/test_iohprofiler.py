"""The export for IOHprofiler, as its own reader sees it."""

import json
import re
import warnings
from importlib import import_module

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.fake_results import falling, made_history, made_results, row, study

from metarnn.runtimes import (
    area_under_curve,
    expected_running_time,
    log_targets,
    runtime_distribution,
    runtimes,
)
from metarnn.study.iohprofiler import export

RATES = {"adam": 0.8, "cuckoo": 0.5, "random": 0.2}
BUDGET = 1000


def gradient_study():
    """Return a study in which one optimizer's first loss comes with a gradient, at 3 passes."""
    made = []
    for problem in (("iris", "elman 8"), ("wine", "gru/4")):
        for i, (name, rate) in enumerate(RATES.items()):
            for seed in range(6):
                number = 100 * i + seed + len(problem[1]) * 1000
                history = falling(number, BUDGET, rate, first=3.0 if name == "adam" else 1.0)
                made.append((row(problem, name, seed, history), history))
    return made_results(made)


@pytest.fixture(scope="module")
def results():
    return gradient_study()


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    return export(results, tmp_path_factory.mktemp("ioh") / "new")


@pytest.fixture(scope="module")
def manager(folder, iohinspector):
    found = iohinspector.DataManager()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it warns of what it skips
        found.add_folder(str(folder))
    return found


def blocks(path):
    """Return the runs of a .dat file, (evaluations, raw_y) each."""
    parts = path.read_text().split("evaluations raw_y\n")
    assert parts[0] == ""
    return [[tuple(line.split(" ")) for line in part.splitlines()] for part in parts[1:]]


def of(results, optimizer, problem):
    """Return the histories of an optimizer on a problem."""
    runs = results.runs
    mine = runs[(runs["optimizer"] == optimizer) & (runs["network"] == problem)]
    return [results.histories[i] for i in mine.index]


def test_files_are_where_readers_look(folder):
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert names[:4] == [
        "adam/IOHprofiler_f1_iris-elman-8.json",
        "adam/IOHprofiler_f2_wine-gru-4.json",
        "adam/data_f1_iris-elman-8/IOHprofiler_f1_DIM1.dat",
        "adam/data_f2_wine-gru-4/IOHprofiler_f2_DIM1.dat",
    ]
    assert len(names) == 12


def test_index_holds_what_readers_need(folder, results):
    for path in folder.rglob("*.json"):
        index = json.loads(path.read_text())
        required = "version suite function_id function_name maximization algorithm attributes"
        assert set(required.split()) < set(index)
        assert tuple(map(int, index["version"].split("."))) >= (0, 3, 3)
        (scenario,) = index["scenarios"]
        runs = blocks(path.parent / scenario["path"])
        assert len(runs) == len(scenario["runs"]) == 6
        for number, (lines, run) in enumerate(zip(runs, scenario["runs"], strict=True)):
            assert set(run["best"]) == {"evals", "y", "x"}
            assert run["evals"] == int(lines[-1][0]) == BUDGET
            assert float(lines[-1][1]) == run["best"]["y"]
            assert (run["instance"], run["seed"], run["fold"]) == (number + 1, number, 0)


def test_lines_are_those_of_the_runs(folder, results):
    for path in folder.rglob("*.dat"):
        network = "elman 8" if "elman" in str(path) else "gru/4"
        histories = of(results, path.relative_to(folder).parts[0], network)
        for lines, history in zip(blocks(path), histories, strict=True):
            evaluations = [int(at) for at, _ in lines]
            assert evaluations[0] == 1
            assert (np.diff(evaluations) > 0).all()
            # From the first loss on every line says what is known by then, to the bit.
            losses = [float(loss) for _, loss in lines]
            known = history.best_after(evaluations)
            assert losses[0] == history.improvements[0, 2]
            assert losses[1:] == known[1:].tolist()


def test_reader_finds_every_run(manager, results):
    overview = manager.overview.to_pandas()
    assert len(overview) == len(results.runs)
    assert set(overview["algorithm_name"]) == set(RATES)
    assert set(overview["function_name"]) == {"iris_elman 8", "wine_gru/4"}
    assert (overview["evals"] == BUDGET).all()
    np.testing.assert_array_equal(
        np.sort(overview["best_y"]), np.sort(results.runs["train_loss"].to_numpy())
    )
    loaded = manager.load(monotonic=False).to_pandas()
    assert (loaded.groupby("data_id")["evaluations"].min() == 1).all()


def test_reader_finds_the_same_expected_running_times(manager, results):
    metrics = import_module("iohinspector.metrics")
    data = manager.load(include_meta_data=True)
    # Targets below all first losses, at exact losses of runs and between them.
    lower, upper = 0.02, 0.5
    found = metrics.aggregate_running_time(
        data,
        free_vars=["algorithm_name", "function_name"],
        f_min=lower,
        f_max=upper,
        eval_max=BUDGET,
    )
    assert len(found) > 250
    infinite = 0
    for line in found.itertuples():
        network = line.function_name.split("_", 1)[1]
        times = runtimes(of(results, line.algorithm_name, network), [line.raw_y])[:, 0]
        expected = expected_running_time(times, np.full(6, BUDGET))
        assert pytest.approx(expected, rel=1e-12) == line.ERT
        assert line.success_ratio == np.isfinite(times).mean()
        infinite += np.isinf(expected)
    assert 0 < infinite < len(found)


def test_reader_finds_the_same_areas(manager, results):
    metrics = import_module("iohinspector.metrics")
    data = manager.load(monotonic=True, include_meta_data=True)
    lower, upper = 1e-3, 1.5
    data = metrics.transform_fval(data, lb=lower, ub=upper)
    found = metrics.get_aocc(data, BUDGET, scale_eval_log=True)
    assert len(found) == 6
    for line in found.itertuples():
        histories = of(results, line.algorithm_name, line.function_name.split("_", 1)[1])
        if line.algorithm_name == "adam":  # for whom its first loss is written at pass 1
            first = [run.improvements[0, 2] for run in histories]
            early = np.log(np.minimum(upper, first) / upper) / np.log(upper / lower)
            early = (early * np.log(3) / np.log(BUDGET)).mean()
        else:
            early = 0
        area = area_under_curve(histories, lower, upper, BUDGET).mean() + early
        assert pytest.approx(1 - area, rel=1e-9) == line.AOCC


def test_reader_finds_the_same_distribution(manager, results):
    metrics = import_module("iohinspector.metrics")
    data = manager.load(monotonic=True, include_meta_data=True)
    grid = [3, 10, 50, 200, 1000]
    # Its distribution is over all targets between two; ours over very many of them.
    found = metrics.get_data_ecdf(
        data.select("data_id", "algorithm_name", "evaluations", "raw_y"),
        f_min=1e-3,
        f_max=1.0,
        eval_values=grid,
    )
    targets = log_targets(1.0, 1e-3, 4000)
    for name in RATES:
        mine = results.runs[results.runs["optimizer"] == name]
        times = runtimes([results.histories[i] for i in mine.index], targets)
        theirs = found[found["algorithm_name"] == name].sort_values("evaluations")
        np.testing.assert_allclose(
            runtime_distribution(times, grid).fraction, theirs["eaf"], atol=1e-3
        )


def test_fractions_of_passes_become_whole_ones(tmp_path):
    history = made_history([(0.25, 3.0), (1.0, 2.0), (1.5, 1.0), (1.75, 0.5), (2.5, 0.25)], 7.3)
    late = made_history([(5.0000000001, 0.125)], 5.0000000001)
    rows = [(row(("d", "n"), "sgd", seed, made), made) for seed, made in ((3, history), (9, late))]
    results = made_results(rows)
    results.runs["passes"] = [7.3, 5.0000000001]
    export(results, tmp_path)
    first, second = blocks(next(tmp_path.rglob("*.dat")))
    assert first == [("1", "2.0"), ("2", "0.5"), ("3", "0.25"), ("8", "0.25")]
    assert second == [("1", "0.125"), ("5", "0.125")]


def test_failed_runs_are_left_out_and_named(tmp_path):
    results = study(1, n_seeds=2)
    runs = results.runs
    runs.loc[1, "status"], results.histories[1] = "failed", None
    nothing = made_history([])
    results.histories[2] = nothing
    with pytest.warns(UserWarning, match="left out") as caught:
        export(results, tmp_path)
    text = str(caught[0].message)
    assert "2 of 6 runs are left out" in text
    assert "adam on data0 / elman, seed 1, fold 0" in text
    assert "cuckoo on data0 / elman, seed 0, fold 0" in text
    index = json.loads(next(tmp_path.glob("adam/*.json")).read_text())
    assert [run["seed"] for run in index["scenarios"][0]["runs"]] == [0]
    # The same seed is the same instance with every optimizer.
    index = json.loads(next(tmp_path.glob("cuckoo/*.json")).read_text())
    assert [run["instance"] for run in index["scenarios"][0]["runs"]] == [2]


def test_strange_names_become_files(tmp_path, iohinspector):
    names = ["../up", "Adam", "adam", "a b/c", "a b:c", "ä", '"; rm']
    made = [(made_history([(1, 1.0), (5, 0.1 + i)], 10)) for i in range(len(names))]
    results = made_results(
        [
            (row(("x/../y", "<n>"), name, 2**40, history, budget=10), history)
            for name, history in zip(names, made, strict=True)
        ]
    )
    export(results, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    folders = [path.name for path in (tmp_path / "out").iterdir()]
    assert len({name.lower() for name in folders}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", name) for name in folders)
    manager = iohinspector.DataManager()
    manager.add_folder(str(tmp_path / "out"))
    assert set(manager.overview["algorithm_name"]) == set(names)
    assert set(manager.load(include_meta_data=True)["algorithm_name"]) == set(names)


def test_dimension_is_that_of_the_weights(tmp_path):
    results = study(2, n_seeds=1)
    results.runs["n_weights"] = np.where(results.runs["dataset"] == "data0", 67, 10**6)
    export(results, tmp_path)
    dimensions = {
        json.loads(path.read_text())["scenarios"][0]["dimension"]
        for path in tmp_path.rglob("*.json")
    }
    assert dimensions == {67, 65535}


def test_mistakes_are_told_in_one_sentence(tmp_path):
    (tmp_path / "old").write_text("")
    with pytest.raises(FileExistsError) as caught:
        export(study(1), tmp_path)
    one_sentence(caught, "not an empty folder")
    results = study(1)
    results.runs["status"] = "failed"
    with pytest.raises(ValueError, match="nothing to write") as caught:
        export(results, tmp_path / "new")
    one_sentence(caught)
    assert not (tmp_path / "new").exists()
