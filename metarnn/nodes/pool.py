"""Pooling: one row of numbers for all steps of a sequence, by its own length."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray

from metarnn.engine.graph import Node, Signal
from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import (
    backward_routine,
    clock_at,
    forward_routine,
    record,
    signal_at,
    tile_at,
    values,
)

POOL = record(
    "source",  # addresses of signals
    "target",
    "steps",  # offset of the step that each number is from
    "n_ahead",  # rows whose last step is a sequence's last one; that of the others is its first
)
pool_at = records(POOL)


@forward_routine
def mean(record, tile, weights, scratch, lanes):
    """Compute the mean of the steps that each sequence has."""
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
    """Hand the derivative on to each step."""
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
                share = d_y[i] / ends[lane] if t < ends[lane] else d_y.dtype.type(0)
                d_x[i] = d_x[i] + share if source.added else share


@forward_routine
def largest(record, tile, weights, scratch, lanes):
    """Find the largest number of the steps that each sequence has, and the step it is from."""
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
                # Written so that NaN is kept.
                better = t < ends[lane] and not a[i] <= y[i]
                y[i] = a[i] if better else y[i]
                step[i] = now if better else step[i]


@forward_routine
def last(record, tile, weights, scratch, lanes):
    """Pick the last step that each sequence has, or the first one of what runs backwards."""
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
    """Hand the derivative on to the steps that were chosen."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    n = source.n_rows * LANES
    d_y, step = carray(at(scratch, target.d_offset), n), carray(at(scratch, row.steps), n)
    for t in range(clock.n_steps):
        d_x = carray(at(scratch, source.d_offset + t * source.d_stride), n)
        for i in range(n):
            share = d_y[i] if step[i] == t else d_y.dtype.type(0)
            d_x[i] = d_x[i] + share if source.added else share


POOLS = {
    "last": (last, chosen_back),
    "mean": (mean, mean_back),
    "max": (largest, chosen_back),
}


@dataclass(frozen=True)
class Pool(Node):
    """One of POOLS, applied to a signal.

    Parameters
    ----------
    target, first, suffix
        See :class:`Node`.
    source : Signal
        What is pooled.
    kind : {"last", "mean", "max"}
        How.
    n_ahead : int, optional
        Rows whose last step is a sequence's last one; all, if not given. That of the others,
        which run backwards, is its first.
    """

    source: Signal
    kind: str
    n_ahead: int | None = None

    @property
    def sources(self) -> tuple[Signal, ...]:
        """See :class:`Node`."""
        return (self.source,)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """See :class:`Node`."""
        row = np.zeros(1, POOL)
        row["source"] = layout.address(self.source, self)
        row["target"] = layout.address(self.target)
        row["steps"] = layout.scratch.take(self.source.n_rows)
        row["n_ahead"] = self.source.n_rows if self.n_ahead is None else self.n_ahead
        return *POOLS[self.kind], row
