"""A network as a table of scans, and the two functions that run it over a tile.

A scan applies one cell to the rows that it reads, step by step. What a network consists of
is data: one record a scan, with the address of the cell's step and of its derivative, and
where in the scratch memory things are; and one record a link, which is a matrix of weights
seen from behind: so many rows of derivatives times so many rows of what the weights were
multiplied with. Nothing is compiled for a new structure, and running the table costs about
two nanoseconds a step.

What a scan leaves is a row of slots, one a step, a slot holding all that the cell wrote at
that step, its state first. A forward pass needs two slots, of which each step reads one and
writes the other. A gradient keeps all of them, or, if the steps are many, the slots of one
segment of steps and the state before each of these, and computes the segments again, last
one first.
"""

from typing import Any

import numpy as np
from numba import carray

from .blocks import affine, outer
from .jit import LANES, Reals, Sums, Weights, at, call, part, pointer_to, records, routine

#: For ever: the segment of a scan that keeps no checkpoints.
ENDLESS = 2**62
#: Derivatives of so many steps are kept before the gradient takes them up.
CHUNK = 32
#: A float32 or float64 row of 32 lanes more between two steps: with strides of a power of 2
#: the steps would compete for the same places in the cache.
PADDING = LANES

INPUTS, STATES = 0, 1


def record(*names: str) -> np.dtype[Any]:
    """Return the type of a record of integers."""
    return np.dtype([(name, np.int64) for name in names])


#: Offsets are counted in numbers of the scratch memory, or in weights of the packed ones.
SCAN = record(
    "step",  # addresses: of the cell's step,
    "back",  # of its derivative,
    "affine",  # and of the two blocks
    "outer",
    "n_inputs",  # rows read at each step
    "n_hidden",  # rows of the state that the cell multiplies
    "n_state",  # rows that pass on to the next step
    "n_delta",  # rows of derivatives that the cell computes
    "source",  # the scan that is read, or -1: the data
    "last",  # 1: it reads the source's last step only, and has one step
    "weights",  # offsets of the packed weights: of the step,
    "back_weights",  # of its derivative by the state,
    "input_weights",  # and of that by the inputs
    "slots",  # offset of the slots
    "slot_stride",
    "n_slots",
    "segment",  # steps between two checkpoints
    "checkpoints",  # offset of the states before each segment
    "d_state",  # offset of the derivative by the state
    "spare",  # offset of as many rows
    "deltas",  # offset of the derivatives by the cell's sums, of CHUNK steps
    "delta_stride",
    "d_inputs",  # offset of the derivatives by the inputs, or -1: not wanted
    "d_input_stride",
    "d_outputs",  # offset of what the scan above gives back at each step, or -1
    "d_output_stride",
    "first_link",
    "n_links",
)
LINK = record(
    "delta",  # first row of the derivatives
    "n_rows",
    "source",  # INPUTS, or STATES: those before the step
    "row",  # first row of the source
    "n_columns",
    "weights",  # offset in a candidate's weights
    "biases",  # offset of what is added to each row, or -1
)
TILE = record(
    "inputs",  # address (T, I, 32)
    "n_steps",  # T
    "shortest",  # steps of the shortest sequence
    "lanes",  # lanes in use, a multiple of 8 or 16
    "lengths",  # address (32,): steps of each sequence, as numbers
    "labels",  # address (32,): classes, as numbers
    "weights",  # address (32,): 0 for padding
    "double_weights",  # the same in float64
)
scan_at, link_at, tile_at = records(SCAN), records(LINK), records(TILE)


@routine
def affine_rows(
    w: Weights,
    x: Reals,
    n_x: int,
    s: Reals,
    n_s: int,
    n: int,
    out: Reals,
    n_rows: int,
    lanes: int,
) -> None:
    """See :func:`affine`; compiled once for all that call it."""
    affine(w, x, n_x, s, n_s, n, out, n_rows, lanes)


@routine
def outer_rows(
    delta: Reals,
    delta_stride: int,
    n_rows: int,
    x: Reals,
    x_stride: int,
    n_columns: int,
    n_steps: int,
    sums: Sums,
    row_sums: Sums,
    n_ones: int,
    lanes: int,
) -> None:
    """See :func:`outer`; compiled once for all that call it."""
    outer(
        delta, delta_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums, n_ones, lanes
    )


