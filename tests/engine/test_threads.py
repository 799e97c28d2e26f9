"""The guard that every parallel call goes through."""

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from metarnn.engine import threads
from metarnn.engine.threads import GUARD, ParallelGuard, check_threads

SERIAL, PARALLEL = "serial", "parallel"


def form(guard, n_chunks):
    """Return which form of a kernel runs, and its arguments."""
    return guard.run(
        lambda *given: (SERIAL, *given), lambda *given: (PARALLEL, *given), n_chunks, "x", 2
    )


def form_here():
    return form(GUARD, 2)


def test_a_free_region_is_entered_where_there_is_more_than_one_chunk():
    guard = ParallelGuard()
    assert form(guard, 3) == (PARALLEL, 3, "x", 2)
    assert form(guard, 1) == (SERIAL, 1, "x", 2)


def test_a_call_inside_a_region_is_serial_and_one_after_an_error_is_not():
    guard = ParallelGuard()
    assert guard.run(None, lambda _: form(guard, 2), 2)[0] == SERIAL

    def fail(_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        guard.run(None, fail, 2)
    assert form(guard, 2)[0] == PARALLEL


def test_another_thread_does_not_wait():
    guard = ParallelGuard()

    def beside(_):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(form, guard, 2).result(60)

    assert guard.run(None, beside, 2)[0] == SERIAL


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_is_serial_even_where_the_region_was_taken():
    def in_a_child(_):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            return pool.apply(form_here)

    assert in_a_child(None)[0] == SERIAL
    assert GUARD.run(None, in_a_child, 2)[0] == SERIAL
    assert form_here()[0] == PARALLEL


def test_little_work_has_one_thread():
    guard, work = ParallelGuard(), threads.PARALLEL_FROM
    assert guard.n_threads(work - 1, 4) == 1
    assert guard.n_threads(work, 4) == 4
    assert guard.n_threads(work, None) == numba.get_num_threads()


def test_small_calls_have_one_thread_for_a_while_after_slow_ones(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(threads.time, "perf_counter", lambda: clock[0])
    guard, small = ParallelGuard(), threads.SMALL - 1

    def slow():
        guard.took(small, 2 * threads.SLOW)

    for _ in range(threads.SLOW_IN_A_ROW - 1):
        slow()
    guard.took(small, threads.SLOW / 2)  # in a row, that is
    slow()
    guard.took(threads.SMALL, 1.0)  # a large call may take as long as it likes
    assert guard.n_threads(small, 4) == 4
    for _ in range(threads.SLOW_IN_A_ROW - 1):
        slow()
    assert guard.n_threads(small, 4) == 1
    assert guard.n_threads(threads.SMALL, 4) == 4
    clock[0] += threads.CROWDED_SECONDS
    assert guard.n_threads(small, 4) == 4


@pytest.mark.parametrize("n_threads", [0, -1, 1.0, True, "2"])
def test_numbers_of_threads_are_checked(n_threads):
    with pytest.raises(ValueError, match="n_threads must be an integer of at least 1, or None"):
        check_threads(n_threads)
    for right in (None, 1, np.int64(3)):
        check_threads(right)
