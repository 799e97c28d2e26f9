"""Studies on clusters, each a real one of two processes on this machine."""

import os
import signal
import sqlite3
import sys
import threading
import time
import warnings
from contextlib import closing, suppress

import joblib
import pytest
from helpers.crashing_optimizers import Deadly
from helpers.small_study import SMALL, assert_same

from metarnn.optimizers import Adam, RandomSearch
from metarnn.study import Study

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

#: Failures after which dask gives a task up: at once, so that a study decides, or its default.
AT_ONCE, DEFAULT = 0, 3


@pytest.fixture
def dask(request):
    distributed = pytest.importorskip("distributed")
    from dask import config

    failures = getattr(request, "param", AT_ONCE)
    with (
        config.set({"distributed.scheduler.allowed-failures": failures}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield cluster


@pytest.fixture
def ray(monkeypatch):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # workers import our optimizers
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


@pytest.fixture(params=["dask", "ray"])
def backend(request):
    request.getfixturevalue(request.param)
    return request.param


def run_on(backend, study):
    """Make the runs on a cluster of two workers."""
    with warnings.catch_warnings(), joblib.parallel_config(backend=backend, n_jobs=2):
        warnings.simplefilter("ignore")
        return study.run()


def keys_in(store):
    """Return what identifies each run in a store."""
    with closing(sqlite3.connect(store)) as file:
        return file.execute("SELECT dataset, network, optimizer, seed, fold FROM runs").fetchall()


def assert_stored_once(study):
    """Assert that the store holds each run of the plan, and none more often than once."""
    assert sorted(keys_in(study.store)) == sorted(study.plan)


def test_a_cluster_makes_the_same(backend, tmp_path):
    study = Study(**SMALL, store=tmp_path / "study.sqlite")
    assert_same(run_on(backend, study), Study(**SMALL).run())
    assert_stored_once(study)


def test_a_worker_that_is_killed_once_costs_nothing(backend, tmp_path):
    asked = {"datasets": ["xor"], "budget": 50, "seeds": 2}

    def optimizers(times):
        deadly = Deadly(str(tmp_path / f"deaths-{times}"), times)
        return {"rs": RandomSearch(), "deadly": deadly, "adam": Adam()}

    study = Study(**asked, optimizers=optimizers(1), store=tmp_path / "study.sqlite")
    results = run_on(backend, study)
    assert (tmp_path / "deaths-1").read_text() == "x"
    assert_same(results, Study(**asked, optimizers=optimizers(0)).run())
    assert_stored_once(study)


@pytest.mark.parametrize("dask", [AT_ONCE, DEFAULT], indirect=True)
def test_a_worker_of_dask_that_is_killed_at_work_costs_nothing(dask, tmp_path):
    asked = {"datasets": ["iris"], "optimizers": ["cuckoo", "lshade"], "seeds": 10}
    study = Study(**asked, budget=3000, store=tmp_path / "study.sqlite")
    n_stored = []

    def kill():
        deadline = time.monotonic() + 120
        while not n_stored and time.monotonic() < deadline:
            time.sleep(0.01)
            with suppress(sqlite3.OperationalError):  # there is no table yet
                stored = len(keys_in(study.store))
                if stored:
                    os.kill(next(iter(dask.workers.values())).pid, signal.SIGKILL)
                    n_stored.append(stored)

    killer = threading.Thread(target=kill)
    killer.start()
    results = run_on("dask", study)
    killer.join()
    assert 0 < n_stored[0] < len(study.plan) - 2  # two were under way
    assert_same(results, Study(**asked, budget=3000).run())
    assert_stored_once(study)


def test_a_worker_of_dask_that_dies_again(dask, tmp_path):
    optimizers = {"rs": RandomSearch(), "deadly": Deadly(str(tmp_path / "counter"), 99)}
    asked = {"datasets": ["xor"], "budget": 50, "seeds": 2}
    runs = run_on("dask", Study(**asked, optimizers=optimizers)).runs
    assert runs["status"].tolist() == ["done"] * 2 + ["failed"] * 2
    assert (
        runs["error"].str.startswith("its worker died twice: KilledWorker").tolist()[2:]
        == [True] * 2
    )
