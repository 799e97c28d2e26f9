"""The node that adds signals, such as the input and the output of a residual layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.engine.graph import Node, backward_routine, forward_routine
from metarnn.engine.jit import Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, integers_at, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import copy_or_add
from metarnn.engine.signals import Signal

SUM = record("target sources n_sources")
sum_at = records(SUM)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Add up the sources at each step."""
    row, data = sum_at(record, 0), tile_at(tile, 0)
    target, sources = signal_at(row.target, 0), integers_at(row.sources)
    for t in range(clock_at(data.clocks, target.clock).n_steps):
        there = at(scratch, target.offset + t * target.stride)
        for i in range(row.n_sources):
            source = signal_at(sources[i], 0)
            x = at(values(source, data, scratch), t * source.stride)
            copy_or_add(x, target.n_rows, there, i > 0)


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Pass the derivative to each source."""
    row, data = sum_at(record, 0), tile_at(tile, 0)
    target, sources = signal_at(row.target, 0), integers_at(row.sources)
    for t in range(clock_at(data.clocks, target.clock).n_steps):
        d = at(scratch, target.d_offset + t * target.d_stride)
        for i in range(row.n_sources):
            source = signal_at(sources[i], 0)
            if source.d_offset >= 0:
                d_x = at(scratch, source.d_offset + t * source.d_stride)
                copy_or_add(d, target.n_rows, d_x, source.added)


@dataclass(frozen=True)
class Sum(Node):
    """The sum of signals with equal numbers of rows."""

    signals: tuple[Signal, ...]

    @property
    def sources(self) -> tuple[Signal, ...]:
        return self.signals

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        row = np.zeros(1, SUM)
        row["target"], row["n_sources"] = layout.address(self.target), len(self.signals)
        addresses = [layout.address(signal, self) for signal in self.signals]
        row["sources"] = layout.kept(np.array(addresses, np.int64))
        return forward, back, row
