"""Scores, losses and gradients of whole populations: right, and the same bits every time."""

import multiprocessing
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import pytest
from reference import naive

from metarnn.cells import ACTIVATIONS
from metarnn.engine import LOSSES, Pass, Tiles, loop, passes, threads
from metarnn.networks.network import Network

DTYPES = ("float32", "float64")
# Errors relative to the largest number of the result: scores of one candidate, losses of
# all, gradient of one candidate.
NEAR = {"float32": 2e-6, "float64": 1e-14}


class Case(NamedTuple):
    P: int
    B: int
    T: int
    I: int  # noqa: E741
    H: int
    K: int
    activation: str


#: Each size of one column meets each size of every other one.
CASES = [
    Case(1, 1, 7, 1, 3, 3, "relu"),
    Case(1, 31, 1, 3, 3, 2, "sigmoid"),
    Case(1, 31, 2, 1, 17, 11, "tanh"),
    Case(1, 32, 7, 4, 1, 11, "sigmoid"),
    Case(1, 33, 2, 2, 3, 3, "tanh"),
    Case(1, 70, 7, 2, 8, 2, "tanh"),
    Case(1, 300, 7, 2, 8, 11, "sigmoid"),
    Case(3, 1, 1, 2, 1, 11, "relu"),
    Case(3, 1, 2, 4, 8, 2, "sigmoid"),
    Case(3, 31, 7, 2, 1, 2, "relu"),
    Case(3, 32, 1, 1, 8, 3, "tanh"),
    Case(3, 33, 1, 1, 17, 2, "sigmoid"),
    Case(3, 33, 1, 4, 1, 2, "relu"),
    Case(3, 70, 1, 1, 17, 2, "tanh"),
    Case(3, 70, 1, 4, 3, 11, "relu"),
    Case(3, 300, 2, 3, 3, 11, "tanh"),
    Case(3, 300, 7, 4, 17, 3, "relu"),
    Case(33, 1, 2, 3, 17, 11, "tanh"),
    Case(33, 31, 1, 4, 8, 3, "tanh"),
    Case(33, 32, 1, 3, 3, 3, "tanh"),
    Case(33, 32, 2, 2, 17, 2, "relu"),
    Case(33, 33, 7, 3, 8, 11, "relu"),
    Case(33, 70, 2, 3, 1, 3, "sigmoid"),
    Case(33, 300, 1, 1, 1, 2, "tanh"),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(map(str, c)))
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
every_loss = pytest.mark.parametrize("loss", LOSSES)


class Problem(NamedTuple):
    """A population and a weighted data set, in numbers that float32 holds exactly."""

    network: Network
    weights: np.ndarray
    X: np.ndarray
    y: np.ndarray
    sample_weight: np.ndarray
    lengths: np.ndarray | None = None

    @property
    def sizes(self):
        return self.network.n_inputs, self.network.layers[0].hidden, self.network.n_outputs

    def runner(self, task, dtype, loss=None, **packing):
        """Return what runs a task."""
        tiles = Tiles.pack(
            self.X,
            dtype,
            labels=self.y,
            weights=self.sample_weight,
            lengths=self.lengths,
            **packing,
        )
        return Pass(self.network.program, tiles, dtype, task, loss)

    def scores(self, dtype, n_threads=None, **packing):
        return self.runner("scores", dtype, **packing).scores(self.weights, n_threads)[:, :, 0]

    def losses(self, dtype, loss, n_threads=None, **packing):
        totals, sums = self.runner("losses", dtype, loss, **packing)(self.weights, n_threads)
        assert sums.shape == (len(self.weights), 0)
        return totals

    def gradients(self, dtype, loss, n_threads=None, **packing):
        return self.runner("gradients", dtype, loss, **packing)(self.weights, n_threads)

    def everything(self, dtype, loss, n_threads=None, **packing):
        """Return scores, losses, losses of the gradients, gradients."""
        return (
            self.scores(dtype, n_threads, **packing),
            self.losses(dtype, loss, n_threads, **packing),
            *self.gradients(dtype, loss, n_threads, **packing),
        )


