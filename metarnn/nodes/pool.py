"""The node that pools: the steps of each sequence, up to its own end, become one step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray

from metarnn.engine.affine import affine, affine_order
from metarnn.engine.graph import Node, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Reals, Routine, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.signals import Signal
from metarnn.engine.weight_block import WeightBlock

POOL = record(
    "source target",  # addresses of signals
    "kept",  # offset of what the derivative needs: the step of each number, or its mean
    "thresholds",  # offset of the packed weights
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
def deviation(record, tile, weights, scratch, lanes):
    """Compute the standard deviation of the steps of each sequence."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y, center = carray(at(scratch, target.offset), n), carray(at(scratch, row.kept), n)
    for i in range(n):
        y[i], center[i] = 0, 0
    # The mean comes first: the mean of the squares less its square would lose small deviations.
    for t in range(clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                center[i] += a[i] / ends[lane] if t < ends[lane] else y.dtype.type(0)
    for t in range(clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                off = a[i] - center[i]
                y[i] += off * off / ends[lane] if t < ends[lane] else y.dtype.type(0)
    for i in range(n):
        y[i] = np.sqrt(y[i])


@backward_routine
def deviation_back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to each step; 0 where the steps are all alike."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y, center = carray(at(scratch, target.offset), n), carray(at(scratch, row.kept), n)
    d_y = carray(at(scratch, target.d_offset), n)
    for t in range(clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        d_x = carray(at(scratch, source.d_offset + t * source.d_stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                counts = t < ends[lane] and y[i] > 0
                d = d_y[i] * (a[i] - center[i]) / (y[i] * ends[lane]) if counts else d_y[i] * 0
                d_x[i] = d_x[i] + d if source.added else d


@forward_routine
def above(record, tile, weights, scratch, lanes):
    """Compute the fraction of the steps in which each row is above its threshold."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    there = at(scratch, row.kept)
    affine(at(weights, row.thresholds), x, 0, x, 0, 0, there, source.n_rows, lanes)
    y, threshold = carray(at(scratch, target.offset), n), carray(there, n)
    zero, one = y.dtype.type(0), y.dtype.type(1)
    for i in range(n):
        y[i] = 0
    for t in range(clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                y[i] += one if t < ends[lane] and a[i] > threshold[i] else zero
    for row_begin in range(0, n, LANES):
        for lane in range(LANES):
            # NaN in any step is NaN in the last one: it stays in the state.
            y[row_begin + lane] /= ends[lane]


@backward_routine
def above_back(record, tile, weights, scratch, sums, lanes):
    """Pass no derivative: a fraction of steps is constant but where it jumps."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source = signal_at(row.source, 0)
    n = source.n_rows * LANES
    if not source.added:
        for t in range(clock_at(data.clocks, source.clock).n_steps):
            d_x = carray(at(scratch, source.d_offset + t * source.d_stride), n)
            for i in range(n):
                d_x[i] = 0


@subroutine
def _extreme(record: int, tile: int, scratch: Reals, sign: int) -> None:
    """Find the largest of sign * x over the steps of each sequence, and its step."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y, step = carray(at(scratch, target.offset), n), carray(at(scratch, row.kept), n)
    first = carray(x, n)
    for i in range(n):
        y[i], step[i] = first[i], 0
    for t in range(1, clock.n_steps):
        a, now = carray(at(x, t * source.stride), n), y.dtype.type(t)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                # Keeps NaN.
                better = t < ends[lane] and not sign * a[i] <= sign * y[i]
                y[i] = a[i] if better else y[i]
                step[i] = now if better else step[i]


@forward_routine
def largest(record, tile, weights, scratch, lanes):
    """Find the largest number over the steps of each sequence, and its step."""
    _extreme(record, tile, scratch, 1)


@forward_routine
def smallest(record, tile, weights, scratch, lanes):
    """Find the smallest number over the steps of each sequence, and its step."""
    _extreme(record, tile, scratch, -1)


@forward_routine
def last(record, tile, weights, scratch, lanes):
    """Pick the last step of each sequence, or the first one of rows that run backwards."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    y, step = carray(at(scratch, target.offset), n), carray(at(scratch, row.kept), n)
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
    d_y, step = carray(at(scratch, target.d_offset), n), carray(at(scratch, row.kept), n)
    for t in range(clock.n_steps):
        d_x = carray(at(scratch, source.d_offset + t * source.d_stride), n)
        for i in range(n):
            d = d_y[i] if step[i] == t else d_y.dtype.type(0)
            d_x[i] = d_x[i] + d if source.added else d


#: Every pool by its name: a forward and a backward routine.
POOLS = {
    "last": (last, chosen_back),
    "mean": (mean, mean_back),
    "max": (largest, chosen_back),
    "min": (smallest, chosen_back),
    "std": (deviation, deviation_back),
    "above": (above, above_back),
}


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

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        # States are about as large as 1; thresholds beyond that would tell nothing.
        threshold = WeightBlock("threshold", (self.source.n_rows,), 0.5)
        return (threshold,) if self.kind == "above" else ()

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        row = np.zeros(1, POOL)
        row["source"] = layout.address(self.source, self)
        row["target"] = layout.address(self.target)
        row["kept"] = layout.scratch.take(self.source.n_rows)
        if self.blocks:
            own = self.positions["threshold"]
            row["thresholds"] = layout.ordered(affine_order(own, own[:, None][:, :0]))
        row["n_ahead"] = self.source.n_rows if self.n_ahead is None else self.n_ahead
        return *POOLS[self.kind], row
