"""A scan: one cell applied step by step, from the first step on or from the last one.

What a scan leaves is a state for each step, and what the cell keeps to itself. Where nobody
reads the states of all steps, a forward pass needs two places for them, of which each step
reads one and writes the other. A gradient keeps all states, or, if the steps are many, those
of one segment of steps and the state before each of these, and computes the segments again,
last one first.

Steps are counted by k, in the order in which they are run. Going backwards in time is a matter
of strides: they are negative then. Sequences of a tile may end at different steps: going
forwards, the state is held from there on; going backwards, it is 0 until there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.cells.cell import AFTER, BEFORE, INPUTS, KEPT_BEFORE, Cell
from metarnn.engine.block_routines import affine_added_rows, affine_rows, outer_rows
from metarnn.engine.graph import Floats, Node, Signal, Steps, Work
from metarnn.engine.jit import LANES, Routine, call, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import (
    PADDING,
    backward_routine,
    clock_at,
    forward_routine,
    record,
    signal_at,
    tile_at,
    values,
)
from metarnn.engine.row_kernels import add, clear, clear_ended, copy, copy_or_add, hold_ended

#: For ever: the segment of a scan that keeps no checkpoints.
ENDLESS = 2**62
#: Derivatives of so many steps are kept before the gradient takes them up.
CHUNK = 32
#: A gradient keeps checkpoints where its states would take more bytes than this: about what a
#: second-level cache holds. Steps are then computed twice, but from near memory.
STATES_BYTES = 2**20

#: Offsets are counted in numbers of the scratch memory, or in weights of the packed ones.
SCAN = record(
    "step",  # addresses: of the cell's step,
    "back",  # of its derivative,
    "affine",  # and of the two blocks
    "outer",
    "n_state",  # rows of the state,
    "n_carried",  # of what is passed on beside it,
    "n_delta",  # of derivatives that the cell computes,
    "n_input_delta",  # and of those by what the inputs add to
    "size",
    "source",  # addresses of signals: what is read,
    "target",  # what is written at each step, or 0: nobody reads it,
    "final",  # what is written at the end, or 0: it is where the last state is,
    "initial",  # and the state before the first step, or 0: zeros
    "reversed",  # 1: from the last step to the first
    "weights",  # offsets of the packed weights: of the step,
    "back_weights",  # of its derivative by the state,
    "input_weights",  # and of that by the inputs
    "states",  # offset of the states, if nobody else reads them
    "state_stride",
    "state_mask",  # of the numbers of places: all bits, or the last one where there are two
    "kept",  # offset of what the cell keeps
    "kept_stride",
    "kept_mask",
    "last_place",  # where the last state goes
    "traced",  # 1: the whole derivative by the state is left where that of the others was
    "needs_zeros",  # 1: the cell reads the state before the first step
    "segment",  # steps between two checkpoints
    "checkpoints",  # offset of the states before each segment
    "d_state",  # offset of the derivative by the state,
    "n_given",  # of which so many rows are there already
    "spare",  # offset of as many rows
    "deltas",  # offset of the derivatives by the cell's sums, of CHUNK steps
    "delta_stride",
    "links",  # address
    "n_links",
)
LINK = record(
    "delta",  # first row of the derivatives
    "n_rows",
    "source",  # see cells/cell.py
    "row",  # first row of the source
    "n_columns",
    "weights",  # offset in a candidate's weights
    "biases",  # offset of what is added to each row, or -1
)
scan_at, link_at = records(SCAN), records(LINK)


@subroutine
def _in_order(scan, first, stride, n_steps):
    """Return the first step to be run and the stride from there to the next, from step 0."""
    if scan.reversed:
        return at(first, (n_steps - 1) * stride), -stride
    return first, stride


@subroutine
def _states(scan, tile, scratch, n_steps):
    """Return the place of the state before the first step to be run, and the stride."""
    if scan.target == 0:
        return at(scratch, scan.states), scan.state_stride
    target = signal_at(scan.target, 0)
    first, stride = _in_order(scan, at(scratch, target.offset), target.stride, n_steps)
    return at(first, -stride), stride


@subroutine
def _ended(scan, clock, k):
    """Return whether any sequence has no step k of those in order, and which step it is."""
    t = clock.n_steps - 1 - k if scan.reversed else k
    return t >= clock.shortest, t


@subroutine
def _first_place(scan, n_steps):
    """Return the place of the state before so many steps that end at the last place."""
    return 0 if scan.target != 0 else scan.last_place - n_steps


@subroutine
def _steps(scan, tile, clock, weights, x, x_stride, begin, end, lanes, states, stride, kept):
    """Run the steps from begin to end."""
    step, w, lengths = scan.step, at(weights, scan.weights), pointer_to(clock.lengths, x)
    n_inputs, n_state, size = signal_at(scan.source, 0).n_rows, scan.n_state, scan.size
    state_mask, kept_mask, kept_stride = scan.state_mask, scan.kept_mask, scan.kept_stride
    first = _first_place(scan, end - begin) - begin
    old = at(states, ((first + begin) & state_mask) * stride)
    old_kept = at(kept, ((first + begin) & kept_mask) * kept_stride)
    n_before = n_state if begin > 0 or scan.initial != 0 else 0
    for k in range(begin, end):
        new = at(states, ((first + k + 1) & state_mask) * stride)
        new_kept = at(kept, ((first + k + 1) & kept_mask) * kept_stride)
        call(
            step,
            (
                w, at(x, k * x_stride), n_inputs, old, n_before, old_kept, new, new_kept,
                n_state, size, lanes,
            ),
        )  # fmt: skip
        some_ended, t = _ended(scan, clock, k)
        if some_ended and scan.reversed:
            clear_ended(lengths, t, n_state, new)
            clear_ended(lengths, t, scan.n_carried, new_kept)
        elif some_ended:
            hold_ended(lengths, t, old, n_state, new)
            hold_ended(lengths, t, old_kept, scan.n_carried, new_kept)
        old, old_kept, n_before = new, new_kept, n_state


@subroutine
def _copy_out(scan, state, kept, target, n_rows):
    """Copy a state, and what is carried with it if so many rows are wanted."""
    copy(state, scan.n_state, target)
    if n_rows > scan.n_state:
        copy(kept, scan.n_carried, at(target, scan.n_state * LANES))


@subroutine
def _copy_in(scan, source, n_rows, state, kept):
    """Copy a state, and what is carried with it, back: so many rows of both."""
    copy(source, min(n_rows, scan.n_state), state)
    if n_rows > scan.n_state:
        copy(at(source, scan.n_state * LANES), scan.n_carried, kept)


@subroutine
def _begin(scan, tile, scratch, state, kept):
    """Put the state before the first step in its place."""
    if scan.needs_zeros:
        clear(state, scan.n_state)
    clear(kept, scan.n_carried)
    if scan.initial != 0:
        initial = signal_at(scan.initial, 0)
        _copy_in(scan, values(initial, tile, scratch), initial.n_rows, state, kept)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Run all steps."""
    scan, data = scan_at(record, 0), tile_at(tile, 0)
    source = signal_at(scan.source, 0)
    clock = clock_at(data.clocks, source.clock)
    n_steps = clock.n_steps
    x, x_stride = _in_order(scan, values(source, data, scratch), source.stride, n_steps)
    states, stride = _states(scan, data, scratch, n_steps)
    kept, checkpoint = at(scratch, scan.kept), at(scratch, scan.checkpoints)
    n_all = scan.n_state + scan.n_carried
    begin = 0
    while True:
        end = min(begin + scan.segment, n_steps)
        first = _first_place(scan, end - begin)
        state = at(states, (first & scan.state_mask) * stride)
        state_kept = at(kept, (first & scan.kept_mask) * scan.kept_stride)
        if begin == 0:
            _begin(scan, data, scratch, state, state_kept)
        else:
            _copy_in(scan, checkpoint, n_all, state, state_kept)
            checkpoint = at(checkpoint, n_all * LANES)
        _steps(scan, data, clock, weights, x, x_stride, begin, end, lanes, states, stride, kept)
        last = first + end - begin
        state = at(states, (last & scan.state_mask) * stride)
        state_kept = at(kept, (last & scan.kept_mask) * scan.kept_stride)
        if end == n_steps:
            break
        _copy_out(scan, state, state_kept, checkpoint, n_all)
        begin = end
    if scan.final != 0:
        final = signal_at(scan.final, 0)
        _copy_out(scan, state, state_kept, at(scratch, final.offset), final.n_rows)


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Run all steps backwards."""
    scan, data = scan_at(record, 0), tile_at(tile, 0)
    source = signal_at(scan.source, 0)
    clock = clock_at(data.clocks, source.clock)
    n_steps = clock.n_steps
    x, x_stride = _in_order(scan, values(source, data, scratch), source.stride, n_steps)
    all_states, stride = _states(scan, data, scratch, n_steps)
    d_state = at(scratch, scan.d_state)
    n_all, n_given = scan.n_state + scan.n_carried, scan.n_given
    if scan.final != 0:
        final = signal_at(scan.final, 0)
        n_given = final.n_rows
        copy(at(scratch, final.d_offset), n_given, d_state)
    clear(at(d_state, n_given * LANES), n_all - n_given)
    end = n_steps
    while end > 0:
        begin = 0 if end <= scan.segment else (end - 1) // scan.segment * scan.segment
        first = _first_place(scan, end - begin)
        states = at(all_states, first * stride)
        kept = at(scratch, scan.kept + first * scan.kept_stride)
        if end < n_steps:  # the places hold the segment after this one
            if begin > 0:
                n = (begin // scan.segment - 1) * n_all * LANES
                _copy_in(scan, at(scratch, scan.checkpoints + n), n_all, states, kept)
            else:
                _begin(scan, data, scratch, states, kept)
            _steps(
                scan, data, clock, weights, x, x_stride, begin, end, lanes, all_states, stride,
                at(scratch, scan.kept),
            )  # fmt: skip
        high = end
        while high > begin:
            low = max(begin, high - CHUNK)
            ready = False
            for k in range(high - 1, low - 1, -1):
                # Where nothing else is added to the derivative by the state.
                wanted = scan.target == 0 and k > low
                wanted = wanted and not (_ended(scan, clock, k)[0] or _ended(scan, clock, k - 1)[0])
                _step_back(
                    scan, data, clock, weights, k, lanes, scratch, at(states, (k - begin) * stride),
                    stride, at(kept, (k - begin) * scan.kept_stride),
                    at(scratch, scan.deltas + (k - low) * scan.delta_stride), ready, wanted,
                )  # fmt: skip
                ready = wanted
            _gather(scan, x, x_stride, begin, low, high, scratch, states, stride, kept, sums, lanes)
            high = low
        end = begin
    if scan.initial != 0:
        initial = signal_at(scan.initial, 0)
        if initial.d_offset >= 0:
            copy_or_add(d_state, initial.n_rows, at(scratch, initial.d_offset), initial.added)


@subroutine
def _step_back(
    scan, tile, clock, weights, k, lanes, scratch, before, stride, kept_before, delta, ready, wanted
):
    """Turn the derivative by the state after step k into that by the state before it."""
    d_state, spare = at(scratch, scan.d_state), at(scratch, scan.spare)
    lengths = pointer_to(clock.lengths, scratch)
    some_ended, t = _ended(scan, clock, k)
    if scan.target != 0:
        target = signal_at(scan.target, 0)
        d_target = at(scratch, target.d_offset + t * target.d_stride)
        add(d_target, scan.n_state, d_state)
        if scan.traced:
            copy(d_state, scan.n_state, d_target)
    n_all = scan.n_state + scan.n_carried
    if some_ended:
        copy(d_state, n_all, spare)
    n_before = scan.n_state if k > 0 or scan.initial != 0 else 0
    call(
        scan.back,
        (
            at(weights, scan.back_weights), before, n_before, kept_before, at(before, stride),
            at(kept_before, scan.kept_stride), d_state, delta, int(ready),
            at(delta, -scan.delta_stride), int(wanted), scan.n_state, scan.size, lanes,
        ),
    )  # fmt: skip
    if some_ended:
        clear_ended(lengths, t, scan.n_delta, delta)
        hold_ended(lengths, t, spare, n_all, d_state)
    source = signal_at(scan.source, 0)
    if source.d_offset >= 0:
        d_x = at(scratch, source.d_offset + t * source.d_stride)
        w, n = at(weights, scan.input_weights), scan.n_input_delta
        call(scan.affine, (w, delta, n, delta, 0, n, d_x, source.n_rows, lanes))


@subroutine
def _gather(scan, x, x_stride, begin, low, high, scratch, states, stride, kept, sums, lanes):
    """Add what the steps from low to high contribute to the derivatives by the weights."""
    for i in range(scan.n_links):
        link = link_at(scan.links, i)
        first = low
        if link.source == INPUTS:
            there, there_stride = at(x, low * x_stride), x_stride
        else:
            if link.source == BEFORE or link.source == KEPT_BEFORE:
                # Nothing is multiplied with a state of zeros.
                first = low if scan.initial != 0 else max(low, 1)
            n = first - begin
            if link.source == BEFORE or link.source == AFTER:
                n += int(link.source == AFTER)
                there, there_stride = at(states, n * stride), stride
            else:
                n += int(link.source != KEPT_BEFORE)
                there, there_stride = at(kept, n * scan.kept_stride), scan.kept_stride
        if high > first:
            delta = at(scratch, scan.deltas + (first - low) * scan.delta_stride)
            call(
                scan.outer,
                (
                    at(delta, link.delta * LANES), scan.delta_stride, link.n_rows,
                    at(there, link.row * LANES), there_stride, link.n_columns, high - first,
                    at(sums, link.weights), at(sums, link.biases), int(link.biases >= 0), lanes,
                ),
            )  # fmt: skip


@dataclass(frozen=True)
class Scan(Node):
    """A cell, applied step by step.

    Parameters
    ----------
    target : Signal
        Its state after each step.
    first, suffix
        Of its weights.
    cell : Cell
        What is applied.
    source : Signal
        What it reads.
    final : Signal, optional
        Its state after the last step, of one step; with what is carried, if it has the rows.
    initial : Signal, optional
        The first rows of its state, and of what is carried, before the first step; the rest,
        or all, are zeros.
    reversed : bool
        Whether it runs from the last step of each sequence to the first.
    """

    cell: Cell
    source: Signal
    final: Signal | None = None
    initial: Signal | None = None
    reversed: bool = False

    @property
    def sources(self) -> tuple[Signal, ...]:
        """See :class:`Node`."""
        return (self.source,) if self.initial is None else (self.source, self.initial)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """See :class:`Node`."""
        return self.cell.shapes

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """See :class:`Node`."""
        return self.cell.parameters

    @property
    def scales(self) -> dict[str, float]:
        """See :class:`Node`."""
        return self.cell.scales

    @property
    def means(self) -> dict[str, Any]:
        """See :class:`Node`."""
        return self.cell.means

    @property
    def spreads(self) -> dict[str, float]:
        """See :class:`Node`."""
        return self.cell.spreads

    @property
    def expands(self) -> bool:
        """See :class:`Node`."""
        return self.cell.expands

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        """See :class:`Node`."""
        return self.cell.materialize(blocks)

    def vjp(self, blocks: dict[str, Floats], slopes: dict[str, Floats]) -> dict[str, Floats]:
        """See :class:`Node`."""
        return self.cell.vjp(blocks, slopes)

    def work(self, steps: Steps) -> Work:
        """See :class:`Node`."""
        return self.cell.work(steps.of(self.source.clock))

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """See :class:`Node`."""
        cell, positions, room = self.cell, self.positions, layout.scratch
        orders = cell.orders(positions)
        row = np.zeros(1, SCAN)
        row["step"] = cell.step.address(layout.kind)
        for name in ("n_state", "n_carried", "n_delta", "n_input_delta", "size"):
            row[name] = getattr(cell, name)
        source = layout.signal(self.source, self)
        row["source"], row["reversed"] = layout.kept(source), self.reversed
        row["weights"] = layout.ordered(orders.step)
        row["needs_zeros"], row["traced"] = cell.needs_zeros, layout.traced
        shared = layout.is_read(self.target)
        if shared:
            row["target"] = layout.address(self.target)
        if self.initial is not None:
            row["initial"] = layout.address(self.initial, self)
        self._lay_states(row, layout, shared)
        n_steps = layout.steps.of(self.source.clock)
        if layout.derivatives:
            n_all = cell.n_state + cell.n_carried
            row["d_state"], row["spare"] = room.take(n_all), room.take(n_all)
        if self.final is not None and layout.is_read(self.final):
            if not shared and self.final.n_rows == cell.n_state and layout.is_whole(self.final):
                # It is read where it is.
                last = row["states"] + row["last_place"] * row["state_stride"]
                layout.move(self.final, int(last[0]), int(row["d_state"][0]))
                row["n_given"] = cell.n_state
            else:
                row["final"] = layout.address(self.final)
        if layout.derivatives:
            row["back"] = cell.back.address(layout.kind)
            row["outer"] = outer_rows.address(layout.kind)
            row["back_weights"] = layout.ordered(orders.state)
            row["deltas"], row["delta_stride"] = room.take_steps(min(CHUNK, n_steps), cell.n_delta)
            if source["d_offset"] >= 0:
                block = affine_added_rows if source["added"] else affine_rows
                row["affine"] = block.address(layout.kind)
                row["input_weights"] = layout.ordered(orders.inputs)
            links = np.array([link.record for link in cell.links(positions)], LINK)
            row["links"], row["n_links"] = layout.kept(links), len(links)
        return forward, back, row

    def _lay_states(self, row: Any, layout: LayoutBuilder, shared: bool) -> None:
        """Say where the states are, and whether all of them are kept."""
        cell, n_steps = self.cell, layout.steps.of(self.source.clock)
        n_bytes = ((cell.n_state + cell.n_kept) * LANES + PADDING) * np.dtype(
            layout.kind.real
        ).itemsize
        n_fitting = STATES_BYTES // n_bytes
        n_places, row["segment"] = n_steps + 1, ENDLESS
        row["state_mask"] = row["kept_mask"] = -1
        if not layout.derivatives:
            row["kept_mask"] = 1
            row["state_mask"] = -1 if shared else 1
            n_places = 2
        elif not shared and self.initial is None and n_places > n_fitting:
            row["segment"] = max(2, n_fitting // 2)  # two places are a pass without derivatives
            n_places = int(row["segment"][0]) + 1
            n_all = cell.n_state + cell.n_carried
            row["checkpoints"] = layout.scratch.take(
                (n_steps // int(row["segment"][0]) + 1) * n_all
            )
            layout.recomputes = True
        row["last_place"] = n_places - 1
        if not shared:
            row["states"], row["state_stride"] = layout.scratch.take_steps(n_places, cell.n_state)
        row["kept"], row["kept_stride"] = layout.scratch.take_steps(n_places, cell.n_kept)
