"""Where people train: in forks, pools, daemons, threads, notebooks, under any threading layer."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import joblib
import numba
import numpy as np
import pytest
from helpers.trained import X, compared, fitted, y

from metarnn import Fitness, Network, RNNClassifier
from metarnn.engine import threads
from metarnn.study import Study

posix = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals of POSIX")
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def run_parallel(monkeypatch):
    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SMALL", 0)


@pytest.fixture(scope="module")
def expected():
    return fitted()


@pytest.mark.parametrize(("name", "least"), [("processes", 30), ("reproducibility", 12)])
def test_the_pages_name_tests_that_exist(name, least):
    root = Path(__file__).parents[2]
    page = (root / "docs" / f"{name}.md").read_text()
    sources = "".join(path.read_text() for path in (root / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > least
    assert not {test for test in named if f"def {test}(" not in sources}
    for file in re.findall(r"`(tests/\S+\.py)`", page):
        assert (root / file).is_file(), file


# --- Forks and pools -----------------------------------------------------------------------


@posix
def test_os_fork_after_a_parallel_call(expected):
    assert fitted() == expected
    child = os.fork()
    if not child:
        os._exit(0 if fitted() == expected else 3)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            pytest.fail("the child hangs")
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(ended[1]) == 0
    assert fitted() == expected


FORKED = """
import multiprocessing, sys, warnings
import numpy as np
from metarnn import Fitness, Network
from metarnn.engine import threads
import numba
threads.PARALLEL_FROM = threads.SMALL = 0
X, y = np.random.default_rng(0).normal(size=(150, 6, 2)), np.arange(150) % 3
fitness = Fitness(Network.build(2, 3, hidden=4), X, y, n_threads=2)
points = fitness.space.sample(5, np.random.default_rng(0))

def loss():
    return fitness(points).tolist()

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    before = loss()
    layer = numba.threading_layer()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(loss).get(60) == before
    assert loss() == before
    print(layer, before)
"""


def layers():
    """Return numba's threading layers that can be loaded here."""
    found = ["workqueue"]
    for name, module in (("omp", "omppool"), ("tbb", "tbbpool")):
        try:
            __import__(f"numba.np.ufunc.{module}")
        except ImportError:
            continue
        found.append(name)
    return found


@posix
@pytest.mark.slow
def test_every_threading_layer_computes_the_same_and_may_be_forked():
    outputs = []
    for layer in layers():
        done = subprocess.run(
            [sys.executable, "-c", FORKED],
            env=os.environ | {"NUMBA_THREADING_LAYER": layer},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        used, _, losses = done.stdout.partition(" ")
        assert used == layer
        outputs.append(losses)
    assert len(set(outputs)) == 1


def test_fits_inside_a_pool_of_threads(expected):
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(fitted, range(6))) == {expected}
    found = joblib.Parallel(3, backend="threading")(joblib.delayed(fitted)() for _ in range(4))
    assert set(found) == {expected}


@pytest.mark.slow
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_fits_inside_a_pool_of_processes(method, expected):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert set(pool.map(fitted, range(3))) == {expected}
        assert pool.submit(compared).result(300) == compared()  # workers that have workers


@pytest.mark.slow
def test_a_comparison_with_jobs_inside_a_daemon():
    """A daemonic process may have no children: the runs take place one by one."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(compared).get(300) == compared()


@pytest.mark.slow
def test_jobs_inside_jobs():
    found = joblib.Parallel(2)(joblib.delayed(compared)() for _ in range(2))
    assert found == [compared()] * 2


def test_a_study_in_a_thread_of_a_server():
    with ThreadPoolExecutor(1) as pool:
        study = Study(datasets=["xor"], optimizers=["adam"], budget=30, seeds=2)
        runs = pool.submit(study.run).result(60).runs
    assert (runs["status"] == "done").all()


# --- Threads -------------------------------------------------------------------------------


def test_more_threads_than_there_are():
    """Work is cut into so many parts; numba's threads share them."""
    network = Network.build(2, 3, hidden=4)
    points = network.init(np.random.default_rng(0), 5)
    expected = Fitness(network, X, y, n_threads=1)(points)
    for n_threads in (3, 64, 1000):
        np.testing.assert_array_equal(Fitness(network, X, y, n_threads=n_threads)(points), expected)


def test_a_mask_of_numbas_threads_is_kept():
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        fitted()
        assert numba.get_num_threads() == 1
    finally:
        numba.set_num_threads(before)


@pytest.mark.parametrize("n", ["1", "3"])
@pytest.mark.slow
def test_numba_num_threads(n):
    program = (
        "import numpy as np; from metarnn import Fitness, Network\n"
        "from metarnn.engine import threads; threads.PARALLEL_FROM = threads.SMALL = 0\n"
        "X, y = np.random.default_rng(0).normal(size=(150, 6, 2)), np.arange(150) % 3\n"
        "network = Network.build(2, 3, hidden=4)\n"
        "points = network.init(np.random.default_rng(0), 5)\n"
        "print(*(Fitness(network, X, y, n_threads=n)(points).sum() for n in (1, 2, 4, None)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"NUMBA_NUM_THREADS": n},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 1


# --- Ctrl-C --------------------------------------------------------------------------------


@posix
def test_ctrl_c_in_the_midst_of_a_fit_keeps_the_best_point_so_far():
    model = RNNClassifier(optimizer="adam", hidden=4, budget=10**9, random_state=0, n_best=1)
    fitted()  # what it needs is compiled
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.warns(UserWarning, match="Interrupted after"):
        model.fit(X, y)
    assert model.predict(X).shape == y.shape


CELLS = (
    "import numpy as np; from metarnn import RNNClassifier\n"
    "X, y = np.random.default_rng(0).normal(size=(40, 6, 2)), np.arange(40) % 3\n"
    "RNNClassifier(hidden=4, budget=40).fit(X, y)",
    "print('begun', flush=True); model = RNNClassifier(hidden=4, budget=1e9).fit(X, y)",
    "print(model.predict(X).shape); RNNClassifier(hidden=4, budget=40).fit(X, y)",
)


@pytest.mark.slow
def test_the_interrupt_of_a_notebooks_kernel():
    manager_module = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    manager, client = manager_module.start_new_kernel(kernel_name="python3")
    try:
        client.execute_interactive(CELLS[0], timeout=120, output_hook=lambda _: None)
        running = client.execute(CELLS[1])
        said = ""
        while "begun" not in said:
            message = client.get_iopub_msg(timeout=60)
            said += message["content"].get("text", "")
        time.sleep(1.0)
        manager.interrupt_kernel()
        while True:
            reply = client.get_shell_msg(timeout=60)
            if reply["parent_header"]["msg_id"] == running:
                break
        assert reply["content"]["status"] == "ok", reply
        texts = []
        reply = client.execute_interactive(
            CELLS[2], timeout=60, output_hook=lambda m: texts.append(m["content"].get("text", ""))
        )
        assert reply["content"]["status"] == "ok", reply
        assert "(40,)" in "".join(texts)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
