"""How it is timed: contestants in turn, round after round, and ratios within rounds.

Two things move together on a shared machine: what a contestant takes, and what its rival
takes a moment later. So ratios are taken within a round, and their median is quoted; the
ratio of the two fastest rounds is given beside it.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Call = Callable[[], Any]

#: Seconds between contestants: the threads of some libraries spin for a while after their
#: work is done, and would disturb the next.
PAUSE = 0.005


def interleave(calls: Mapping[str, Call], rounds: int, least: float) -> dict[str, np.ndarray]:
    """Return the seconds of one call of each contestant, in each round.

    Parameters
    ----------
    calls : mapping of str to callable
        The contestants, each called before, so that nothing is left to compile; every
        other round goes through them backwards.
    rounds : int
        Rounds that count; one call of each goes before.
    least : float
        Seconds that a contestant is given in a round: short calls are repeated.
    """
    repeats = {
        name: max(1, int(least / max(_seconds(call, 1), 1e-7))) for name, call in calls.items()
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for name in list(calls)[:: 1 if number % 2 == 0 else -1]:
            time.sleep(PAUSE)
            times[name].append(_seconds(calls[name], repeats[name]))
    return {name: np.array(values) for name, values in times.items()}


def _seconds(call: Call, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - began) / repeats


def ratio(times: np.ndarray, ours: np.ndarray) -> float:
    """Return how many times as long it took: the median over the rounds."""
    return float(np.median(times / ours))


def fastest_ratio(times: np.ndarray, ours: np.ndarray) -> float:
    """Return how many times as long it took: fastest round against fastest round."""
    return float(times.min() / ours.min())
