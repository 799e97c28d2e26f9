"""When and how passes run in parallel: one object that every parallel call goes through."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numba

from metarnn.validation import is_integer, shown

#: A call of fewer multiply-adds runs on one thread: waking another takes longer, and far longer
#: where that one has to wait for a processor.
PARALLEL_FROM = 300_000
#: A call of fewer multiply-adds takes about a millisecond. Where several in a row take longer than
#: SLOW seconds, another program has the processor that a thread waits for; such calls then run on
#: one thread for CROWDED_SECONDS rather than lose that time again and again.
SMALL = 5_000_000
SLOW, SLOW_IN_A_ROW, CROWDED_SECONDS = 3e-3, 3, 1.0

Result = TypeVar("Result")


class ParallelGuard:
    """Lets one parallel region run at a time, where one may run at all.

    numba runs one parallel region at a time: two at once abort the process with some threading
    layers. A process that was forked after a parallel region has none of its threads and would
    wait for them for ever. Whoever finds the region taken, or is such a child, runs the serial
    form of a kernel, which computes the same bits.
    """

    def __init__(self) -> None:
        self._region = threading.Lock()
        self._forked = False
        self._crowded_until = 0.0
        self._n_slow = 0

    def n_threads(self, work: int, most: int | None) -> int:
        """Return the number of threads that so many multiply-adds are worth, `most` at most."""
        if work < PARALLEL_FROM or (work < SMALL and time.perf_counter() < self._crowded_until):
            return 1
        return most or numba.get_num_threads()

    def run(
        self,
        serial: Callable[..., Result],
        parallel: Callable[..., Result],
        n_chunks: int,
        *arguments: Any,
    ) -> Result:
        """Call the parallel form of a kernel if it may run, with n_chunks, or the serial one."""
        if n_chunks > 1 and not self._forked and self._region.acquire(blocking=False):
            try:
                return parallel(n_chunks, *arguments)
            finally:
                self._region.release()
        return serial(1, *arguments)

    def took(self, work: int, seconds: float) -> None:
        """Take notice of how long a parallel call of so many multiply-adds took."""
        if work < SMALL:
            self._n_slow = self._n_slow + 1 if seconds > SLOW else 0
            if self._n_slow >= SLOW_IN_A_ROW:
                self._crowded_until = time.perf_counter() + CROWDED_SECONDS

    def after_fork(self) -> None:
        """Run nothing in parallel from now on, in the child of a fork."""
        self._region, self._forked = threading.Lock(), True


#: The one of this process.
GUARD = ParallelGuard()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GUARD.after_fork)


def check_threads(n_threads: int | None) -> None:
    """Raise a ValueError unless it is None or a positive integer."""
    if n_threads is None:
        return
    if not is_integer(n_threads) or n_threads < 1:
        raise ValueError(
            f"n_threads must be an integer of at least 1, or None for all, got {shown(n_threads)}."
        )
