"""Studies: paired runs, on any backend, stored one by one, after any end."""

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers.crashing_optimizers import Deadly, Raising
from helpers.error_checks import one_sentence
from helpers.small_study import SMALL, assert_same
from sklearn.model_selection import StratifiedKFold

from metarnn import Fitness, compare
from metarnn.datasets import Dataset, iris, load
from metarnn.optimizers import Adam, CuckooSearch, RandomSearch, minimize
from metarnn.study import Study, jobs
from metarnn.study.jobs import Job, jobs_of, write_protocol
from metarnn.study.split import split


def weights_of(study):
    with study._open(readonly=True) as store:
        return {key: store.weights(key) for key, state in store.keys().items() if state == "done"}


def assert_same_weights(one, other):
    ones, others = weights_of(one), weights_of(other)
    assert set(ones) == set(others)
    for key, weights in ones.items():
        np.testing.assert_array_equal(weights, others[key])


@pytest.fixture(scope="module")
def serial():
    study = Study(**SMALL)
    study.run()
    return study


def test_results(serial):
    results = serial.results()
    assert results.problems == [("iris", "elman"), ("iris", "gru"), ("bits", "elman")]
    assert len(results.runs) == len(results.histories) == 3 * 3 * 2
    assert (
        results.runs["optimizer"].tolist()
        == ["adam"] * 2
        + ["cuckoo"] * 2
        + ["rs"] * 2
        + (["adam"] * 2 + ["cuckoo"] * 2 + ["rs"] * 2) * 2
    )
    assert (results.runs["status"] == "done").all()
    assert (results.runs["passes"] == 60).all()
    assert results.runs["test_loss"].notna().tolist() == [True] * 12 + [False] * 6
    assert results.runs["reached"].dtype == bool
    assert {"numpy", "processor", "date"} <= set(results.environment)
    targets = results.targets["bits", "elman"]
    assert len(targets) == 51
    np.testing.assert_allclose(targets[::50], [np.log(2), np.log(2) / 1000])
    np.testing.assert_allclose(np.diff(np.log(targets)), np.log(1e-3) / 50)
    for row, history in zip(results.runs.itertuples(), results.histories, strict=True):
        assert history.best_after(np.array([60.0]))[0] == row.train_loss
        assert (history.reached(row.target) is not None) == row.reached
        assert history.passes[-1] == 60
        assert history.best[-1] == row.train_loss


def test_runs_are_those_of_minimize(serial):
    runs = serial.results().runs
    problem = serial.problems[1]
    part = split(problem.protocol, 1)
    fitness = Fitness(problem.protocol.network, part.train.X, part.train.y)
    result = minimize(fitness, CuckooSearch(n_nests=6), budget=60, seed=1)
    row = runs[(runs["network"] == "gru") & (runs["optimizer"] == "cuckoo") & (runs["seed"] == 1)]
    assert row["train_loss"].item() == result.fun
    held_out = Fitness(problem.protocol.network, part.test.X, part.test.y)
    assert row["test_loss"].item() == held_out(result.x)[0]
    key = next(k for k in serial.plan if k[1:4] == ("gru", "cuckoo", 1))
    np.testing.assert_array_equal(weights_of(serial)[key], result.x)


def test_summary_is_that_of_a_comparison(serial):
    study = serial.results().summary()
    single = compare(
        load("parity", n_bits=3),
        {"adam": Adam(learning_rate=0.02), "cuckoo": CuckooSearch(n_nests=6), "rs": RandomSearch()},
        budget=60,
        seeds=2,
        hidden=3,
        cell="elman",
    ).summary()
    mine = study.sort_index().loc[("bits", "elman")].drop(columns="seconds_to_target")
    pd.testing.assert_frame_equal(mine, single.sort_index().drop(columns="seconds_to_target"))
    text = serial.results().table()
    assert max(map(len, text.splitlines())) <= 80


def test_two_processes_make_the_same(serial, tmp_path):
    study = Study(**SMALL, store=tmp_path / "study.sqlite")
    assert_same(study.run(n_jobs=2), serial.results())
    assert_same_weights(study, serial)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["study.sqlite", "study.sqlite-lock"]


