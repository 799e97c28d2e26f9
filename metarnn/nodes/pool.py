"""The node that pools: the steps of each sequence, up to its own end, become one step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray

from metarnn.engine.graph import Node, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.signals import Signal

POOL = record(
    "source target",  # addresses of signals
    "steps",  # offset of the step of each number
    "n_ahead",  # rows that run forwards; the others follow
)
pool_at = records(POOL)


@forward_routine
def mean(record, tile, weights, scratch, lanes):
    """Compute the mean of the steps of each sequence."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y = carray(at(scratch, target.offset), n)
    for i in range(n):
        y[i] = 0
    for t in range(clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                y[i] += a[i] if t < ends[lane] else y.dtype.type(0)
    for row_begin in range(0, n, LANES):
        for lane in range(LANES):
            y[row_begin + lane] /= ends[lane]


@backward_routine
def mean_back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to each step."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    n = source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    d_y = carray(at(scratch, target.d_offset), n)
    for t in range(clock.n_steps):
        d_x = carray(at(scratch, source.d_offset + t * source.d_stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                d = d_y[i] / ends[lane] if t < ends[lane] else d_y.dtype.type(0)
                d_x[i] = d_x[i] + d if source.added else d


@forward_routine
def largest(record, tile, weights, scratch, lanes):
    """Find the largest number over the steps of each sequence, and its step."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y, step = carray(at(scratch, target.offset), n), carray(at(scratch, row.steps), n)
    first = carray(x, n)
    for i in range(n):
        y[i], step[i] = first[i], 0
    for t in range(1, clock.n_steps):
        a, now = carray(at(x, t * source.stride), n), y.dtype.type(t)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                # Keeps NaN.
                better = t < ends[lane] and not a[i] <= y[i]
                y[i] = a[i] if better else y[i]
                step[i] = now if better else step[i]


@forward_routine
def last(record, tile, weights, scratch, lanes):
    """Pick the last step of each sequence, or the first one of rows that run backwards."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y, step = carray(at(scratch, target.offset), n), carray(at(scratch, row.steps), n)
    first, n_ahead = carray(x, n), row.n_ahead * LANES
    for t in range(clock.shortest - 1, clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n_ahead, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                y[i] = a[i] if t < ends[lane] else y[i]
    for i in range(n_ahead, n):
        y[i], step[i] = first[i], 0
    for row_begin in range(0, n_ahead, LANES):
        for lane in range(LANES):
            step[row_begin + lane] = ends[lane] - 1


@backward_routine
def chosen_back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to the steps that were chosen."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    n = source.n_rows * LANES
    d_y, step = carray(at(scratch, target.d_offset), n), carray(at(scratch, row.steps), n)
    for t in range(clock.n_steps):
        d_x = carray(at(scratch, source.d_offset + t * source.d_stride), n)
        for i in range(n):
            d = d_y[i] if step[i] == t else d_y.dtype.type(0)
            d_x[i] = d_x[i] + d if source.added else d


POOLS = {"last": (last, chosen_back), "mean": (mean, mean_back), "max": (largest, chosen_back)}


@dataclass(frozen=True)
class Pool(Node):
    """A reduction of a signal to one step."""

    source: Signal
    kind: str  # a name in POOLS
    #: For "last": rows that run forwards, all by default. The others run backwards, so their last
    #: step is the first one of the sequence.
    n_ahead: int | None = None

    @property
    def sources(self) -> tuple[Signal, ...]:
        return (self.source,)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        row = np.zeros(1, POOL)
        row["source"] = layout.address(self.source, self)
        row["target"] = layout.address(self.target)
        row["steps"] = layout.scratch.take(self.source.n_rows)
        row["n_ahead"] = self.source.n_rows if self.n_ahead is None else self.n_ahead
        return *POOLS[self.kind], row
