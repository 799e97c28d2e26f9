"""Subnormal numbers are 0 during a pass, and what they were before and after it."""

import numpy as np
import pytest
from numba import njit, prange

from metarnn import Fitness, Network
from metarnn.engine import passes, threads
from metarnn.engine.jit import kernel
from metarnn.engine.subnormals import flush_subnormals, restore_mode

every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
#: Sequences as lanes, and candidates as lanes.
every_way = pytest.mark.parametrize("B", [150, 5])
#: Two sizes of weights whose product is subnormal.
SMALL = {"float32": (1e-24, 1e-16), "float64": (1e-190, 1e-120)}


@pytest.fixture
def run_parallel(monkeypatch):
    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SMALL", 0)
    monkeypatch.setattr(passes, "GROUP_WORK", 1)


def problem(dtype, B, P=3, n_threads=2):
    """Return a fitness, and points where scores and derivatives by the state are subnormal."""
    rng = np.random.default_rng(0)
    network = Network.build(2, 3, hidden=4, dtype=dtype)
    fitness = Fitness(
        network, rng.normal(size=(B, 6, 2)), rng.integers(3, size=B), n_threads=n_threads
    )
    blocks = network.unpack(network.init(rng, P))
    of_inputs, of_states = SMALL[dtype]
    for name, block in blocks.items():
        block *= of_states if "out" in name else of_inputs if "ih" in name else 1.0
    blocks["bias_out"][:] = 0
    return fitness, network.pack(blocks)


def n_subnormal(*arrays, dtype):
    least = np.finfo(dtype).smallest_normal
    return sum(np.count_nonzero((a != 0) & (np.abs(a) < least)) for a in arrays)


def everything(fitness, points):
    return [fitness(points), *fitness.gradient(points), *fitness.gauss_newton(points)]


def keeps_subnormal(array):
    """Return whether this thread computes with subnormal numbers, in NumPy."""
    return bool(np.all(array * np.ones_like(array) != 0))


@njit(parallel=True)
def doubled(x, out):
    for i in prange(len(x)):
        out[i] = x[i] + x[i]


@kernel
def flush():
    return flush_subnormals()


@kernel
def restore(mode):
    restore_mode(mode)


@every_dtype
@every_way
def test_no_subnormal_number_comes_out(dtype, B, run_parallel):
    for n_threads in (1, 2):
        fitness, points = problem(dtype, B, n_threads=n_threads)
        scores = fitness.network.scores(points, np.ones((B, 6, 2)), n_threads=n_threads)
        _, gradients = fitness.gradient(points)
        assert n_subnormal(scores, gradients, dtype=dtype) == 0
        # They are 0, and what is larger is not.
        assert not scores.any()
        assert gradients.any()


@every_dtype
@every_way
def test_the_scores_would_be_subnormal(dtype, B):
    fitness, points = problem(dtype, B)
    blocks = fitness.network.unpack(points)
    blocks["weight_out"] *= 2.0**30
    scores = fitness.network.scores(fitness.network.pack(blocks), np.ones((B, 6, 2)))
    scaled = scores.astype(np.longdouble) * np.longdouble(2) ** -30
    assert np.all((scaled != 0) & (np.abs(scaled) < np.finfo(dtype).smallest_normal))


@every_dtype
@every_way
def test_threads_find_the_same_bits(dtype, B, run_parallel):
    one, two = (everything(*problem(dtype, B, n_threads=n)) for n in (1, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


@every_dtype
def test_the_mode_of_each_thread_is_restored(dtype, run_parallel):
    smallest = np.full(64, np.finfo(dtype).smallest_subnormal)
    out = np.zeros_like(smallest)
    for n_threads in (1, 2):
        everything(*problem(dtype, 150, P=40, n_threads=n_threads))
        assert keeps_subnormal(smallest)
        out[:] = 0
        doubled(smallest, out)  # in all threads that the passes run in
        np.testing.assert_array_equal(out, 2 * smallest)


@every_dtype
def test_a_mode_that_the_caller_has_set_is_kept(dtype):
    smallest = np.full(64, np.finfo(dtype).smallest_subnormal)
    fitness, points = problem(dtype, 150, n_threads=1)
    expected = everything(fitness, points)
    mode = flush()
    try:
        if keeps_subnormal(smallest):
            pytest.skip("it is not known how this processor flushes subnormal numbers")
        given = everything(fitness, points)
        assert not keeps_subnormal(smallest)
    finally:
        restore(mode)
    assert keeps_subnormal(smallest)
    for a, b in zip(given, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_mode_is_restored_where_a_call_is_refused():
    smallest = np.full(64, np.finfo(np.float32).smallest_subnormal)
    fitness, points = problem("float32", 150)
    with pytest.raises(ValueError, match="weights must have shape"):
        fitness.gradient(points[:, 1:])
    fitness.gradient(points * np.nan)
    assert keeps_subnormal(smallest)
