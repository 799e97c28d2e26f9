"""The node that folds steps: the rows of several steps, stacked, become one step."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.engine.graph import Node, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import clear, clear_ended, copy, copy_or_add
from metarnn.engine.signals import Signal

FOLD = record("source target width")  # addresses of signals; steps that become one
fold_at = records(FOLD)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Stack the steps of each window; zeros where a sequence has none."""
    row, data = fold_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock, x, n = clock_at(data.clocks, source.clock), values(source, data, scratch), source.n_rows
    lengths = pointer_to(clock.lengths, scratch)
    for t in range(clock_at(data.clocks, target.clock).n_steps):
        for k in range(row.width):
            step = t * row.width + k
            there = at(scratch, target.offset + t * target.stride + k * n * LANES)
            if step >= clock.n_steps:
                clear(there, n)
                continue
            copy(at(x, step * source.stride), n, there)
            if step >= clock.shortest:
                clear_ended(lengths, step, n, there)


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to each step; 0 after the end of a sequence."""
    row, data = fold_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock, n = clock_at(data.clocks, source.clock), source.n_rows
    lengths = pointer_to(clock.lengths, scratch)
    if source.d_offset < 0:
        return
    for step in range(clock.n_steps):
        t, k = step // row.width, step % row.width
        d = at(scratch, target.d_offset + t * target.d_stride + k * n * LANES)
        if step >= clock.shortest:
            clear_ended(lengths, step, n, d)
        copy_or_add(d, n, at(scratch, source.d_offset + step * source.d_stride), source.added)


@dataclass(frozen=True)
class Fold(Node):
    """Windows of a signal: every `width` steps become one, the oldest first."""

    source: Signal
    width: int

    @property
    def sources(self) -> tuple[Signal, ...]:
        return (self.source,)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        row = np.zeros(1, FOLD)
        row["source"] = layout.address(self.source, self)
        row["target"] = layout.address(self.target)
        row["width"] = self.width
        return forward, back, row