@part
def _last_slot(scan, n_steps):
    """Return the slot of the last of so many steps."""
    if scan.n_slots == 2:
        return n_steps & 1
    return n_steps if n_steps <= scan.segment else (n_steps - 1) % scan.segment + 1


@part
def _source(scans, i, tile, scratch):
    """Return what scan i reads: a pointer, its stride, the steps, those of the shortest."""
    scan = scan_at(scans, i)
    if scan.source < 0:
        inputs = pointer_to(tile.inputs, scratch)
        return inputs, scan.n_inputs * LANES, tile.n_steps, tile.shortest
    below = scan_at(scans, scan.source)
    slots = at(scratch, below.slots)
    if scan.last:
        return at(slots, _last_slot(below, tile.n_steps) * below.slot_stride), 0, 1, 1
    return at(slots, below.slot_stride), below.slot_stride, tile.n_steps, tile.shortest


@part
def some_cut(scans, n_scans):
    """Return whether any scan keeps the slots of a segment only."""
    some = False
    for i in range(n_scans):
        some |= scan_at(scans, i).segment < ENDLESS
    return some


@part
def _copy(source, n_rows, target):
    a, b = carray(source, n_rows * LANES), carray(target, n_rows * LANES)
    for i in range(n_rows * LANES):
        b[i] = a[i]


@part
def _hold(lengths, t, before, n_rows, after):
    """Put back what was before, in the lanes whose sequences have no step t."""
    ends = carray(lengths, LANES)
    a, b = carray(before, n_rows * LANES), carray(after, n_rows * LANES)
    for row in range(n_rows):
        for lane in range(LANES):
            k = row * LANES + lane
            b[k] = a[k] if ends[lane] <= t else b[k]


@part
def _clear(lengths, t, n_rows, rows):
    """Put 0 in the lanes whose sequences have no step t."""
    ends, b = carray(lengths, LANES), carray(rows, n_rows * LANES)
    zero = b.dtype.type(0)
    for row in range(n_rows):
        for lane in range(LANES):
            k = row * LANES + lane
            b[k] = zero if ends[lane] <= t else b[k]


@part
def _add(source, n_rows, target):
    a, b = carray(source, n_rows * LANES), carray(target, n_rows * LANES)
    for i in range(n_rows * LANES):
        b[i] += a[i]


@part
def _steps(scan, weights, x, x_stride, begin, end, shortest, lengths, lanes, slots):
    """Run the steps from begin to end, from the state in slot 0 on; return the last slot."""
    w, stride = at(weights, scan.weights), scan.slot_stride
    before = 0
    for t in range(begin, end):
        after = before + 1 if before + 1 < scan.n_slots else 0
        old, new = at(slots, before * stride), at(slots, after * stride)
        n_before = scan.n_hidden if t > 0 else 0
        call(
            scan.step,
            (w, at(x, t * x_stride), scan.n_inputs, old, n_before, new, scan.n_hidden, lanes),
        )
        if t >= shortest:
            _hold(lengths, t, old, scan.n_state, new)
        before = after
    return before


@part
def forward(scans, n_scans, tile, weights, scratch, lanes):
    """Run all scans over a tile."""
    lengths = pointer_to(tile.lengths, scratch)
    for i in range(n_scans):
        scan = scan_at(scans, i)
        x, x_stride, n_steps, shortest = _source(scans, i, tile, scratch)
        slots, checkpoint = at(scratch, scan.slots), at(scratch, scan.checkpoints)
        begin = 0
        while True:
            end = min(begin + scan.segment, n_steps)
            last = _steps(scan, weights, x, x_stride, begin, end, shortest, lengths, lanes, slots)
            if end == n_steps:
                break
            state = at(slots, last * scan.slot_stride)
            _copy(state, scan.n_state, checkpoint)
            _copy(state, scan.n_state, slots)
            begin, checkpoint = end, at(checkpoint, scan.n_state * LANES)


