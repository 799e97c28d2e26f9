"""A scan of images: one cell applied place by place, from one of the corners.

A. Graves, S. Fernandez, J. Schmidhuber: Multi-dimensional recurrent neural networks. ICANN 2007,
algorithms 1 and 2 for two dimensions. At each place the cell reads what it left one column and
one row before, in the order in which it scans; beyond the border that is 0.

Steps are the places row by row, from any corner. They are counted upwards from the left or the
top, and downwards otherwise, so two strides lead to the places before.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.cells.cell import AFTER, BEFORE, INPUTS, KEPT_BEFORE
from metarnn.engine.graph import backward_routine, forward_routine
from metarnn.engine.jit import LANES, Routine, call, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import add, clear, copy
from metarnn.engine.signals import Signal

from .cell_node import CellNode, add_gradient_term, gradient_term_at

#: Offsets are counted in numbers of the scratch memory, or in weights of the packed ones.
GRID = record(
    "step back affine outer",  # addresses: of the cell's step, its derivative, and two blocks
    "n_state n_carried n_input_delta size",  # numbers of rows; see cells/cell.py
    "source",  # addresses of signals: what is read,
    "target",  # what is written at each place, or 0: not read,
    "final",  # and what is written at the end, or 0
    "traced",  # 1: the total derivative by the state replaces the one by the target
    "columns",
    "from_right from_bottom",  # 1: columns are scanned from the right, rows from the bottom
    "weights back_weights",  # offsets of the packed weights: of the step, its derivative by the
    "input_weights",  # states before, and that by the inputs
    "states state_stride",  # offset of the states of all places
    "kept kept_stride",  # offset of what the cell keeps at each place
    "before",  # offset of both states before each place, then of the carried rows
    "before_stride",  # 0: one place for all of them
    "pending",  # offset of derivatives by the states of one row of places
    "d",  # offset of those by the state of one place, and by what was before it
    "deltas delta_stride",  # offset of derivatives by the cell's sums, of one row of places
    "terms n_terms",  # address of the gradient terms
)
grid_at = records(GRID)


@subroutine
def _place(grid, n_rows, r, c):
    """Return the step that is scanned as row r and column c, and the strides of both."""
    C = grid.columns
    row = n_rows - 1 - r if grid.from_bottom else r
    column = C - 1 - c if grid.from_right else c
    return row * C + column, -C if grid.from_bottom else C, -1 if grid.from_right else 1


@subroutine
def _gather_before(grid, states, kept, t, row_stride, column_stride, r, c, before):
    """Copy the states left of and above place t, then the carried rows of both."""
    n, m = grid.n_state, grid.n_carried
    left, up = t - column_stride, t - row_stride
    both = at(before, 2 * n * LANES)
    if c > 0:
        copy(at(states, left * grid.state_stride), n, before)
        copy(at(kept, left * grid.kept_stride), m, both)
    else:
        clear(before, n)
        clear(both, m)
    if r > 0:
        copy(at(states, up * grid.state_stride), n, at(before, n * LANES))
        copy(at(kept, up * grid.kept_stride), m, at(both, m * LANES))
    else:
        clear(at(before, n * LANES), n)
        clear(at(both, m * LANES), m)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Scan all places."""
    grid, data = grid_at(record, 0), tile_at(tile, 0)
    source = signal_at(grid.source, 0)
    n_rows = clock_at(data.clocks, source.clock).n_steps // grid.columns
    x, w, n = values(source, data, scratch), at(weights, grid.weights), grid.n_state
    states, kept = at(scratch, grid.states), at(scratch, grid.kept)
    t = 0
    for r in range(n_rows):
        for c in range(grid.columns):
            t, row_stride, column_stride = _place(grid, n_rows, r, c)
            before = at(scratch, grid.before + t * grid.before_stride)
            _gather_before(grid, states, kept, t, row_stride, column_stride, r, c, before)
            n_before = 2 * n if r + c > 0 else 0
            call(
                grid.step,
                (
                    w, at(x, t * source.stride), source.n_rows, before, n_before,
                    at(before, 2 * n * LANES), at(states, t * grid.state_stride),
                    at(kept, t * grid.kept_stride), n, grid.size, lanes,
                ),
            )  # fmt: skip
    if grid.final != 0:
        final = signal_at(grid.final, 0)
        copy(at(states, t * grid.state_stride), n, at(scratch, final.offset))


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Scan all places backwards."""
    grid, data = grid_at(record, 0), tile_at(tile, 0)
    source = signal_at(grid.source, 0)
    C, n_rows = grid.columns, clock_at(data.clocks, source.clock).n_steps // grid.columns
    n, n_all = grid.n_state, grid.n_state + grid.n_carried
    # Derivatives by the state at each column of this row, from the places after it so far.
    pending, stride = at(scratch, grid.pending), n_all * LANES
    clear(pending, C * n_all)
    if grid.final != 0:
        final = signal_at(grid.final, 0)
        copy(at(scratch, final.d_offset), n, at(pending, (C - 1) * stride))
    for r in range(n_rows - 1, -1, -1):
        for c in range(C - 1, -1, -1):
            here = at(pending, c * stride)
            _place_back(grid, tile, weights, scratch, n_rows, r, c, here, lanes)
            d, m = at(scratch, grid.d), n_all - n
            # Rows of d: the states to the left and above, then what was carried there.
            copy(at(d, n * LANES), n, here)
            copy(at(d, (2 * n + m) * LANES), m, at(here, n * LANES))
            if c > 0:
                left = at(here, -stride)
                add(d, n, left)
                add(at(d, 2 * n * LANES), m, at(left, n * LANES))
        _gather(grid, tile, scratch, n_rows, r, sums, lanes)


@subroutine
def _place_back(grid, tile, weights, scratch, n_rows, r, c, here, lanes):
    """Replace the derivative by the state of a place by that of the places before it."""
    t, _, _ = _place(grid, n_rows, r, c)
    n, d = grid.n_state, at(scratch, grid.d)
    copy(here, n + grid.n_carried, d)
    if grid.target != 0:
        target = signal_at(grid.target, 0)
        d_target = at(scratch, target.d_offset + t * target.d_stride)
        add(d_target, n, d)
        if grid.traced:
            copy(d, n, d_target)
    before = at(scratch, grid.before + t * grid.before_stride)
    delta = at(scratch, grid.deltas + t % grid.columns * grid.delta_stride)
    n_before = 2 * n if r + c > 0 else 0
    call(
        grid.back,
        (
            at(weights, grid.back_weights), before, n_before, at(before, 2 * n * LANES),
            at(scratch, grid.states + t * grid.state_stride),
            at(scratch, grid.kept + t * grid.kept_stride),
            d, delta, 0, delta, 0, n, grid.size, lanes,
        ),
    )  # fmt: skip
    source = signal_at(grid.source, 0)
    if source.d_offset >= 0:
        d_x = at(scratch, source.d_offset + t * source.d_stride)
        w, m = at(weights, grid.input_weights), grid.n_input_delta
        call(grid.affine, (w, delta, m, delta, 0, m, d_x, source.n_rows, lanes))


@subroutine
def _gather(grid, tile, scratch, n_rows, r, sums, lanes):
    """Add what a row of places contributes to the gradient by the weights."""
    data, source = tile_at(tile, 0), signal_at(grid.source, 0)
    first = (n_rows - 1 - r if grid.from_bottom else r) * grid.columns
    for i in range(grid.n_terms):
        term = gradient_term_at(grid.terms, i)
        if term.source == INPUTS:
            there, stride = values(source, data, scratch), source.stride
        elif term.source == AFTER:
            there, stride = at(scratch, grid.states), grid.state_stride
        elif term.source == BEFORE:
            there, stride = at(scratch, grid.before), grid.before_stride
        elif term.source == KEPT_BEFORE:
            there = at(scratch, grid.before + 2 * grid.n_state * LANES)
            stride = grid.before_stride
        else:
            there, stride = at(scratch, grid.kept), grid.kept_stride
        add_gradient_term(
            term, grid.outer, at(scratch, grid.deltas), grid.delta_stride,
            at(there, first * stride), stride, grid.columns, sums, lanes,
        )  # fmt: skip


@dataclass(frozen=True)
class GridScan(CellNode):
    """A cell of two dimensions, applied place by place; the source has them row by row."""

    final: Signal  # the state at the last place, of one step
    corner: int  # where the scan begins: 0 top left, 1 top right, 2 bottom left, 3 bottom right

    @property
    def targets(self) -> tuple[Signal, ...]:
        return self.target, self.final

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        cell, room, T, C = self.cell, layout.scratch, layout.steps.inputs, layout.steps.columns
        if not C:
            raise ValueError("A grid reads images, with axes (images, rows, columns, inputs).")
        n_all = cell.n_state + cell.n_carried
        row = np.zeros(1, GRID)
        row["columns"] = C
        row["from_right"], row["from_bottom"] = self.corner % 2, self.corner // 2
        if layout.is_read(self.final):
            row["final"] = layout.address(self.final)
        if layout.is_read(self.target):
            target = layout.signal(self.target)
            row["states"], row["state_stride"] = target["offset"], target["stride"]
        else:
            row["states"], row["state_stride"] = room.take_steps(T, cell.n_state)
        row["kept"], row["kept_stride"] = room.take_steps(T, cell.n_kept)
        if layout.derivatives:
            row["before"], row["before_stride"] = room.take_steps(T, 2 * n_all)
            row["pending"], row["d"] = room.take(C * n_all), room.take(2 * n_all)
        else:
            row["before"] = room.take(2 * n_all)
        self.lower_cell(row, layout, C)
        return forward, back, row
