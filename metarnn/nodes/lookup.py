"""The node that looks tokens up in a table of weights.

A lookup is the product of a matrix with a vector that is 1 in one place and 0 elsewhere, but only
the rows that are read cost anything, forwards and backwards. The vector of the unknown token, -1,
is 0 everywhere, as is the result. Rows are gathered lane by lane, and
their derivatives are added to the gradient at the same places.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray

from metarnn.engine.graph import Node, Work, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records, scalar_pointer
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.signals import Signal, Steps
from metarnn.engine.weight_block import WeightBlock

from .vectors import Vectors

LOOKUP = record(
    "source target",  # addresses of signals
    "weights own_weights",  # offset of the packed table; whether each lane has one of its own
    "sums own_sums",  # likewise, of the gradient
)
lookup_at = records(LOOKUP)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Copy the row of each lane's token."""
    row, data = lookup_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    tokens, table = values(source, data, scratch), scalar_pointer(at(weights, row.weights))
    n, own = target.n_rows, row.own_weights
    stride = LANES if own else 1
    for t in range(clock_at(data.clocks, source.clock).n_steps):
        token = carray(at(tokens, t * source.stride), LANES)
        y = carray(at(scratch, target.offset + t * target.stride), n * LANES)
        for lane in range(max(lanes, LANES // 2)):  # a single lane is followed by copies of it
            if token[lane] < 0:  # unknown
                for i in range(n):
                    y[i * LANES + lane] = 0
                continue
            there = at(table, int(token[lane]) * n * stride + own * lane)
            for i in range(n):
                y[i * LANES + lane] = there[i * stride]


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Add the derivative of each lane to its token's row, up to the end of its sequence."""
    row, data = lookup_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock = clock_at(data.clocks, source.clock)
    tokens, table = values(source, data, scratch), scalar_pointer(at(sums, row.sums))
    ends = carray(pointer_to(clock.lengths, scratch), LANES)
    n, own = target.n_rows, row.own_sums
    stride = LANES if own else 1
    for t in range(clock.n_steps):
        token = carray(at(tokens, t * source.stride), LANES)
        d_y = carray(at(scratch, target.d_offset + t * target.d_stride), n * LANES)
        for lane in range(lanes):
            if t < ends[lane] and token[lane] >= 0:
                first = int(token[lane]) * n * stride + own * lane
                there = carray(at(table, first), n * stride)
                for i in range(n):
                    there[i * stride] += d_y[i * LANES + lane]


@dataclass(frozen=True)
class Lookup(Node):
    """Rows of a table, by the tokens of a signal."""

    source: Signal  # tokens, as numbers
    n_tokens: int  # V, rows of the table
    vectors: Vectors | None = None  # its initial values; standard normal numbers by default

    @property
    def sources(self) -> tuple[Signal, ...]:
        return (self.source,)

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        shape = self.n_tokens, self.target.n_rows
        if self.vectors is None:
            return (WeightBlock("embedding", shape, 1.0),)
        return (WeightBlock("embedding", shape, self.vectors.scatter, self.vectors.values),)

    def work(self, steps: Steps) -> Work:
        return Work(0)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        row = np.zeros(1, LOOKUP)
        row["source"] = layout.address(self.source, self)
        row["target"] = layout.address(self.target)
        row["weights"] = layout.ordered(self.positions["embedding"].ravel())
        row["sums"] = self.first
        row["own_weights"], row["own_sums"] = layout.kind.own_weights, layout.kind.own_sums
        return forward, back, row
