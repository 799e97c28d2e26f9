"""Studies on clusters, each a real one of two processes on this machine."""

import warnings

import joblib
import pytest
from helpers.crashing_optimizers import Deadly
from helpers.small_study import SMALL, assert_same

from metarnn.optimizers import RandomSearch
from metarnn.study import Study

pytestmark = pytest.mark.slow


@pytest.fixture
def dask():
    distributed = pytest.importorskip("distributed")
    from dask import config

    with (
        config.set({"distributed.scheduler.allowed-failures": 0}),  # it would repeat by itself
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield


@pytest.mark.filterwarnings("ignore")
def test_dask_makes_the_same(dask, tmp_path):
    study = Study(**SMALL, store=tmp_path / "study.sqlite")
    with joblib.parallel_config(backend="dask"):
        results = study.run()
    assert_same(results, Study(**SMALL).run())


@pytest.mark.filterwarnings("ignore")
def test_a_worker_of_dask_that_dies(dask, tmp_path):
    optimizers = {"rs": RandomSearch(), "deadly": Deadly(str(tmp_path / "counter"), 99)}
    asked = {"datasets": ["xor"], "budget": 50, "seeds": 2}
    with joblib.parallel_config(backend="dask"):
        runs = Study(**asked, optimizers=optimizers).run().runs
    assert runs["status"].tolist() == ["done"] * 2 + ["failed"] * 2
    assert (
        runs["error"].str.startswith("its worker died twice: KilledWorker").tolist()[2:]
        == [True] * 2
    )


@pytest.mark.filterwarnings("ignore")
def test_ray_makes_the_same(tmp_path):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        study = Study(**SMALL, store=tmp_path / "study.sqlite")
        with warnings.catch_warnings(), joblib.parallel_config(backend="ray", n_jobs=2):
            warnings.simplefilter("ignore")
            results = study.run()
    finally:
        ray.shutdown()
    assert_same(results, Study(**SMALL).run())
