"""One seed, one run, to the bit: whatever the order of the data, the threads and the processes."""

import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest
from helpers import table_digests
from helpers.table_digests import ALL, OWN, data, digest, digests, small_fitness

from metarnn import RNNClassifier, compare
from metarnn.engine import threads
from metarnn.optimizers import AskTell, Order


@pytest.fixture(scope="module")
def expected():
    return digests()


@pytest.mark.parametrize("name", OWN)
def test_any_order_of_the_sequences(name, expected):
    order = np.random.default_rng(3).permutation(24)
    assert digest(name, order) == expected[name]


@pytest.mark.parametrize("name", OWN)
def test_any_number_of_threads(name, expected, monkeypatch):
    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SMALL", 0)
    for n_threads in (1, 2):
        assert digest(name, n_threads=n_threads) == expected[name]


def test_runs_side_by_side_in_threads(expected):
    with ThreadPoolExecutor(4) as pool:
        assert dict(zip(OWN, pool.map(digest, OWN), strict=True)) == expected


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_joblib(backend, expected):
    parallel = joblib.Parallel(n_jobs=2, backend=backend)
    found = parallel(joblib.delayed(digests)(OWN[i::2]) for i in range(2))
    assert found[0] | found[1] == expected


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.slow
def test_start_methods(method, expected):
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply_async(digests).get(300) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "3", "NUMBA_THREADING_LAYER": "workqueue"},
    ],
    ids=lambda settings: " ".join(f"{name}={value}" for name, value in settings.items()),
)
@pytest.mark.slow
def test_other_processes(settings, expected):
    done = subprocess.run(
        [sys.executable, table_digests.__file__],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)} | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert dict(line.split("\t") for line in done.stdout.splitlines()) == expected


def told(search, fitness):
    """Answer a request once."""
    points, batch = search.ask(), search.mini_batch
    part = fitness if batch is None else fitness.mini_batch(batch)
    if search.order == Order.VALUE:
        search.tell(points, part(points))
    elif search.order == Order.GRADIENT:
        search.tell(points, *part.gradient(points))
    else:
        losses, gradients, curvatures = part.gauss_newton(points)
        search.tell(points, losses, gradients, curvatures)


@pytest.mark.parametrize("name", OWN)
def test_an_ask_and_tell_that_is_pickled_half_way(name):
    fitness, found = small_fitness(), []
    for is_pickled in (False, True):
        prices = {order: fitness.cost(order) for order in Order}
        search = AskTell(ALL[name](), fitness.space, seed=7, budget=200, prices=prices)
        for step in range(8):
            if is_pickled and step == 4:
                search = pickle.loads(pickle.dumps(search))
            if not search.finished:
                told(search, fitness)
        found.append(search)
    (x, loss), (again, same_loss) = (search.best for search in found)
    np.testing.assert_array_equal(x, again)
    assert loss == same_loss
    assert found[0].finished == found[1].finished
    if not found[0].finished:
        np.testing.assert_array_equal(found[0].ask(), found[1].ask())


def test_a_saved_and_loaded_model_predicts_and_goes_on_as_the_one_that_was_saved(tmp_path):
    X, y, _ = data()
    settings = {"optimizer": "adam", "hidden": 3, "budget": 60, "warm_start": True}
    model = RNNClassifier(**settings, random_state=0).fit(X, y)
    model.save(tmp_path / "model")
    loaded = RNNClassifier.load(tmp_path / "model")
    np.testing.assert_array_equal(model.predict_proba(X), loaded.predict_proba(X))
    one, other = model.fit(X, y), loaded.set_params(warm_start=True).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.slow
def test_compare_on_every_backend():
    def losses(**how):
        found = compare("iris", ["adam", "cuckoo", "ga"], hidden=3, budget=60, seeds=2, **how)
        return found.to_frame()[["optimizer", "seed", "train_loss", "test_loss"]].to_dict()

    expected = losses()
    for backend in ("loky", "threading", "multiprocessing"):
        with joblib.parallel_config(backend=backend):
            assert losses(n_jobs=2) == expected