@pytest.mark.parametrize(
    "backend", ["threading", pytest.param("multiprocessing", marks=pytest.mark.slow)]
)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_other_backends_make_the_same(serial, backend):
    study = Study(**SMALL)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert_same(study.run(), serial.results())


def test_a_job_is_small_whatever_the_data(tmp_path):
    rng = np.random.default_rng(0)
    data = Dataset.of(rng.normal(size=(2000, 50)), np.arange(2000) % 2)
    study = Study(datasets=[data], optimizers=["cuckoo", "memetic"], seeds=1, budget=10)
    jobs = jobs_of(study.plan, study.problems, study.optimizers, [0], tmp_path)
    assert os.path.getsize(jobs[0].protocol) > 800_000
    for job in jobs:
        assert isinstance(job, Job)
        assert len(pickle.dumps(job)) < 2000
    assert write_protocol(study.problems[0].protocol, tmp_path) == jobs[0].protocol


def test_more_is_added_and_nothing_made_twice(tmp_path):
    file = tmp_path / "study.sqlite"
    first = Study(datasets=["iris"], optimizers=["adam"], seeds=2, budget=30, store=file).run()
    optimizers = {"adam": {}, "rs": {"name": "random_search"}}
    more = {"datasets": ["iris", "xor"], "optimizers": optimizers, "seeds": [1, 5], "budget": 30}
    second = Study(**more, store=file).run()
    assert len(second.runs) == 8
    kept = second.runs[second.runs["train_loss"].isin(first.runs["train_loss"])]
    assert kept["seconds"].item() == first.runs["seconds"][1]  # its own clock: not run again
    assert_same(second, Study(**more).run())
    again = Study(datasets=["iris"], optimizers=["adam"], seeds=2, budget=30, store=file)
    pd.testing.assert_frame_equal(again.results().runs, first.runs)
    assert set(again.status().values()) == {"done"}


@pytest.mark.parametrize("complete", [True, False])
def test_the_folder_of_a_process_that_was_killed_goes(tmp_path, complete):
    file, left = tmp_path / "study.sqlite", tmp_path / "study.sqlite-work"
    how = {"datasets": ["xor"], "optimizers": ["adam"], "budget": 30, "store": file}
    if complete:
        Study(**how, seeds=1).run()
    left.mkdir()
    (left / "begun-0").touch()
    Study(**how, seeds=1).run()
    assert not left.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 31}, "budget = 30.0, and now it is 31.0"),
        ({"alpha": 0.1}, "alpha = 0.0"),
        ({"solve": "ridge"}, "solve = None"),
        ({"seconds": 9}, "seconds = None"),
        ({"folds": 3}, "folds = None"),
        ({"loss": "mse"}, "loss = 'cross_entropy'"),
        ({"target_loss": 0.3}, "target_loss = None"),
        ({"optimizers": {"adam": {"learning_rate": 0.5}}}, "optimizers.adam.learning_rate = 0.0"),
        ({"optimizers": {"adam": {"name": "rprop"}}}, "optimizers.adam.name = 'Adam'"),
        ({"networks": {"lstm": {"hidden": 4}}}, "networks.lstm.hidden = 16"),
        ({"datasets": {"iris": {"timesteps": 2}}}, "datasets.iris.timesteps = 1"),
        ({"datasets": {"iris": {"name": "wine"}}}, "datasets.iris has changed"),
    ],
)
def test_other_conditions_are_refused(tmp_path, change, message):
    file = tmp_path / "study.sqlite"
    asked = {"datasets": ["iris"], "optimizers": ["adam"], "seeds": 1, "budget": 30}
    if not file.exists():
        before = Study(**asked, store=file).run()
    with pytest.raises(ValueError, match="name another store") as error:
        Study(**(asked | change), store=file).run()
    assert message in str(error.value)
    pd.testing.assert_frame_equal(Study(**asked, store=file).results().runs, before.runs)
    Study(**asked, question="Why?", store=file).run()  # which changes no run


