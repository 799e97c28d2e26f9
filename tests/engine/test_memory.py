"""Passes write to their own memory, all of it before they read it, and to nothing else."""

from dataclasses import fields, replace

import numpy as np
import pytest
from helpers.drawn_problems import draw

from metarnn.engine import Pass, passes, tables, threads
from metarnn.engine.tiles import Series
from metarnn.engine.vectors import WIDTH
from metarnn.nodes import scan

#: All ones: NaN in float32 and in float64, so what is read beyond an array shows.
POISON = 0xFF
ZONE = 4096
TASKS = ("scores", "losses", "gradients", "curvatures")
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


class Zones:
    """Arrays between two zones of memory that nobody may write to."""

    def __init__(self, fill=POISON):
        self.fill = fill
        self.lent = []
        self.kept = []

    def lend(self, n_bytes):
        """Return so many bytes and not one more, where a vector may begin."""
        raw = np.full(n_bytes + 2 * ZONE + WIDTH, POISON, np.uint8)
        first = ZONE + -raw[ZONE:].ctypes.data % WIDTH
        memory = raw[first : first + n_bytes]
        memory[:] = self.fill
        self.lent.append((raw, first, n_bytes))
        return memory

    def empty(self, shape, dtype=float):
        size = int(np.prod(shape))
        memory = self.lend(size * np.dtype(dtype).itemsize)
        return memory.view(dtype).reshape(shape)

    def copy(self, array):
        """Return a copy that nobody may write to either."""
        held = self.empty(array.shape, array.dtype)
        held[...] = array
        self.kept.append((held, array.copy()))
        return held

    def check(self):
        assert self.lent
        for raw, first, n_bytes in self.lent:
            assert (raw[:first] == POISON).all(), "written before an array"
            assert (raw[first + n_bytes :] == POISON).all(), "written behind an array"
        for held, before in self.kept:
            np.testing.assert_array_equal(held.view(np.uint8), before.view(np.uint8))


class Numpy:
    """numpy, with arrays that lie between zones."""

    def __init__(self, zones):
        self.empty = zones.empty

    def __getattr__(self, name):
        return getattr(np, name)


def run(p, task, dtype, n_threads, zones, monkeypatch, **packing):
    """Run a task with all of its memory between zones."""
    loss = None if task == "scores" else p.loss
    tiles = p.tiles(dtype, **packing)
    series = {}
    for field in fields(tiles):
        value = getattr(tiles, field.name)
        if isinstance(value, Series):
            series[field.name] = Series(*map(zones.copy, value))
    runner = Pass(p.network.program, replace(tiles, **series), dtype, task, loss)
    weights = zones.copy(p.weights)
    with monkeypatch.context() as patch:
        patch.setattr(passes, "scratch", zones)
        patch.setattr(passes, "np", Numpy(zones))
        if task == "scores":
            results = (runner.scores(weights, n_threads),)
        else:
            results = runner(weights, n_threads)
    zones.check()
    return [np.array(result) for result in results]


@pytest.fixture
def run_parallel(monkeypatch):
    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SMALL", 0)
    monkeypatch.setattr(passes, "GROUP_WORK", 1000)


def small(p):
    return p._replace(weights=p.weights[:3]) if p.weights.shape[1] < 150 else None


@pytest.mark.parametrize("seed", range(24))
def test_passes_stay_within_their_memory_and_read_what_they_wrote(seed, run_parallel, monkeypatch):
    for dtype in ("float32", "float64"):
        p = draw(seed, n_layers=1 + (seed % 4 == 3))
        for task in TASKS:
            packing = {}
            if task == "curvatures":
                p = small(p)
                if p is None:
                    continue
                packing = {"lanes_are_candidates": False}
            results = [
                run(p, task, dtype, n_threads, Zones(fill), monkeypatch, **packing)
                for n_threads, fill in ((1, 0), (1, POISON), (2, POISON), (2, 0x7F))
            ]
            for other in results[1:]:
                for one, result in zip(results[0], other, strict=True):
                    assert np.isfinite(one).all()
                    np.testing.assert_array_equal(result, one)


@pytest.mark.parametrize("seed", range(1000, 1008))
@pytest.mark.parametrize("slots", [0, 3, 9])
def test_checkpoints_stay_within_their_memory(seed, slots, run_parallel, monkeypatch):
    for dtype in ("float32", "float64"):
        p = draw(seed, n_layers=1 + seed % 2)
        size = 32 * np.dtype(dtype).itemsize * (max(p.hidden) + 1)
        monkeypatch.setattr(scan, "STATES_BYTES", slots * size)
        tables.tables.cache_clear()
        try:
            results = [
                run(p, "gradients", dtype, n_threads, Zones(fill), monkeypatch)
                for n_threads, fill in ((1, 0), (1, POISON), (2, POISON))
            ]
        finally:
            tables.tables.cache_clear()
        for other in results[1:]:
            for one, result in zip(results[0], other, strict=True):
                np.testing.assert_array_equal(result, one)


@every_dtype
def test_zones_see_what_is_written_beside_an_array(dtype):
    for place in (-1, 8):
        zones = Zones()
        array = zones.empty((8,), dtype)
        raw, first, _ = zones.lent[0]
        at = first + place * array.itemsize
        raw[at : at + array.itemsize].view(dtype)[:] = 0
        with pytest.raises(AssertionError, match="written"):
            zones.check()
    zones = Zones()
    held = zones.copy(np.zeros(8, dtype))
    held[3] = 1
    with pytest.raises(AssertionError):
        zones.check()


@every_dtype
@pytest.mark.parametrize("seed", range(2000, 2006))
def test_memory_that_is_lent_again_leaves_no_trace(seed, dtype):
    # One call after another uses the same memory, for other networks and other data.
    p, q = draw(seed), draw(seed + 100)
    expected = p.everything(dtype)
    q._replace(weights=np.full_like(q.weights, np.nan)).everything(dtype)
    for one, other in zip(p.everything(dtype), expected, strict=True):
        np.testing.assert_array_equal(one, other)
