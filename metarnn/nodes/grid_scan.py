"""A scan of images: one cell applied place by place, from one of the corners.

A. Graves, S. Fernandez, J. Schmidhuber: Multi-dimensional recurrent neural networks. ICANN 2007,
algorithms 1 and 2 for two dimensions. At each place the cell knows what it left one column and
one row before, in the order in which it scans; beyond the border that is 0.

Steps are the places row by row, whatever the corner. From the left or the top they are
counted upwards, otherwise downwards: so the places before are a matter of two strides.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.cells.cell import AFTER, BEFORE, INPUTS, KEPT_BEFORE, Cell
from metarnn.engine.block_routines import affine_added_rows, affine_rows, outer_rows
from metarnn.engine.graph import Node, Signal, Steps, Work
from metarnn.engine.jit import LANES, Routine, call, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, records
from metarnn.engine.program import (
    backward_routine,
    clock_at,
    forward_routine,
    record,
    signal_at,
    tile_at,
    values,
)
from metarnn.engine.row_kernels import add, clear, copy

from .scan import LINK, link_at

#: Offsets are counted in numbers of the scratch memory, or in weights of the packed ones.
GRID = record(
    "step",  # addresses: of the cell's step,
    "back",  # of its derivative,
    "affine",  # and of the two blocks
    "outer",
    "n_state",  # rows of the state,
    "n_carried",  # of what is passed on beside it,
    "n_input_delta",  # and of derivatives by what the inputs add to
    "size",
    "source",  # addresses of signals: what is read,
    "target",  # what is written at each place, or 0: nobody reads it,
    "final",  # and what is written at the end, or 0
    "traced",  # 1: the whole derivative by the state is left where that of the others was
    "columns",
    "from_right",  # 1: columns are scanned from the right,
    "from_bottom",  # and rows from the bottom
    "weights",  # offsets of the packed weights: of the step,
    "back_weights",  # of its derivative by the states before,
    "input_weights",  # and of that by the inputs
    "states",  # offset of the states of all places
    "state_stride",
    "kept",  # offset of what the cell keeps at each place
    "kept_stride",
    "before",  # offset of what was before each place: both states, and what was carried
    "before_stride",  # 0: one place for all of them
    "pending",  # offset of derivatives by the states of one row of places
    "d",  # offset of those by the state of one place, and by what was before it
    "deltas",  # offset of the derivatives by the cell's sums, of one row of places
    "delta_stride",
    "links",  # address
    "n_links",
)
grid_at = records(GRID)


@subroutine
def _place(grid, n_rows, r, c):
    """Return which step is scanned as row r and column c, and the strides of both."""
    C = grid.columns
    row = n_rows - 1 - r if grid.from_bottom else r
    column = C - 1 - c if grid.from_right else c
    return row * C + column, -C if grid.from_bottom else C, -1 if grid.from_right else 1


@subroutine
def _gather_before(grid, states, kept, t, row_stride, column_stride, r, c, before):
    """Copy the two states before place t, then what was carried: from the left, and from above."""
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
    # By the state at each column of this row, as far as what came after it is known.
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
    """Turn the derivative by the state of a place into that by what was before it."""
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
    """Add what a row of places contributes to the derivatives by the weights."""
    data, source = tile_at(tile, 0), signal_at(grid.source, 0)
    first = (n_rows - 1 - r if grid.from_bottom else r) * grid.columns
    for i in range(grid.n_links):
        link = link_at(grid.links, i)
        if link.source == INPUTS:
            there, stride = values(source, data, scratch), source.stride
        elif link.source == AFTER:
            there, stride = at(scratch, grid.states), grid.state_stride
        elif link.source == BEFORE:
            there, stride = at(scratch, grid.before), grid.before_stride
        elif link.source == KEPT_BEFORE:
            there = at(scratch, grid.before + 2 * grid.n_state * LANES)
            stride = grid.before_stride
        else:
            there, stride = at(scratch, grid.kept), grid.kept_stride
        call(
            grid.outer,
            (
                at(scratch, grid.deltas + link.delta * LANES), grid.delta_stride, link.n_rows,
                at(there, first * stride + link.row * LANES), stride, link.n_columns,
                grid.columns, at(sums, link.weights), at(sums, link.biases),
                int(link.biases >= 0), lanes,
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class GridScan(Node):
    """A cell of two dimensions, applied place by place.

    Parameters
    ----------
    target : Signal
        Its state at each place.
    first, suffix
        Of its weights.
    cell : Cell
        What is applied.
    source : Signal
        What it reads: the places of images row by row.
    final : Signal
        Its state at the last place, of one step.
    corner : int
        Where it begins: 0 top left, 1 top right, 2 bottom left, 3 bottom right.
    """

    cell: Cell
    source: Signal
    final: Signal
    corner: int

    @property
    def sources(self) -> tuple[Signal, ...]:
        """See :class:`Node`."""
        return (self.source,)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """See :class:`Node`."""
        return self.cell.shapes

    @property
    def scales(self) -> dict[str, float]:
        """See :class:`Node`."""
        return self.cell.scales

    @property
    def means(self) -> dict[str, Any]:
        """See :class:`Node`."""
        return self.cell.means

    def work(self, steps: Steps) -> Work:
        """See :class:`Node`."""
        return self.cell.work(steps.of(self.source.clock))

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """See :class:`Node`.

        Raises
        ------
        ValueError
            Data that are not images.
        """
        cell, room, T, C = self.cell, layout.scratch, layout.steps.inputs, layout.steps.columns
        if not C:
            raise ValueError("A grid reads images, with axes (images, rows, columns, inputs).")
        orders, n_all = cell.orders(self.positions), cell.n_state + cell.n_carried
        row = np.zeros(1, GRID)
        row["step"], row["columns"] = cell.step.address(layout.kind), C
        row["traced"] = layout.traced
        row["from_right"], row["from_bottom"] = self.corner % 2, self.corner // 2
        for name in ("n_state", "n_carried", "n_input_delta", "size"):
            row[name] = getattr(cell, name)
        source = layout.signal(self.source, self)
        row["source"], row["weights"] = layout.kept(source), layout.ordered(orders.step)
        if layout.is_read(self.final):
            row["final"] = layout.address(self.final)
        if layout.is_read(self.target):
            target = layout.signal(self.target)
            row["target"] = layout.kept(target)
            row["states"], row["state_stride"] = target["offset"], target["stride"]
        else:
            row["states"], row["state_stride"] = room.take_steps(T, cell.n_state)
        row["kept"], row["kept_stride"] = room.take_steps(T, cell.n_kept)
        if not layout.derivatives:
            row["before"] = room.take(2 * n_all)
            return forward, back, row
        row["before"], row["before_stride"] = room.take_steps(T, 2 * n_all)
        row["pending"], row["d"] = room.take(C * n_all), room.take(2 * n_all)
        row["deltas"], row["delta_stride"] = room.take_steps(C, cell.n_delta)
        row["back"] = cell.back.address(layout.kind)
        row["outer"] = outer_rows.address(layout.kind)
        row["back_weights"] = layout.ordered(orders.state)
        if source["d_offset"] >= 0:
            block = affine_added_rows if source["added"] else affine_rows
            row["affine"] = block.address(layout.kind)
            row["input_weights"] = layout.ordered(orders.inputs)
        links = np.array([link.record for link in cell.links(self.positions)], LINK)
        row["links"], row["n_links"] = layout.kept(links), len(links)
        return forward, back, row
