"""The node that pools: the steps of each sequence, up to its own end, become one step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray

from metarnn.engine.affine import affine, affine_order
from metarnn.engine.graph import Node, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Routine, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import clear, copy
from metarnn.engine.signals import Signal
from metarnn.engine.weight_block import WeightBlock

from .pool_steps import (
    add_above,
    add_risen,
    add_squares,
    add_steps,
    find_largest,
    find_largest_when,
    find_last,
    find_smallest,
    find_smallest_when,
    spread_chosen,
    spread_deviation,
    spread_mean,
    spread_nothing,
)

POOL = record(
    "source target",  # addresses of signals
    "kept",  # offset of what a derivative needs: the step of each number, or its mean
    "before",  # offset of what a step leaves for the next one
    "thresholds",  # offset of the packed weights
    "n_ahead",  # rows that run forwards; the others follow
)
pool_at = records(POOL)


@subroutine
def _steps(record, tile, scratch):
    """Return the arguments that all folds have: steps, those that all lanes have, and rows."""
    row, data = pool_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    x, ends = values(source, data, scratch), pointer_to(clock.lengths, scratch)
    y = at(scratch, target.offset)
    return x, source.stride, clock.shortest, clock.n_steps, ends, source.n_rows, y


@subroutine
def _derivatives(record, tile, scratch):
    """Return the arguments that all spreads have."""
    row = pool_at(record, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    x, stride, _, n_steps, ends, n_rows, _ = _steps(record, tile, scratch)
    d_x, d_y = at(scratch, source.d_offset), at(scratch, target.d_offset)
    added = 1 if source.added else 0
    return x, stride, d_x, source.d_stride, n_steps, added, ends, n_rows, d_y


@subroutine
def _divide(rows, ends, n_rows):
    """Divide sums by the numbers of steps."""
    y, n = carray(rows, n_rows * LANES), carray(ends, LANES)
    for row_begin in range(0, n_rows * LANES, LANES):
        for lane in range(LANES):
            y[row_begin + lane] /= n[lane]


@subroutine
def _mean(x, stride, shared, n_steps, ends, n_rows, y):
    """Compute the mean of the steps of each sequence."""
    clear(y, n_rows)
    add_steps(x, stride, 0, shared, n_steps, ends, n_rows, y)
    _divide(y, ends, n_rows)


@forward_routine
def mean(record, tile, weights, scratch, lanes):
    """Compute the mean of the steps of each sequence."""
    x, stride, shared, n_steps, ends, n_rows, y = _steps(record, tile, scratch)
    _mean(x, stride, shared, n_steps, ends, n_rows, y)


@backward_routine
def mean_back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to each step."""
    x, s, d_x, d_s, n, added, ends, n_rows, d_y = _derivatives(record, tile, scratch)
    spread_mean(x, s, d_x, d_s, n, added, ends, n_rows, d_y)


@forward_routine
def deviation(record, tile, weights, scratch, lanes):
    """Compute the standard deviation of the steps of each sequence."""
    x, stride, shared, n_steps, ends, n_rows, y = _steps(record, tile, scratch)
    center = at(scratch, pool_at(record, 0).kept)
    # The mean comes first: the mean of the squares less its square would lose small deviations.
    _mean(x, stride, shared, n_steps, ends, n_rows, center)
    clear(y, n_rows)
    add_squares(x, stride, 0, shared, n_steps, ends, n_rows, y, center)
    _divide(y, ends, n_rows)
    numbers = carray(y, n_rows * LANES)
    for i in range(n_rows * LANES):
        numbers[i] = np.sqrt(numbers[i])