@part
def backward(scans, n_scans, links, tile, weights, scratch, sums, lanes):
    """Run all scans backwards, from the derivative by the last one's state; add to the sums."""
    lengths = pointer_to(tile.lengths, scratch)
    for i in range(n_scans - 1, -1, -1):
        scan = scan_at(scans, i)
        x, x_stride, n_steps, shortest = _source(scans, i, tile, scratch)
        slots, d_state = at(scratch, scan.slots), at(scratch, scan.d_state)
        if scan.d_outputs >= 0:
            _clear(lengths, ENDLESS, scan.n_state, d_state)
        end = n_steps
        while end > 0:
            begin = 0 if end <= scan.segment else (end - 1) // scan.segment * scan.segment
            if end < n_steps:  # the slots hold the segment after this one
                if begin > 0:
                    k = (begin // scan.segment - 1) * scan.n_state * LANES
                    _copy(at(scratch, scan.checkpoints + k), scan.n_state, slots)
                _steps(scan, weights, x, x_stride, begin, end, shortest, lengths, lanes, slots)
            high = end
            while high > begin:
                low = max(begin, high - CHUNK)
                for t in range(high - 1, low - 1, -1):
                    delta = at(scratch, scan.deltas + (t - low) * scan.delta_stride)
                    before = at(slots, (t - begin) * scan.slot_stride)
                    # Where nothing else is added to the derivative by the state.
                    ready, wanted = t < min(high, shortest) - 1, low < t < shortest
                    if scan.d_outputs >= 0:
                        ready = wanted = False
                    _step_back(
                        scan, weights, t, shortest, lengths, lanes, scratch, before, delta,
                        ready, wanted,
                    )  # fmt: skip
                _gather(
                    scan, links, x, x_stride, begin, low, high, scratch, slots,
                    sums, lanes,
                )  # fmt: skip
                high = low
            end = begin


@part
def _step_back(scan, weights, t, shortest, lengths, lanes, scratch, before, delta, ready, wanted):
    """Turn the derivative by the state after step t into that by the state before it."""
    after, d_state = at(before, scan.slot_stride), at(scratch, scan.d_state)
    if scan.d_outputs >= 0:
        _add(at(scratch, scan.d_outputs + t * scan.d_output_stride), scan.n_hidden, d_state)
    some_ended = t >= shortest
    spare = at(scratch, scan.spare)
    if some_ended:
        _copy(d_state, scan.n_state, spare)
    n_before = scan.n_hidden if t > 0 else 0
    w = at(weights, scan.back_weights)
    call(
        scan.back,
        (
            w, before, n_before, after, d_state, delta, int(ready),
            at(delta, -scan.delta_stride), int(wanted), scan.n_hidden, lanes,
        ),
    )  # fmt: skip
    if some_ended:
        _clear(lengths, t, scan.n_delta, delta)
        _hold(lengths, t, spare, scan.n_state, d_state)
    if scan.d_inputs >= 0:
        d_x = at(scratch, scan.d_inputs + t * scan.d_input_stride)
        w = at(weights, scan.input_weights)
        n = scan.n_delta
        call(scan.affine, (w, delta, n, delta, 0, n, d_x, scan.n_inputs, lanes))


@part
def _gather(scan, links, x, x_stride, begin, low, high, scratch, slots, sums, lanes):
    """Add what the steps from low to high contribute to the derivatives by the weights."""
    for k in range(scan.first_link, scan.first_link + scan.n_links):
        link = link_at(links, k)
        first = low
        if link.source == INPUTS:
            there, stride = at(x, low * x_stride), x_stride
        else:
            first = max(low, 1)  # there is no state before step 0
            there, stride = at(slots, (first - begin) * scan.slot_stride), scan.slot_stride
        if high > first:
            delta = at(scratch, scan.deltas + (first - low) * scan.delta_stride)
            call(
                scan.outer,
                (
                    at(delta, link.delta * LANES), scan.delta_stride, link.n_rows,
                    at(there, link.row * LANES), stride, link.n_columns, high - first,
                    at(sums, link.weights), at(sums, link.biases), int(link.biases >= 0), lanes,
                ),
            )  # fmt: skip
