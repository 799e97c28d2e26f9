"""The loops of a scan: a cell applied step by step, forwards and backwards, compiled.

A scan computes a state for each step, and what the cell keeps to itself. Where nothing reads
the states of all steps, a forward pass needs two places for them, of which each step reads one
and writes the other. A gradient keeps all states, or, if there are many steps, those of one
segment of steps and the state before each segment; it then computes the segments again, last
one first.

Steps are counted by k, in the order in which they run. A scan that runs backwards in time has
negative strides. Sequences of a tile may end at different steps: running forwards, the state is
held from there on; running backwards, it is 0 until there.
"""

from metarnn.cells.cell import AFTER, BEFORE, INPUTS, KEPT_BEFORE
from metarnn.engine.graph import backward_routine, forward_routine
from metarnn.engine.jit import LANES, call, subroutine
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import add, clear, clear_ended, copy, copy_or_add, hold_ended

from .cell_node import add_gradient_term, gradient_term_at

#: More steps than any sequence has: the segment of a scan without checkpoints.
ENDLESS = 2**62
#: Steps whose derivatives are kept before they are added to the gradient.
CHUNK = 32

#: Offsets are counted in numbers of the scratch memory, or in weights of the packed ones.
SCAN = record(
    "step back affine outer",  # addresses: of the cell's step, its derivative, and two blocks
    "n_state n_carried n_delta n_input_delta size",  # numbers of rows; see cells/cell.py
    "source",  # addresses of signals: what is read,
    "target",  # what is written at each step, or 0: not read,
    "final",  # what is written at the end, or 0: it is where the last state is,
    "initial",  # and the state before the first step, or 0: zeros
    "reversed",  # 1: from the last step to the first
    "weights back_weights",  # offsets of the packed weights: of the step, its derivative by the
    "input_weights",  # state, and that by the inputs
    "states state_stride",  # offset of the states, if no other node reads them
    "state_mask",  # of the numbers of places: all bits, or the last one where there are two
    "kept kept_stride kept_mask",  # likewise, of what the cell keeps
    "last_place",  # where the last state goes
    "traced",  # 1: the total derivative by the state replaces the one by the target
    "needs_zeros",  # 1: the cell reads the state before the first step even if it is 0
    "segment checkpoints",  # steps between two checkpoints; offset of the states before each
    "d_state n_given",  # offset of the derivative by the state; rows that are there already
    "spare",  # offset of as many rows
    "deltas delta_stride",  # offset of the derivatives by the cell's sums, of CHUNK steps
    "terms n_terms",  # address of the gradient terms
)
scan_at = records(SCAN)


@subroutine
def _in_order(scan, first, stride, n_steps):
    """Return the first step to run, and the stride to the next one, given step 0."""
    if scan.reversed:
        return at(first, (n_steps - 1) * stride), -stride
    return first, stride


@subroutine
def _states(scan, tile, scratch, n_steps):
    """Return the place of the state before the first step to run, and the stride."""
    if scan.target == 0:
        return at(scratch, scan.states), scan.state_stride
    target = signal_at(scan.target, 0)
    first, stride = _in_order(scan, at(scratch, target.offset), target.stride, n_steps)
    return at(first, -stride), stride


@subroutine
def _ended(scan, clock, k):
    """Return whether any sequence has ended at step k in running order, and the step in time."""
    t = clock.n_steps - 1 - k if scan.reversed else k
    return t >= clock.shortest, t


@subroutine
def _first_place(scan, n_steps):
    """Return the place of the state before the last `n_steps` places."""
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
    """Copy a state to other rows, followed by the carried rows if there is room for them."""
    copy(state, scan.n_state, target)
    if n_rows > scan.n_state:
        copy(kept, scan.n_carried, at(target, scan.n_state * LANES))


@subroutine
def _copy_in(scan, source, n_rows, state, kept):
    """Copy so many rows of a state and of the carried rows back."""
    copy(source, min(n_rows, scan.n_state), state)
    if n_rows > scan.n_state:
        copy(at(source, scan.n_state * LANES), scan.n_carried, kept)


@subroutine
def _begin(scan, tile, scratch, state, kept):
    """Write the state before the first step to its place."""
    if scan.needs_zeros:
        clear(state, scan.n_state)
    clear(kept, scan.n_carried)
    if scan.initial != 0:
        initial = signal_at(scan.initial, 0)
        _copy_in(scan, values(initial, tile, scratch), initial.n_rows, state, kept)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Run all steps, segment by segment."""
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
    """Run all steps backwards, segment by segment and, within one, chunk by chunk."""
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
    """Replace the derivative by the state after step k by that before it."""
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
    """Add what the steps from low to high contribute to the gradient by the weights."""
    for i in range(scan.n_terms):
        term = gradient_term_at(scan.terms, i)
        first = low
        if term.source == INPUTS:
            there, there_stride = at(x, low * x_stride), x_stride
        else:
            if term.source == BEFORE or term.source == KEPT_BEFORE:
                # Nothing is multiplied with a state of zeros.
                first = low if scan.initial != 0 else max(low, 1)
            n = first - begin
            if term.source == BEFORE or term.source == AFTER:
                n += int(term.source == AFTER)
                there, there_stride = at(states, n * stride), stride
            else:
                n += int(term.source != KEPT_BEFORE)
                there, there_stride = at(kept, n * scan.kept_stride), scan.kept_stride
        if high > first:
            delta = at(scratch, scan.deltas + (first - low) * scan.delta_stride)
            add_gradient_term(
                term, scan.outer, delta, scan.delta_stride, there, there_stride, high - first,
                sums, lanes,
            )  # fmt: skip