def test_another_loss_to_reach_of_one_data_set_is_refused(tmp_path):
    store, settings = tmp_path / "study.sqlite", SMALL | {"seeds": 1}
    Study(**settings, store=store).run()

    def of(target):
        own = {**settings["datasets"], "bits": {"name": "parity", "n_bits": 3} | target}
        return Study(**settings | {"datasets": own}, store=store)

    for target in (0.3, 0.0693148):
        with pytest.raises(ValueError, match="and now it is") as error:
            of({"target_loss": target}).run()
        one_sentence(error, "study.sqlite", "datasets.bits.target_loss = 0.0693147181")
    of({"target_loss": 0.0693147181}).run()  # as the sentence says


def test_what_raises_fails_alone():
    optimizers = {"bad": Raising(), "rs": RandomSearch()}
    results = Study(datasets=["xor"], optimizers=optimizers, seeds=2, budget=50).run()
    assert results.runs["status"].tolist() == ["failed"] * 2 + ["done"] * 2
    assert results.runs["error"][0] == "ZeroDivisionError: the step is zero"
    assert results.histories[0] is None
    assert results.runs["train_loss"].isna().tolist() == [True] * 2 + [False] * 2
    assert not results.runs["reached"][0]
    summary = results.summary()
    assert summary.loc[("xor", "lstm", "bad"), "loss_median"] == np.inf
    assert "2 of 4 runs failed, the first by ZeroDivisionError" in results.table()


def test_runs_under_way_are_repeated_once_and_alone(serial, monkeypatch):
    """Without processes: a stand-in for joblib breaks as a pool with two workers does."""
    study, rounds = Study(**SMALL), []
    bad = study.plan[4]

    def breaking(call, jobs, n_jobs):
        rounds.append(len(jobs))
        for i, job in enumerate(jobs):
            if job.key == bad:
                for other in jobs[i : i + 2]:  # of the second nothing is known but that it began
                    open(other.mark, "w").close()
                raise OSError("the worker is gone. And much more.")
            yield call(job)

    monkeypatch.setattr(jobs, "_results", breaking)
    results = study.run(n_jobs=2)
    assert rounds[1:3] == [1, 1]
    assert len(rounds) == 4
    assert results.runs["status"].tolist().count("failed") == 1
    assert results.runs["error"][4] == "its worker died twice: OSError: the worker is gone"
    others = results.runs.index != 4
    expected = serial.results().runs
    assert results.runs["train_loss"][others].tolist() == expected["train_loss"][others].tolist()


def test_where_no_worker_begins_it_is_said_at_once(monkeypatch):
    def broken(call, jobs, n_jobs):
        raise OSError("no route to the cluster")
        yield

    monkeypatch.setattr(jobs, "_results", broken)
    with pytest.raises(ChildProcessError, match="no worker could begin: OSError: no route"):
        Study(**SMALL).run()


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(tmp_path):
    def optimizers(name, times):
        return {"rs": RandomSearch(), "deadly": Deadly(str(tmp_path / name), times), "adam": Adam()}

    asked = {"datasets": ["xor"], "budget": 50, "seeds": 2}
    once = Study(**asked, optimizers=optimizers("once", 1), store=tmp_path / "a").run(n_jobs=2)
    assert (once.runs["status"] == "done").all()
    # Both runs of two seeds fail. Where the worker of one dies while the other is under way beside
    # it, this counts as a death of both, so that they kill three workers, or four.
    always = Study(**asked, optimizers=optimizers("always", 99), store=tmp_path / "b")
    runs = always.run(n_jobs=2).runs
    bad = runs["optimizer"] == "deadly"
    assert runs["status"].tolist() == ["done"] * 2 + ["failed"] * 2 + ["done"] * 2
    assert runs.loc[bad, "error"].str.startswith("its worker died twice: Terminated").all()
    killed = (tmp_path / "always").read_text()
    assert len(killed) in (3, 4)
    others = once.runs["optimizer"] != "deadly"
    assert runs.loc[~bad, "train_loss"].tolist() == once.runs.loc[others, "train_loss"].tolist()
    # They are made again when that is asked for, and only then.
    always.run(n_jobs=2)
    assert (tmp_path / "always").read_text() == killed
    always.run(n_jobs=2, retry_failed=True)
    assert len((tmp_path / "always").read_text()) - len(killed) in (3, 4)


