"""Ctrl-C ends the waiting for a compilation, not the compilation."""

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest
from helpers.stored_functions import StoredFunctions, n_loaded
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from metarnn.compilation import notice, uninterrupted
from metarnn.compilation.notice import Notice


@pytest.fixture
def functions(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return StoredFunctions(tmp_path)


@pytest.fixture
def slow_compiler(monkeypatch):
    """Make each compilation take a while; the events say when it begins, and when it may end."""
    begun, may_end, ordinary = threading.Event(), threading.Event(), CPUDispatcher.compile

    def compile(self, signature):
        begun.set()
        assert may_end.wait(10)
        return ordinary(self, signature)

    monkeypatch.setattr(CPUDispatcher, "compile", compile)
    return begun, may_end


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.slow
def test_an_interrupt_is_answered_at_once_and_leaves_nothing_half_done(functions, slow_compiler):
    module, (begun, may_end) = functions.reloaded(), slow_compiler

    def interrupt():
        assert begun.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        module.double(3)
    assert not may_end.is_set()  # it has not waited for the compiler
    may_end.set()
    assert module.double(3) == 6
    assert len(module.double.overloads) == 1
    again = functions.reloaded()
    assert again.double(3) == 6
    assert n_loaded(again.double) == 1


def test_results_errors_and_warnings_arrive():
    def work(x):
        warnings.warn("slowly", stacklevel=1)
        return threading.current_thread(), 1 / x

    with pytest.warns(UserWarning, match="slowly"):
        thread, value = uninterrupted(work, 2)
    assert (thread is threading.main_thread(), value) == (False, 0.5)
    with pytest.raises(ZeroDivisionError), pytest.warns(UserWarning, match="slowly"):
        uninterrupted(work, 0)


def test_nobody_waits_for_a_lock_of_its_own():
    with global_compiler_lock:
        assert uninterrupted(threading.current_thread) is threading.main_thread()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(uninterrupted, threading.current_thread).result(10).name != "compiling"


def _double(sender, module):
    sender.send(module.double(1.5))


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_waits_until_nothing_is_half_done(functions, slow_compiler):
    module, (begun, may_end) = functions.reloaded(), slow_compiler
    compiles = threading.Thread(target=module.double, args=(3,))
    compiles.start()
    assert begun.wait(10)
    threading.Timer(0.1, may_end.set).start()
    receiver, sender = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_double, args=(sender, module))
    child.start()
    try:
        assert receiver.poll(60), "the child hangs"
        assert receiver.recv() == 3.0
    finally:
        child.kill()
        child.join()
        compiles.join()


# --- What is said ------------------------------------------------------------------------


@pytest.fixture
def said(caplog, monkeypatch):
    """Let all compilation be long; return what is said of it."""
    fresh = Notice()
    caplog.set_level("WARNING", "metarnn")  # which --quiet of another test may have raised
    monkeypatch.setattr(notice, "SHORT", 0.01)
    for module in ("uninterrupted", "dispatchers", "disk_cache"):
        monkeypatch.setattr(sys.modules[f"metarnn.compilation.{module}"], "NOTICE", fresh)
    return lambda: [r.message for r in caplog.records if r.name == "metarnn"]


def test_long_compilation_is_said_once(functions, said):
    module = functions.reloaded()
    assert (module.double(3), module.square(3)) == (6, 9)
    (line,) = said()
    assert "metarnn compiles" in line
    assert "metarnn warm" in line
    assert "\n" not in line


def test_nothing_is_said_of_code_from_disk(functions, said, monkeypatch, caplog):
    functions.reloaded().double(3)
    caplog.clear()
    fresh = Notice()
    for module in ("uninterrupted", "dispatchers", "disk_cache"):
        monkeypatch.setattr(sys.modules[f"metarnn.compilation.{module}"], "NOTICE", fresh)
    assert functions.reloaded().double(3) == 6
    assert not said()


def test_workers_are_silent(functions, said, monkeypatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_name", "LokyProcess-1")
    assert functions.reloaded().double(3) == 6
    assert not said()


def test_it_can_be_silenced(functions, said, caplog):
    with caplog.at_level(logging.ERROR, "metarnn"):
        assert functions.reloaded().double(3) == 6
    assert not said()


# --- The compiler itself, interrupted at random ------------------------------------------

PESTERED = """
import os, random, signal, sys, threading, time
import numpy as np
from metarnn import Fitness, Network
import metarnn.fitness, metarnn.engine

chance = random.Random(int(sys.argv[1]))
mean, done, n, result = float(sys.argv[2]), False, 0, None
X, y = np.random.default_rng(0).normal(size=(40, 6, 2)), np.arange(40) % 3

def pester():
    while not done:
        time.sleep(chance.expovariate(1 / mean))
        if not done:
            os.kill(os.getpid(), signal.SIGINT)

def work():
    fitness = Fitness(Network.build(2, 3, hidden=5, cell="gru"), X, y)
    points = fitness.space.sample(3, np.random.default_rng(0))
    losses, gradients = fitness.gradient(points)
    scores = fitness.network.scores(points, X)
    return losses.sum(), abs(gradients).sum(), abs(scores).sum()

threading.Thread(target=pester, daemon=True).start()
while result is None:
    try:
        result = work()
        done = True
    except KeyboardInterrupt:
        n += 1
print(n, *(float(number).hex() for number in result))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_process_that_is_interrupted_again_and_again_gets_there(tmp_path):
    def run(seed, mean, folder):
        done = subprocess.run(
            [sys.executable, "-c", PESTERED, str(seed), str(mean)],
            env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        n, *numbers = done.stdout.split()
        return int(n), numbers

    _, expected = run(0, 1e6, tmp_path / "calm")
    for seed in range(3):
        n, numbers = run(seed, 0.4, tmp_path / str(seed))
        assert n > 5
        assert numbers == expected
        assert run(0, 1e6, tmp_path / str(seed))[1] == expected  # from what it has stored


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_processes_that_compile_at_once_and_are_killed_leave_a_good_cache(tmp_path):
    def start(seed):
        return subprocess.Popen(
            [sys.executable, "-c", PESTERED, str(seed), "1e6"],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )

    doomed, others = [start(0) for _ in range(2)], [start(0) for _ in range(2)]
    for seconds, process in zip((4, 3), doomed, strict=True):
        time.sleep(seconds)
        process.kill()
        process.communicate()
    answers = {process.communicate(timeout=300)[0] for process in others}
    answers.add(start(0).communicate(timeout=300)[0])
    assert len(answers) == 1
    assert answers.pop().startswith("0 0x")