@cache
def problem(case, seed=0):
    rng = np.random.default_rng(seed)
    network = Network.build(case.I, case.K, hidden=case.H, activation=case.activation)
    return Problem(
        network,
        network.init(rng, case.P).astype(np.float32).astype(float),
        rng.normal(size=(case.B, case.T, case.I)).astype(np.float32).astype(float),
        rng.integers(case.K, size=case.B),
        rng.uniform(0.1, 2, size=case.B),
    )


MIDDLE = Case(7, 300, 3, 2, 5, 3, "tanh")
#: As many, but with lanes that are candidates.
FEW = Case(70, 5, 3, 2, 5, 3, "tanh")
every_way = pytest.mark.parametrize("case", [MIDDLE, FEW], ids=["many", "few"])


@pytest.fixture
def run_parallel(monkeypatch):
    """Make every call parallel, of many groups; return the list of their numbers of chunks."""
    calls = []
    passes._compile(parallel=True)  # by a call that does nothing
    parallel = loop.parallel

    def counted(job, n_chunks, *data):
        calls.append(n_chunks)
        return parallel(job, n_chunks, *data)

    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(passes, "GROUP_WORK", 1)
    monkeypatch.setattr(threads, "SMALL", 0)  # also on a crowded machine
    monkeypatch.setattr(loop, "parallel", counted)
    return calls


def assert_same_bits(actual, expected):
    for a, e in zip(actual, expected, strict=True):
        assert a.dtype == e.dtype
        np.testing.assert_array_equal(a, e)


def test_there_is_a_twin_of_every_activation_and_loss():
    assert set(naive.ACTIVATIONS) == set(naive.SLOPES) == set(ACTIVATIONS)
    assert set(naive.LOSSES) == set(naive.LOSS_GRADIENTS) == set(LOSSES)


# --- The twins themselves ----------------------------------------------------------------


@every_loss
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_naive_gradient_is_the_derivative_of_the_naive_loss(activation, loss):
    p = problem(Case(2, 3, 4, 2, 3, 3, activation))
    for weights in p.weights:
        arguments = (p.sizes, activation, loss, p.X, p.y)
        expected = naive.complex_step(
            lambda w, rest=arguments: naive.elman_losses(w, *rest), weights
        )
        assert naive.distance(naive.elman_gradients(weights, *arguments).T, expected) < 1e-14


# --- Against the twins -------------------------------------------------------------------


@cache
def expected_scores(case):
    p = problem(case)
    return np.array([naive.elman_scores(w, p.sizes, case.activation, p.X) for w in p.weights])


@every_case
def test_scores(case):
    for dtype in DTYPES:
        scores = problem(case).scores(dtype)
        assert scores.dtype == dtype
        for actual, expected in zip(scores, expected_scores(case), strict=True):
            assert naive.distance(actual, expected) <= NEAR[dtype]


@every_case
def test_losses(case):
    p = problem(case)
    for loss in LOSSES:
        of_all = [
            [naive.LOSSES[loss](s, label) for s, label in zip(scores, p.y, strict=True)]
            for scores in expected_scores(case)
        ]
        expected = np.array(of_all) @ p.sample_weight
        for dtype in DTYPES:
            losses = p.losses(dtype, loss)
            assert losses.dtype == np.float64
            assert naive.distance(losses, expected) <= NEAR[dtype]


@cache
def expected_gradients(case, loss):
    # The first and the last candidate stand for all: a test below says that company is nothing.
    p = problem(case)
    rest = (p.sizes, case.activation, loss, p.X, p.y)
    return [p.sample_weight @ naive.elman_gradients(p.weights[i], *rest) for i in (0, -1)]


@every_case
def test_gradients(case):
    for dtype in DTYPES:
        for loss in LOSSES:
            p = problem(case)
            losses, gradients = p.gradients(dtype, loss)
            assert gradients.dtype == np.float64
            assert gradients.shape == p.weights.shape
            np.testing.assert_array_equal(losses, p.losses(dtype, loss))
            for i, expected in zip((0, -1), expected_gradients(case, loss), strict=True):
                assert naive.distance(gradients[i], expected) <= NEAR[dtype]