@backward_routine
def deviation_back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to each step; 0 where the steps are all alike."""
    row = pool_at(record, 0)
    x, s, d_x, d_s, n, added, ends, n_rows, d_y = _derivatives(record, tile, scratch)
    y, center = at(scratch, signal_at(row.target, 0).offset), at(scratch, row.kept)
    spread_deviation(x, s, d_x, d_s, n, added, ends, n_rows, d_y, y, center)


@subroutine
def _thresholds(record, weights, scratch, x, n_rows, lanes):
    """Return the pointer to the threshold of each row and lane."""
    row = pool_at(record, 0)
    limits = at(scratch, row.kept)
    affine(at(weights, row.thresholds), x, 0, x, 0, 0, limits, n_rows, lanes)
    return limits


@forward_routine
def above(record, tile, weights, scratch, lanes):
    """Compute the fraction of the steps in which each row is above its threshold."""
    x, stride, shared, n_steps, ends, n_rows, y = _steps(record, tile, scratch)
    limits = _thresholds(record, weights, scratch, x, n_rows, lanes)
    clear(y, n_rows)
    add_above(x, stride, 0, shared, n_steps, ends, n_rows, y, limits)
    # NaN in any step is NaN in the last one: it stays in the state.
    _divide(y, ends, n_rows)


@forward_routine
def rises(record, tile, weights, scratch, lanes):
    """Compute the fraction of the steps in which each row comes above its threshold."""
    x, stride, shared, n_steps, ends, n_rows, y = _steps(record, tile, scratch)
    limits = _thresholds(record, weights, scratch, x, n_rows, lanes)
    high = at(scratch, pool_at(record, 0).before)
    clear(y, n_rows)
    clear(high, n_rows)
    add_risen(x, stride, 0, shared, n_steps, ends, n_rows, y, high, limits)
    _divide(y, ends, n_rows)


@backward_routine
def no_back(record, tile, weights, scratch, sums, lanes):
    """Pass no derivative: a fraction of steps is constant but where it jumps."""
    x, s, d_x, d_s, n, added, ends, n_rows, d_y = _derivatives(record, tile, scratch)
    spread_nothing(x, s, d_x, d_s, n, added, ends, n_rows, d_y)


@subroutine
def _search(record, tile, scratch, find):
    """Find a number over the steps of each sequence."""
    x, stride, shared, n_steps, ends, n_rows, y = _steps(record, tile, scratch)
    copy(x, n_rows, y)
    find(x, stride, 1, shared, n_steps, ends, n_rows, y)


@subroutine
def _search_when(record, tile, scratch, find):
    """Find a number over the steps of each sequence, and its step."""
    x, stride, shared, n_steps, ends, n_rows, y = _steps(record, tile, scratch)
    step = at(scratch, pool_at(record, 0).kept)
    copy(x, n_rows, y)
    clear(step, n_rows)
    find(x, stride, 1, shared, n_steps, ends, n_rows, y, step)


@forward_routine
def largest_when(record, tile, weights, scratch, lanes):
    """Find the largest number over the steps of each sequence, and its step."""
    _search_when(record, tile, scratch, find_largest_when)


@forward_routine
def smallest_when(record, tile, weights, scratch, lanes):
    """Find the smallest number over the steps of each sequence, and its step."""
    _search_when(record, tile, scratch, find_smallest_when)


@forward_routine
def largest(record, tile, weights, scratch, lanes):
    """Find the largest number over the steps of each sequence."""
    _search(record, tile, scratch, find_largest)


@forward_routine
def smallest(record, tile, weights, scratch, lanes):
    """Find the smallest number over the steps of each sequence."""
    _search(record, tile, scratch, find_smallest)


@forward_routine
def last(record, tile, weights, scratch, lanes):
    """Pick the last step of each sequence, or the first one of rows that run backwards."""
    row = pool_at(record, 0)
    x, stride, shared, n_steps, ends, n_rows, there = _steps(record, tile, scratch)
    find_last(x, stride, shared - 1, shared, n_steps, ends, row.n_ahead, there)
    n, n_ahead = n_rows * LANES, row.n_ahead * LANES
    first, y, n_own = carray(x, n), carray(there, n), carray(ends, LANES)
    step = carray(at(scratch, row.kept), n)
    for i in range(n_ahead, n):
        y[i], step[i] = first[i], 0
    for row_begin in range(0, n_ahead, LANES):
        for lane in range(LANES):
            step[row_begin + lane] = n_own[lane] - 1


@backward_routine
def chosen_back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to the steps that were chosen."""
    step = at(scratch, pool_at(record, 0).kept)
    x, s, d_x, d_s, n, added, ends, n_rows, d_y = _derivatives(record, tile, scratch)
    spread_chosen(x, s, d_x, d_s, n, added, ends, n_rows, d_y, step)


#: Every pool by its name: a forward and a backward routine.
POOLS = {
    "last": (last, chosen_back),
    "mean": (mean, mean_back),
    "max": (largest_when, chosen_back),
    "min": (smallest_when, chosen_back),
    "std": (deviation, deviation_back),
    "above": (above, no_back),
    "rises": (rises, no_back),
}

#: Forward routines that keep nothing for a derivative, where they differ.
WITHOUT_DERIVATIVES = {"max": largest, "min": smallest}

#: Pools with a threshold of their own for each row.
WITH_THRESHOLDS = "above", "rises"


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
        return (threshold,) if self.kind in WITH_THRESHOLDS else ()

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        row = np.zeros(1, POOL)
        row["source"] = layout.address(self.source, self)
        row["target"] = layout.address(self.target)
        for name in ("kept", "before"):
            row[name] = layout.scratch.take(self.source.n_rows)
        if self.blocks:
            own = self.positions["threshold"]
            row["thresholds"] = layout.ordered(affine_order(own, own[:, None][:, :0]))
        row["n_ahead"] = self.source.n_rows if self.n_ahead is None else self.n_ahead
        forward, back = POOLS[self.kind]
        if not layout.derivatives:
            forward = WITHOUT_DERIVATIVES.get(self.kind, forward)
        return forward, back, row
