"""Studies whose processes are killed: workers, and the one that started them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import joblib
import pytest
from helpers.crashing_optimizers import Deadly
from helpers.small_study import assert_same

from metarnn import compare
from metarnn.optimizers import Adam, RandomSearch
from metarnn.study import Study

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and /dev/shm"),
    pytest.mark.slow,
]

STUDY = """
import sys, joblib
from metarnn.study import Study
settings = dict(datasets=["iris"], optimizers=["adam", "cuckoo", "rprop"], seeds=8, budget={budget})
with joblib.parallel_config(backend={backend!r}, n_jobs=2):
    Study(**settings, store={store!r}).run()
"""
COMPARE = """
from metarnn import compare
compare("iris", ["adam", "cuckoo", "rprop"], seeds=8, budget={budget}, n_jobs=2)
"""
WARM = """
from metarnn.warm_up import warmup_everything
warmup_everything(n_jobs=2)
"""


def children(pid):
    """Return the command lines of a process's children."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                found[int(folder.name)] = (folder / "cmdline").read_text()
    return found


def workers(pid):
    return [one for one, command in children(pid).items() if "LokyProcess" in command]


def is_alive(pid):
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(program, tmp_path, **settings):
    environment = os.environ | {"TMPDIR": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "c")}
    if program != WARM:
        del environment["NUMBA_CACHE_DIR"]
    return subprocess.Popen(
        [sys.executable, "-c", program.format(**settings) if settings else program],
        env=environment,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    ("program", "backend", "wait"),
    [
        pytest.param(STUDY, "loky", 0, id="study, at the start"),
        pytest.param(STUDY, "loky", 0.7, id="study, importing"),
        pytest.param(STUDY, "loky", 6, id="study, at work"),
        pytest.param(STUDY, "multiprocessing", 6, id="study, multiprocessing"),
        pytest.param(COMPARE, "", 6, id="compare"),
        pytest.param(WARM, "", 4, id="warm"),
    ],
)
def test_workers_end_with_their_parent_and_nothing_is_left(program, backend, wait, tmp_path):
    how = {"budget": 10**6, "backend": backend, "store": str(tmp_path / "study.sqlite")}
    before = {path.name for path in Path("/dev/shm").iterdir()}  # numbers of processes come again
    process = start(program, tmp_path, **({} if program == WARM else how))
    try:
        wait_for(lambda: len(workers(process.pid)) == 2)
        time.sleep(wait)
        family = list(children(process.pid))
        process.kill()
        process.wait()
        wait_for(lambda: not any(map(is_alive, family)), 10)
        left = {path.name for path in Path("/dev/shm").glob(f"*[-_]{process.pid}[-_]*")}
        assert not left - before
        # The next study on the store removes its folder; nothing else is left.
        kept = {path.name for path in tmp_path.iterdir()} - {"c"}
        assert all(name.startswith("study.sqlite") for name in kept)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("n_killed", [1, 2])
def test_workers_that_are_killed_before_they_begin_are_replaced(n_killed, tmp_path):
    file = tmp_path / "study.sqlite"
    process = start(STUDY, tmp_path, budget=200, backend="loky", store=str(file))
    try:
        wait_for(lambda: len(workers(process.pid)) == 2)
        for pid in workers(process.pid)[:n_killed]:
            os.kill(pid, signal.SIGKILL)
        assert process.wait(120) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    settings = {"datasets": ["iris"], "optimizers": ["adam", "cuckoo", "rprop"], "seeds": 8}
    study = Study(**settings, budget=200, store=file)
    assert_same(study.results(), Study(**settings, budget=200).run())


def test_where_every_worker_is_killed_before_it_begins_it_is_said_at_once(tmp_path):
    process = start(STUDY, tmp_path, budget=200, backend="loky", store=str(tmp_path / "s"))
    try:
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            for pid in workers(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        assert process.poll() == 1
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_a_run_whose_worker_dies_twice_is_a_failure_and_the_study_goes_on(backend, tmp_path):
    optimizers = {"rs": RandomSearch(), "deadly": Deadly(str(tmp_path / "n"), 99), "adam": Adam()}
    asked = {"datasets": ["xor"], "budget": 50, "seeds": 2}
    with joblib.parallel_config(backend=backend, n_jobs=2):
        runs = Study(**asked, optimizers=optimizers).run().runs
    assert runs["status"].tolist() == ["done"] * 2 + ["failed"] * 2 + ["done"] * 2
    for reason in runs["error"][2:4]:
        assert reason.startswith("its worker died twice: TerminatedWorkerError: A worker process")
        assert reason.endswith("(SIGKILL(-9); memory may have run out)") or "SIGTERM" in reason


def test_compare_repeats_a_run_whose_worker_died_and_says_so_where_it_dies_again(tmp_path):
    def optimizers(times):
        return {"rs": RandomSearch(), "deadly": Deadly(str(tmp_path / f"{times}"), times)}

    once = compare("xor", optimizers(1), budget=50, seeds=2, n_jobs=2)
    assert len(once.runs) == 4
    with pytest.raises(ChildProcessError, match=r"^deadly with seed [01]: its worker died"):
        compare("xor", optimizers(99), budget=50, seeds=2, n_jobs=2)
