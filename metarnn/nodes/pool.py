"""The node that pools: the steps of each sequence, up to its own end, become one step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray

from metarnn.engine.affine import affine, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.graph import Node, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Reals, Routine, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import copy
from metarnn.engine.signals import Signal
from metarnn.engine.vectors import Vector, where
from metarnn.engine.weight_block import WeightBlock

POOL = record(
    "source target",  # addresses of signals
    "kept",  # offset of what the derivative needs: the step of each number, or its mean
    "thresholds",  # offset of the packed weights
    "n_ahead",  # rows that run forwards; the others follow
)
pool_at = records(POOL)

# What a step adds, in vectors: for the steps that all lanes have. What follows, to the longest of
# the sequences, is computed lane by lane.


def plus(y: Vector, a: Vector) -> Vector:
    """Y + a."""
    return y + a


def plus_square(y: Vector, a: Vector, center: Vector) -> Vector:
    """Y + (a - center)^2."""
    off = a - center
    return y + off * off


def plus_one_above(y: Vector, a: Vector, threshold: Vector) -> Vector:
    """Y + 1 where a is above the threshold, y elsewhere."""
    return y + where(a > threshold, y.splat(1.0), y.splat(0.0))


def larger(y: Vector, a: Vector) -> Vector:
    """The larger one; a where it is NaN."""
    return where(y > a, y, where(a.equals(y), y, a))


def smaller(y: Vector, a: Vector) -> Vector:
    """The smaller one; a where it is NaN."""
    return where(y < a, y, where(a.equals(y), y, a))


add_step, add_square = elementwise(plus), elementwise(plus_square)
add_above = elementwise(plus_one_above)
keep_larger, keep_smaller = elementwise(larger), elementwise(smaller)


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
    for t in range(clock.shortest):
        there = at(scratch, target.offset)
        add_step(there, at(x, t * source.stride), there, source.n_rows)
    for t in range(clock.shortest, clock.n_steps):
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
    there, middle = at(scratch, target.offset), at(scratch, row.kept)
    y, center = carray(there, n), carray(middle, n)
    for i in range(n):
        y[i], center[i] = 0, 0
    # The mean comes first: the mean of the squares less its square would lose small deviations.
    for t in range(clock.shortest):
        add_step(middle, at(x, t * source.stride), middle, source.n_rows)
    for t in range(clock.shortest, clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                center[i] += a[i] if t < ends[lane] else y.dtype.type(0)
    for row_begin in range(0, n, LANES):
        for lane in range(LANES):
            center[row_begin + lane] /= ends[lane]
    for t in range(clock.shortest):
        add_square(there, at(x, t * source.stride), middle, there, source.n_rows)
    for t in range(clock.shortest, clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                off = a[i] - center[i]
                y[i] += off * off if t < ends[lane] else y.dtype.type(0)
    for row_begin in range(0, n, LANES):
        for lane in range(LANES):
            y[row_begin + lane] = np.sqrt(y[row_begin + lane] / ends[lane])


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
    there, limits = at(scratch, target.offset), at(scratch, row.kept)
    affine(at(weights, row.thresholds), x, 0, x, 0, 0, limits, source.n_rows, lanes)
    y, threshold = carray(there, n), carray(limits, n)
    zero, one = y.dtype.type(0), y.dtype.type(1)
    for i in range(n):
        y[i] = 0
    for t in range(clock.shortest):
        add_above(there, at(x, t * source.stride), limits, there, source.n_rows)
    for t in range(clock.shortest, clock.n_steps):
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


@subroutine
def _extreme_alone(record: int, tile: int, scratch: Reals, sign: int) -> None:
    """Find the largest of sign * x over the steps of each sequence."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, n = values(source, data, scratch), source.n_rows * LANES
    ends, there = carray(pointer_to(clock.lengths, scratch), LANES), at(scratch, target.offset)
    copy(x, source.n_rows, there)
    for t in range(1, clock.shortest):
        if sign > 0:
            keep_larger(there, at(x, t * source.stride), there, source.n_rows)
        else:
            keep_smaller(there, at(x, t * source.stride), there, source.n_rows)
    y = carray(there, n)
    for t in range(max(1, clock.shortest), clock.n_steps):
        a = carray(at(x, t * source.stride), n)
        for row_begin in range(0, n, LANES):
            for lane in range(LANES):
                i = row_begin + lane
                better = t < ends[lane] and not sign * a[i] <= sign * y[i]
                y[i] = a[i] if better else y[i]


@forward_routine
def largest_alone(record, tile, weights, scratch, lanes):
    """Find the largest number over the steps of each sequence."""
    _extreme_alone(record, tile, scratch, 1)


@forward_routine
def smallest_alone(record, tile, weights, scratch, lanes):
    """Find the smallest number over the steps of each sequence."""
    _extreme_alone(record, tile, scratch, -1)


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

#: Forward routines that keep nothing for a derivative, where they differ.
WITHOUT_DERIVATIVES = {"max": largest_alone, "min": smallest_alone}


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
        forward, back = POOLS[self.kind]
        if not layout.derivatives:
            forward = WITHOUT_DERIVATIVES.get(self.kind, forward)
        return forward, back, row
