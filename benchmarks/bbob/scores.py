"""Scores of runs on BBOB: fractions of targets, expected running times, differences.

A pair is a function and an instance; a contestant has at most one run of each pair and
dimension. Everything here takes the runs of one dimension.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from benchmarks.bbob.suite import TARGETS, Run
from metarnn import runtimes

Pair = tuple[int, int]


def target_index(target: float) -> int:
    """Return the index of a target in TARGETS."""
    return int(np.abs(np.log(TARGETS / target)).argmin())


def shares(runs: Iterable[Run]) -> dict[Pair, float]:
    """Return the fraction of the targets that was reached, by function and instance."""
    return {(r.key.function, r.key.instance): len(r.hits) / len(TARGETS) for r in runs}


def expected_running_time(runs: Sequence[Run], target: int) -> float:
    """Return the evaluations of a success: those of all runs, divided by the successes.

    A run that did not reach target number `target` counts with its whole budget, also where
    its optimizer gave up before. Infinite where none reached it.
    """
    times = [run.hits[target] if len(run.hits) > target else np.nan for run in runs]
    return float(runtimes.expected_running_time(times, [run.key.budget for run in runs]))


def running_times(runs: Iterable[Run], target: int) -> dict[int, float]:
    """Return the expected running time to a target, by function."""
    by_function: dict[int, list[Run]] = {}
    for run in runs:
        by_function.setdefault(run.key.function, []).append(run)
    return {f: expected_running_time(own, target) for f, own in sorted(by_function.items())}


def share_over_time(runs: Sequence[Run], evaluations: np.ndarray) -> np.ndarray:
    """Return the fraction of (function, instance, target) reached after so many evaluations."""
    hits = np.sort([hit for run in runs for hit in run.hits])
    return np.searchsorted(hits, evaluations, side="right") / (len(runs) * len(TARGETS))


def difference(
    ours: Mapping[Pair, float], theirs: Mapping[Pair, float], resamples: int = 10_000
) -> tuple[float, float, float]:
    """Return the mean difference of fractions over common pairs, and its 95 % interval.

    The interval is a bootstrap over pairs (percentiles), of which there must be at least one.
    """
    common = [pair for pair in ours if pair in theirs]
    differences = np.array([ours[pair] - theirs[pair] for pair in common])
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(differences), size=(resamples, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return float(differences.mean()), float(low), float(high)
