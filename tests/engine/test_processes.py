"""Fitness, passes and networks in other threads and other processes: the same bits."""

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import Parallel, delayed

from metarnn import Fitness, Network
from metarnn.engine import Pass, threads

every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
#: Sequences as lanes, and candidates as lanes.
every_way = pytest.mark.parametrize("B", [150, 5])


def problem(dtype, B, seed=0, n_threads=2):
    rng = np.random.default_rng(seed)
    network = Network.build(2, 3, hidden=5 + seed, dtype=dtype)
    X, y, lengths = rng.normal(size=(B, 6, 2)), rng.integers(3, size=B), rng.integers(1, 7, size=B)
    fitness = Fitness(network, X, y, lengths=lengths, alpha=0.1, n_threads=n_threads)
    return fitness, network.init(rng, 70)


def everything(fitness, points):
    some = points[:3]
    return [fitness(points), *fitness.gradient(points), *fitness.gauss_newton(some)]


def assert_same_bits(actual, expected):
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)


@pytest.fixture
def run_parallel(monkeypatch):
    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SMALL", 0)


@every_dtype
@every_way
def test_four_threads_at_once(dtype, B, run_parallel):
    problems = [problem(dtype, B, seed) for seed in range(4)]
    expected = [everything(*p) for p in problems]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            # The same fitness in several threads, and several of them.
            for actual in pool.map(lambda _: everything(*problems[0]), range(4)):
                assert_same_bits(actual, expected[0])
            answers = pool.map(lambda p: everything(*p), problems)
            for actual, wanted in zip(answers, expected, strict=True):
                assert_same_bits(actual, wanted)


@every_dtype
def test_threads_make_their_first_call_at_once(dtype, run_parallel):
    points = problem(dtype, 150)[1]
    expected = everything(*problem(dtype, 150))
    for _ in range(3):
        fitness, _ = problem(dtype, 150)
        with ThreadPoolExecutor(4) as pool:
            for actual in pool.map(lambda _: everything(fitness, points), range(8)):  # noqa: B023
                assert_same_bits(actual, expected)


@every_dtype
@every_way
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.slow
def test_joblib(dtype, B, backend):
    jobs = [problem(dtype, B, seed) for seed in range(3)]
    expected = [(fitness(points), *fitness.gradient(points)) for fitness, points in jobs]
    parallel = Parallel(n_jobs=2, backend=backend)
    losses = parallel(delayed(fitness)(points) for fitness, points in jobs)
    gradients = parallel(delayed(fitness.gradient)(points) for fitness, points in jobs)
    for one, more, wanted in zip(losses, gradients, expected, strict=True):
        assert_same_bits((one, *more), (wanted[0], *wanted[1:]))


def _answer(connection, fitness, points):
    connection.send(everything(fitness, points))


def in_a_fork(fitness, points):
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, fitness, points))
    child.start()
    try:
        assert receiver.poll(60), "the child hangs"
        answer = receiver.recv()
        child.join(60)
        assert child.exitcode == 0
        return answer
    finally:
        child.kill()
        child.join()


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@every_dtype
@every_way
@pytest.mark.parametrize("before", [0, 1, 2], ids=["unused", "one thread", "two threads"])
@pytest.mark.parametrize("n_threads", [1, 2, None])
def test_fork(dtype, B, before, n_threads, run_parallel):
    expected = everything(*problem(dtype, B, n_threads=1))
    fitness, points = problem(dtype, B, n_threads=n_threads)
    if before:
        everything(*problem(dtype, B, n_threads=before))
        everything(fitness, points)
    assert_same_bits(in_a_fork(fitness, points), expected)
    assert_same_bits(everything(fitness, points), expected)


PROGRAM = """
import pickle, sys
import numpy as np
with open(sys.argv[1], "rb") as file:
    fitness, network, runner, scorer, points, X = pickle.load(file)
results = [fitness(points), *fitness.gradient(points), *fitness.gauss_newton(points[:3])]
results += [network.scores(points, X), *runner(points, 1), scorer.scores(points, 1)]
with open(sys.argv[1], "wb") as file:
    pickle.dump(results, file)
"""


@pytest.mark.parametrize(
    ("dtype", "B", "used"),
    [("float32", 150, True), ("float32", 5, False), ("float64", 150, False), ("float64", 5, True)],
)
def test_what_is_pickled_works_in_another_process(dtype, B, used, tmp_path):
    fitness, points = problem(dtype, B)
    network, X = fitness.network, np.random.default_rng(1).normal(size=(B, 6, 2))
    tiles = network.pack_tiles(network.sequences(X), labels=np.arange(B) % 3)
    runner = Pass(network.program, tiles, dtype, "gradients", "mse")
    scorer = Pass(network.program, tiles, dtype, "scores")

    def results():
        parts = [network.scores(points, X), *runner(points, 1), scorer.scores(points, 1)]
        return [*everything(fitness, points), *parts]

    expected = results() if used else None
    file = tmp_path / "pickled"
    file.write_bytes(pickle.dumps((fitness, network, runner, scorer, points, X)))
    done = subprocess.run([sys.executable, "-c", PROGRAM, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert_same_bits(pickle.loads(file.read_bytes()), expected or results())


@every_dtype
@every_way
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_copies_are_alike_and_apart(dtype, B, copied):
    fitness, points = problem(dtype, B)
    expected = everything(fitness, points)
    twin = copied(fitness)
    del fitness
    assert_same_bits(everything(twin, points), expected)


@every_dtype
@every_way
def test_memory_is_kept_while_a_pass_lives(dtype, B):
    # A pass knows its tables and data by their addresses.
    fitness, points = problem(dtype, B)
    expected = everything(fitness, points)
    network = fitness.network
    sequences = network.sequences(np.ones((B, 6, 2)))
    tiles = network.pack_tiles(sequences, labels=np.zeros(B, int))
    runner = Pass(network.program, tiles, dtype, "gradients", "mse")
    alone = runner(points, 1)
    del tiles, network
    from metarnn.engine import tables

    tables.tables.cache_clear()
    garbage = [np.full(n, 7.0) for n in range(1, 3000)]
    assert_same_bits(everything(fitness, points), expected)
    assert_same_bits(runner(points, 1), alone)
    assert len(garbage) == 2999


FIRST_CALLS = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from metarnn import Fitness, Network
from metarnn.engine import threads

threads.PARALLEL_FROM = threads.SMALL = 0
X, y = np.random.default_rng(0).normal(size=(150, 6, 2)), np.arange(150) % 3

def everything(_):
    fitness = Fitness(Network.build(2, 3, hidden=5), X, y, n_threads=2)
    points = fitness.space.sample(7, np.random.default_rng(0))
    return fitness(points), *fitness.gradient(points), *fitness.gauss_newton(points)

with ThreadPoolExecutor(4) as pool:
    first, *others = pool.map(everything, range(8))
for other in [*others, everything(0)]:
    for a, b in zip(first, other, strict=True):
        np.testing.assert_array_equal(a, b)
"""


def test_threads_of_a_new_process_make_its_first_calls_at_once():
    # All of them compile, or load from disk, the same functions.
    done = subprocess.run([sys.executable, "-c", FIRST_CALLS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_threads_may_compile_at_once(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    for _ in range(2):  # from nothing, then from disk
        done = subprocess.run(
            [sys.executable, "-c", FIRST_CALLS], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