@every_loss
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_those_of_the_losses(activation, loss):
    p = problem(Case(4, 33, 5, 2, 3, 3, activation))
    losses = p.runner("losses", "float64", loss)
    _, gradients = p.gradients("float64", loss)
    for point, gradient in zip(p.weights, gradients, strict=True):
        if activation == "relu":
            assert distance_from_the_kink(p, point) > 1e-4
        expected = naive.central_differences(lambda points: losses(points)[0], point)
        assert naive.distance(gradient, expected) < 1e-8


def distance_from_the_kink(p, point):
    """Return how close any unit of a relu network comes to the place where it turns."""
    W, U, b, *_ = naive.blocks(point, *p.sizes)
    states = [naive.elman_states(W, U, b, "relu", x) for x in p.X]
    sums = [
        W @ x[t] + U @ h[t] + b for x, h in zip(p.X, states, strict=True) for t in range(len(x))
    ]
    return np.abs(sums).min()


# --- The same bits every time ------------------------------------------------------------


@every_loss
@every_dtype
@pytest.mark.parametrize("case", [MIDDLE, FEW, Case(1, 70, 2, 1, 4, 2, "relu")])
def test_bits_do_not_depend_on_the_number_of_threads(case, dtype, loss, run_parallel):
    p = problem(case)
    alone = p.everything(dtype, loss, n_threads=1)
    assert run_parallel == []
    for n_threads in (2, 3, numba.config.NUMBA_NUM_THREADS, 100, None):
        run_parallel.clear()
        assert_same_bits(p.everything(dtype, loss, n_threads), alone)
        n_groups = case.P * min(passes.MAX_GROUPS, -(-case.B // 32))
        if case == FEW:
            n_groups = -(-case.P // 32)
        n_chunks = min(n_threads or numba.get_num_threads(), n_groups)
        assert run_parallel == ([n_chunks] * 3 if n_chunks > 1 else [])


def test_small_calls_run_on_one_thread(monkeypatch):
    monkeypatch.setattr(loop, "parallel", None)
    p = problem(Case(2, 33, 2, 1, 3, 2, "tanh"))
    assert len(p.losses("float64", "mse", n_threads=2)) == 2


@every_loss
@every_dtype
@every_way
def test_bits_do_not_depend_on_the_run(case, dtype, loss, run_parallel):
    p = problem(case)
    first = p.everything(dtype, loss)
    for _ in range(5):
        assert_same_bits(p.everything(dtype, loss), first)


@every_loss
@every_dtype
@every_way
def test_bits_of_a_candidate_do_not_depend_on_its_company(case, dtype, loss, run_parallel):
    p = problem(case)
    together = p.everything(dtype, loss)
    for some in ([0], [3], [6], [5, 1, 1], list(range(6, -1, -1)), [case.P - 1] * 40):
        apart = p._replace(weights=p.weights[some]).everything(dtype, loss)
        assert_same_bits(apart, [result[some] for result in together])


@every_dtype
@every_way
def test_bits_of_a_candidate_withstand_company_that_overflows(case, dtype):
    p = problem(case)
    wild = p.weights.copy()
    wild[0], wild[2], wild[6] = np.inf, np.nan, 1e30
    others = [1, 3, 4, 5, *range(7, case.P)]
    for actual, expected in zip(
        p._replace(weights=wild).everything(dtype, "cross_entropy"),
        p.everything(dtype, "cross_entropy"),
        strict=True,
    ):
        np.testing.assert_array_equal(actual[others], expected[others])


@every_dtype
def test_bits_of_a_sequence_do_not_depend_on_its_batch(dtype, run_parallel):
    p = problem(MIDDLE)
    together = p.scores(dtype)
    B = len(p.X)
    batches = [[i] for i in range(0, B, 23)]
    batches += [np.random.default_rng(0).permutation(B), np.arange(B - 1, 100, -1), [5] * 40]
    for batch in batches:
        weights = p.sample_weight[batch]
        some = p._replace(X=p.X[batch], y=p.y[batch], sample_weight=weights)
        np.testing.assert_array_equal(some.scores(dtype), together[:, batch])


def blocks_of(runner, monkeypatch):
    """Return the list of how many candidates each call into compiled code has."""
    blocks = []
    run = runner.run

    def counted(weights, *rest):
        blocks.append(len(weights))
        return run(weights, *rest)

    monkeypatch.setattr(runner, "run", counted)
    return blocks


@every_loss
@every_dtype
@pytest.mark.parametrize("candidates", [0, 1, 2, 3])
def test_bits_of_gradients_do_not_depend_on_blocks_of_candidates(
    dtype, loss, candidates, monkeypatch
):
    p = problem(MIDDLE)
    runner = p.runner("gradients", dtype, loss)
    whole = runner(p.weights)
    blocks = blocks_of(runner, monkeypatch)
    of_one = 8 * runner.n_groups * p.network.n_weights
    monkeypatch.setattr(passes, "PARTIAL_BYTES", candidates * of_one)
    assert_same_bits(runner(p.weights), whole)
    # What is too small for one candidate holds one all the same.
    assert blocks == {2: [2, 2, 2, 1], 3: [3, 3, 1]}.get(candidates, [1] * 7)


@every_dtype
@pytest.mark.parametrize(("candidates", "blocks"), [(0, 32), (1, 32), (33, 64), (64, 64)])
def test_blocks_of_candidates_that_are_lanes_fill_them(dtype, candidates, blocks, monkeypatch):
    p = problem(FEW)
    runner = p.runner("gradients", dtype, "mse")
    whole = runner(p.weights)
    seen = blocks_of(runner, monkeypatch)
    monkeypatch.setattr(passes, "PARTIAL_BYTES", candidates * 8 * p.network.n_weights)
    assert_same_bits(runner(p.weights), whole)
    assert seen == {32: [32, 32, 6], 64: [64, 6]}[blocks]


@every_loss
@every_dtype
@pytest.mark.parametrize("case", [Case(3, 300, 90, 1, 16, 2, "tanh"), FEW], ids=["many", "few"])
def test_losses_of_gradients_are_the_losses_to_the_bit(case, dtype, loss):
    # Long and many sequences: their tiles are summed in groups.
    p = problem(case)
    alone, (with_gradients, _) = p.losses(dtype, loss), p.gradients(dtype, loss)
    np.testing.assert_array_equal(with_gradients, alone)


@every_loss
def test_losses_of_gradients_are_the_losses_of_networks_of_any_size(loss, monkeypatch):
    # Of which there are so many weights that the sums of a few groups fill the memory.
    p = problem(MIDDLE)
    monkeypatch.setattr(passes, "GROUP_WORK", 1)
    monkeypatch.setattr(passes, "PARTIAL_BYTES", 3 * 8 * p.network.n_weights)
    alone, (with_gradients, _) = p.losses("float64", loss), p.gradients("float64", loss)
    np.testing.assert_array_equal(with_gradients, alone)


@every_dtype
def test_concurrent_calls_give_the_bits_of_single_ones(dtype, run_parallel):
    problems = [problem(MIDDLE, seed) for seed in range(4)]
    expected = [p.everything(dtype, "cross_entropy", n_threads=1) for p in problems]
    run_parallel.clear()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            answers = pool.map(lambda p: p.everything(dtype, "cross_entropy", 2), problems)
            for actual, wanted in zip(answers, expected, strict=True):
                assert_same_bits(actual, wanted)
    # At least one of them found the parallel driver free.
    assert run_parallel


def _answer(connection, p, dtype):
    connection.send(p.everything(dtype, "cross_entropy", 2))


# From Python 3.12 on a fork beside other threads, such as numba's, is warned of.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@every_dtype
def test_forked_child_works_after_a_parallel_call(dtype, run_parallel):
    p = problem(MIDDLE)
    expected = p.everything(dtype, "cross_entropy", 2)
    assert run_parallel
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, p, dtype))
    child.start()
    try:
        assert receiver.poll(60), "the child hangs"
        assert_same_bits(receiver.recv(), expected)
        child.join(60)
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join()
    # The parent's threads have survived it.
    assert_same_bits(p.everything(dtype, "cross_entropy", 2), expected)


def test_warm_up_compiles_all_that_is_called_later():
    # In another process: in this one all is compiled already.
    program = """
import gc
import numpy as np
from metarnn import Fitness, Network, warmup
from metarnn.engine import threads
from metarnn.engine.jit import Routine
from numba.core.dispatcher import Dispatcher

def compiled():
    gc.collect()
    routines = {r.__name__: len(r._addresses) for r in gc.get_objects() if isinstance(r, Routine)}
    inner = {id(r._dispatcher) for r in gc.get_objects() if isinstance(r, Routine)}
    others = {
        d.py_func.__module__ + d.py_func.__name__: len(d.signatures)
        for d in gc.get_objects()
        if isinstance(d, Dispatcher) and d.py_func.__module__.startswith("metarnn.")
    }
    return routines, others

arguments = [(d, l) for d in ("float32", "float64") for l in ("cross_entropy", "mse")]
for dtype, loss in arguments:
    warmup(Network.build(3, 5, hidden=1, dtype=dtype), loss=loss)
before = compiled()
assert sum(before[0].values()) > 20
threads.PARALLEL_FROM = threads.SMALL = 0
rng = np.random.default_rng(0)
for dtype, loss in arguments:
    network = Network.build(2, 3, hidden=4, dtype=dtype)
    weights = network.init(np.random.default_rng(0), 3)
    for B, n_threads in ((70, 1), (70, 2), (5, 1), (5, 2)):
        X, y, lengths = rng.normal(size=(B, 6, 2)), np.arange(B) % 3, 1 + np.arange(B) % 6
        fitness = Fitness(network, X, y, loss=loss, lengths=lengths, alpha=0.1, n_threads=n_threads)
        fitness(weights), fitness.gradient(weights), fitness.gradient(weights[::2])
        weights.flags.writeable = False  # as minimize hands them out
        fitness(weights), fitness.gradient(weights)
        weights.flags.writeable = True
        network.scores(weights, X, n_threads=n_threads)
after = compiled()
for name, one, other in [(n, b[n], a[n]) for b, a in zip(before, after) for n in a]:
    if one != other:
        print(name, one, other)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


@every_dtype
@every_way
@pytest.mark.parametrize("n_threads", [1, 2])
def test_no_candidates_have_no_results(case, dtype, n_threads, run_parallel):
    p = problem(case)
    nobody = p._replace(weights=p.weights[:0]).everything(dtype, "mse", n_threads)
    B, K, D = len(p.X), p.network.n_outputs, p.network.n_weights
    assert [result.shape for result in nobody] == [(0, B, K), (0,), (0,), (0, D)]


# --- Weights of the sequences ------------------------------------------------------------

# Losses are summed in float64 in any case, derivatives over a few steps and lanes in float32.
REORDERED = 4e-15
REORDERED_SUMS = {"float32": 5e-7, "float64": 4e-15}


def assert_reordered(actual, expected, dtype):
    """Compare losses and gradients."""
    for one, other in zip(actual[0], expected[0], strict=True):
        assert one == pytest.approx(other, rel=REORDERED, abs=0)
    for one, other in zip(actual[1], expected[1], strict=True):
        assert naive.distance(one, other) <= REORDERED_SUMS[dtype]


def subset(p, rows):
    return p._replace(X=p.X[rows], y=p.y[rows], sample_weight=p.sample_weight[rows])


@every_loss
@every_dtype
@pytest.mark.parametrize("B", [300, 8])
def test_weight_of_two_is_the_sequence_twice(B, dtype, loss):
    p = problem(MIDDLE._replace(B=B))
    counts = np.random.default_rng(0).integers(1, 4, size=len(p.y))
    weighted = p._replace(sample_weight=counts.astype(float))
    repeated = subset(weighted, np.repeat(np.arange(len(p.y)), counts))
    repeated = repeated._replace(sample_weight=np.ones(counts.sum()))
    assert_reordered(weighted.gradients(dtype, loss), repeated.gradients(dtype, loss), dtype)


@every_loss
@every_dtype
@every_way
def test_order_of_the_sequences_does_not_matter(case, dtype, loss):
    p = problem(case)
    shuffled = subset(p, np.random.default_rng(0).permutation(len(p.y)))
    assert_reordered(shuffled.gradients(dtype, loss), p.gradients(dtype, loss), dtype)


@every_loss
@every_dtype
def test_padding_does_not_count(dtype, loss):
    p = problem(MIDDLE._replace(B=33))
    padded = subset(p, np.concatenate([np.arange(33), np.full(31, 32)]))
    padded.sample_weight[33:] = 0
    assert_same_bits(padded.gradients(dtype, loss), p.gradients(dtype, loss))


def test_small_calls_leave_a_crowded_machine_alone(monkeypatch):
    p = problem(Case(4, 64, 5, 2, 3, 2, "tanh"))
    runner = p.runner("scores", "float64")
    expected = runner.scores(p.weights, 1)
    passes._compile(parallel=True)  # by a call that does nothing
    ordinary, calls = loop.parallel, []

    def slow(*args):
        calls.append(args)
        time.sleep(2 * threads.SLOW)
        return ordinary(*args)

    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "CROWDED_SECONDS", 1000)
    monkeypatch.setattr(passes, "GUARD", threads.ParallelGuard())
    monkeypatch.setattr(loop, "parallel", slow)
    for _ in range(5):
        np.testing.assert_array_equal(runner.scores(p.weights, 2), expected)
    n = len(calls)
    assert n == threads.SLOW_IN_A_ROW  # all of them slow, so the others ran on one thread
    passes.GUARD._crowded_until = time.perf_counter() - 1
    runner.scores(p.weights, 2)
    runner.scores(p.weights, 2)
    assert len(calls) == n + 1  # after a while it is tried again
    monkeypatch.setattr(threads, "SMALL", 0)
    runner.scores(p.weights, 2)
    assert len(calls) == n + 2  # a large call is worth waiting for


def test_one_slow_call_is_no_crowd(monkeypatch):
    p = problem(Case(4, 64, 5, 2, 3, 2, "tanh"))
    runner = p.runner("scores", "float64")
    passes._compile(parallel=True)  # by a call that does nothing
    ordinary, calls = loop.parallel, []

    def slow_now_and_then(*args):
        calls.append(args)
        if len(calls) % threads.SLOW_IN_A_ROW:
            time.sleep(2 * threads.SLOW)
        return ordinary(*args)

    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SLOW", 0.05)
    monkeypatch.setattr(passes, "GUARD", threads.ParallelGuard())
    monkeypatch.setattr(loop, "parallel", slow_now_and_then)
    for _ in range(2 * threads.SLOW_IN_A_ROW):
        runner.scores(p.weights, 2)
    assert len(calls) == 2 * threads.SLOW_IN_A_ROW


# --- Derivatives that are given ------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("B", [3, 70])
@pytest.mark.parametrize("settings", [{}, {"readout": "steps"}, {"cell": "orthogonal"}])
def test_given_derivatives_by_the_scores_are_propagated_as_those_of_a_loss(settings, B, dtype):
    rng = np.random.default_rng(0)
    network = Network.build(2, 3, hidden=5, dtype=dtype, **settings)
    sequences = network.sequences(rng.normal(size=(B, 4, 2)), np.full(B, 4))
    U = 4 if network.scores_steps else 1
    targets = rng.normal(size=(B, U, 3))
    tiles = network.pack_tiles(sequences, labels=targets, weights=np.ones((B, U)))
    points = network.init(rng, 40)
    _, expected = Pass(network.program, tiles, dtype, "gradients", "squared_error")(points)
    scores = Pass(network.program, tiles, dtype, "scores").scores(points)
    vjps = Pass(network.program, tiles, dtype, "vjps")
    found = vjps.vjp(points, 2 / 3 * (scores - targets))
    assert naive.distance(found, expected) < 10 * NEAR[dtype]
    np.testing.assert_array_equal(vjps.vjp(points[:2], 2 / 3 * (scores - targets)[:2]), found[:2])