def test_folds():
    study = Study(
        datasets=["iris", "xor"],
        optimizers={"rs": RandomSearch()},
        folds=3,
        repeats=2,
        budget=20,
    )
    runs = study.run().runs
    assert runs[["dataset", "seed", "fold"]].values.tolist() == [
        *[["iris", seed, fold] for seed in (0, 1) for fold in (0, 1, 2)],
        *[["xor", seed, 0] for seed in (0, 1)],  # nothing is held out
    ]
    data = iris()
    splitter = StratifiedKFold(3, shuffle=True, random_state=1)
    _, test = list(splitter.split(data.X, data.y))[2]
    part = split(study.problems[0].protocol, 1, 2)
    np.testing.assert_array_equal(part.test.y, data.y[test])
    assert runs["train_loss"].nunique() == 8
    small = Dataset.of(np.eye(6), [0, 0, 0, 1, 1, 1])
    study = Study(datasets={"small": small}, optimizers=["adam"], folds=4)
    with pytest.raises(ValueError, match=r"datasets.small: data cannot be split.*4 folds"):
        study.run()


@dataclass(frozen=True, eq=False)
class Divided(Dataset):
    """A data set whose source says what is held out."""

    test: np.ndarray | None = None


def test_a_split_of_the_source_is_kept():
    own = np.arange(150) % 5 == 0
    data = Divided("mine", iris().X, iris().y, ("a", "b", "c"), test=own)
    study = Study(datasets=[data], optimizers={"rs": RandomSearch()}, budget=20, seeds=2)
    for seed in (0, 1):
        part = split(study.problems[0].protocol, seed)
        np.testing.assert_array_equal(part.test.y, data.y[own])
        np.testing.assert_array_equal(part.train.y, data.y[~own])
    assert study.run().runs["train_loss"].nunique() == 2
    folded = Study(datasets=[data], optimizers=["adam"], folds=5, seeds=1)
    assert len(split(folded.problems[0].protocol, 0, 0).test.y) == 30
    assert len(folded.plan) == 5


def test_seconds_end_a_run():
    study = Study(datasets=["iris"], optimizers=["adam"], budget=1e9, seconds=0.05, seeds=1)
    runs = study.run().runs
    assert runs["stop"].item() == "seconds"
    assert 0.05 <= runs["seconds"].item() < 60


SCRIPT = """
import sys
from metarnn.study import Study
study = Study(datasets=["iris"], optimizers=["adam", "cuckoo", "rprop"], seeds=8, budget=1000,
              store=sys.argv[1])
study.run(n_jobs=int(sys.argv[2]))
"""


def count(file):
    if not file.exists():
        return 0
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "it ended before it was stopped"
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(
    ("jobs", "moments"), [(1, [3]), pytest.param(2, [2, 7], marks=pytest.mark.slow)]
)
def test_kill_9_and_again(tmp_path, jobs, moments):
    file = tmp_path / "study.sqlite"
    asked = {"datasets": ["iris"], "optimizers": ["adam", "cuckoo", "rprop"], "seeds": 8}
    study = Study(**asked, budget=1000, store=file)
    command = [sys.executable, "-c", SCRIPT, str(file), str(jobs)]
    for n in moments:
        process = subprocess.Popen(command, start_new_session=True)
        wait_for(lambda n=n: count(file) >= n, process)
        with pytest.raises(BlockingIOError, match="another process is working on"):
            study.run()
        assert study.running
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        stored = study.results().runs
        assert n <= len(stored) < 24
        assert (stored["status"] == "done").all()
    results = study.run()
    assert results.runs["seconds"].tolist()[0] == stored["seconds"].tolist()[0]
    assert_same(results, Study(**asked, budget=1000).run())
    assert not study.running
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # workers that have not noticed yet


def test_ctrl_c_that_a_finalizer_swallows_ends_the_run():
    with pytest.raises(KeyboardInterrupt), jobs._interruptible(), suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
