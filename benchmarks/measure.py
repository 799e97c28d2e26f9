"""Timing: contestants in turn, round after round, and ratios within rounds.

On a shared machine the times of two contestants rise and fall together from one moment to the
next. So ratios are taken within a round, and their median is quoted, beside the ratio of the
two fastest rounds.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Call = Callable[[], Any]
Clock = Callable[[], float]

#: Seconds between contestants: the threads of some libraries spin for a while after their
#: work is done, and would disturb the next.
PAUSE = 0.005


def interleave(
    calls: Mapping[str, Call], rounds: int, least: float, clock: Clock = time.perf_counter
) -> dict[str, np.ndarray]:
    """Return the seconds of one call of each contestant, in each round.

    Parameters
    ----------
    calls : mapping of str to callable
        The contestants, each of them called before, so that nothing is left to compile; every
        other round takes them in reverse order.
    rounds : int
        Rounds that count; one call of each precedes them.
    least : float
        Seconds of a contestant in a round at least: short calls are repeated.
    clock : callable
        Returns seconds. Where other programs take turns on the processors, ``time.thread_time``
        counts those of this thread alone.
    """
    repeats = {
        name: max(1, int(least / max(_seconds(call, 1, clock), 1e-7)))
        for name, call in calls.items()
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for name in list(calls)[:: 1 if number % 2 == 0 else -1]:
            time.sleep(PAUSE)
            times[name].append(_seconds(calls[name], repeats[name], clock))
    return {name: np.array(values) for name, values in times.items()}


def _seconds(call: Call, repeats: int, clock: Clock) -> float:
    began = clock()
    for _ in range(repeats):
        call()
    return (clock() - began) / repeats


def ratio(times: np.ndarray, ours: np.ndarray) -> float:
    """Return how many times as long it took: the median over the rounds."""
    return float(np.median(times / ours))


def fastest_ratio(times: np.ndarray, ours: np.ndarray) -> float:
    """Return how many times as long it took: fastest round against fastest round."""
    return float(times.min() / ours.min())
