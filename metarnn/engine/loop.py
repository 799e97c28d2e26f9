"""Passes of a whole population over a whole data set: the one parallel loop.

A pass walks the flat index unit * groups + group of tiles in chunks, one chunk a thread,
and a unit is a candidate. A candidate's tiles are cut into groups, and summed, in a way that
depends on the network and the data alone; so the numbers are the same for any number of
threads and any company of candidates.

Few sequences would leave most lanes idle. Then the lanes are candidates instead, each one
with weights of its own: a unit is 32 candidates, and a tile is one sequence, the same in all
lanes.
"""

from typing import Any

import numpy as np
from numba import carray, prange

from .blocks import emitted, outer
from .jit import (
    LANES,
    Doubles,
    Reals,
    Sums,
    Totals,
    Weights,
    call,
    kernel,
    parallel_kernel,
    routine,
    routines_of,
    subroutine,
)
from .pointers import at, cast_like, integers_at, pointer_to, records
from .program import (
    TILE,
    backward,
    clock_at,
    forward,
    record,
    signal_at,
    tile_at,
)
from .row_kernels import clear, copy
from .vectors import WIDTH, Code, Integer, Pointer, fma, sums

#: What a pass has to know: addresses, and offsets in the scratch memory of a thread.
JOB = record(
    # the network
    "nodes",  # address
    "n_nodes",
    "cleared",  # address
    "n_cleared",
    "recomputes",  # 1: a way back leaves other states than it found
    "n_weights",  # D
    "order",  # address: where each packed weight comes from, -1: zero
    "n_packed",
    "packed",  # offset of the packed weights
    "scores",  # address of their signal, of K rows
    "shown",  # address of the signal that is handed out
    "most_steps",  # of that
    # the data
    "tiles",  # address
    "n_tiles",
    "n_groups",
    "lanes_are_candidates",
    # what is done with each tile
    "task",  # address
    "loss",  # address
    "label_rows",  # of each step: 1 for a class, K for numbers
    "factor",  # address
    "losses",  # offset (32,)
    "n_sums",  # float64 sums of a unit and group
    # where
    "n_candidates",  # P
    "weights",  # address (P, D)
    "totals",  # address (units, groups), of 32 each where the lanes are candidates
    "sums",  # address (units, groups, n_sums), likewise
    "output",  # address (units, tiles, most_steps, K, 32)
    "chunk",  # address
    "n_units",
    "n_chunks",
    "scratch",  # address
    "scratch_bytes",  # of a thread,
    "double_bytes",  # of which float64: 32 starts of totals, columns of a matrix
    "real_bytes",
)
job_at = records(JOB)
#: Scratch memory, packed weights, total, sums, doubles; the job, the unit, the tile, lanes.
task_routine = routines_of(Reals, Weights, Totals, Sums, Doubles, int, int, int, int)
TILE_BYTES = TILE.itemsize


def _add_losses(
    code: Code, losses: Pointer, weights: Pointer, total: Pointer, lanes: Integer
) -> None:
    """Add weight times loss of each lane to the total, or to that of the lane."""

    def vector(k: Integer, *carry: Any) -> list[Any]:
        lane = k * losses.count
        parts = zip(
            losses.vector(lane).to_double(), weights.vectors(lane, losses.count), strict=True
        )
        (running,) = carry or (None,)
        for i, (loss, weight) in enumerate(parts):
            if total.own:
                place = total.flat + lane + i * weights.count
                place.store(fma(loss, weight, place.vector()))
            else:
                running = fma(loss, weight, running)
        return [] if total.own else [running]

    for running in code.loop(
        lanes // losses.count, [] if total.own else [weights.splat(0.0)], vector
    ):
        total.add(sums([running]).taken([0]))


add_losses = emitted(_add_losses, "add_losses")


# --- What is done with a tile ------------------------------------------------------------


@subroutine
def _step_losses(j, tile, scratch, doubles, total, lanes, derivatives):
    """Add the losses of all steps of a tile to the total; compute derivatives by the scores."""
    scores = signal_at(j.scores, 0)
    n_steps = clock_at(tile.clocks, scores.clock).n_steps
    losses = at(scratch, j.losses)
    for t in range(n_steps):
        values = at(scratch, scores.offset + t * scores.stride)
        labels = at(pointer_to(tile.labels, scratch), t * j.label_rows * LANES)
        if derivatives:
            weights = at(pointer_to(tile.weights, scratch), t * LANES)
            d_scores = at(scratch, scores.d_offset + t * scores.d_stride)
            call(j.loss, (values, scores.n_rows, labels, losses, weights, d_scores))
        else:
            call(j.loss, (values, scores.n_rows, labels, losses))
        add_losses(losses, at(pointer_to(tile.double_weights, doubles), t * LANES), total, lanes)


@subroutine
def _hand_out(j, unit, n, scratch):
    """Copy the signal that is wanted of tile n."""
    shown, tile = signal_at(j.shown, 0), tile_at(j.tiles, n)
    size = shown.n_rows * LANES
    first = (unit * j.n_tiles + n) * j.most_steps
    for t in range(clock_at(tile.clocks, shown.clock).n_steps):
        output = pointer_to(j.output + (first + t) * size * j.real_bytes, scratch)
        copy(at(scratch, shown.offset + t * shown.stride), shown.n_rows, output)


@task_routine
def score_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Copy the scores (steps, K, 32) of a tile, or what else is to be handed out."""
    _hand_out(job_at(job, 0), unit, n, scratch)


@task_routine
def loss_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Add the losses of a tile to the total."""
    j = job_at(job, 0)
    _step_losses(j, tile_at(j.tiles, n), scratch, doubles, total, lanes, False)


@task_routine
def gradient_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Add the losses of a tile to the total, and their derivatives to the sums (D,)."""
    j = job_at(job, 0)
    _step_losses(j, tile_at(j.tiles, n), scratch, doubles, total, lanes, True)
    _backward(j, n, packed, scratch, sums, lanes)


@task_routine
def trace_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Do what a gradient does, and copy the derivatives by a signal."""
    j = job_at(job, 0)
    _step_losses(j, tile_at(j.tiles, n), scratch, doubles, total, lanes, True)
    _backward(j, n, packed, scratch, sums, lanes)
    _hand_out(j, unit, n, scratch)


@subroutine
def _forward(j, n, packed, scratch, lanes):
    """Run the network over tile n."""
    forward(j.nodes, j.n_nodes, j.tiles + n * TILE_BYTES, packed, scratch, lanes)


@subroutine
def _backward(j, n, packed, scratch, sums, lanes):
    """Run the network backwards over tile n."""
    tile = j.tiles + n * TILE_BYTES
    backward(j.nodes, j.n_nodes, j.cleared, j.n_cleared, tile, packed, scratch, sums, lanes)


@task_routine
def curvature_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Add losses, derivatives (D,) and, after these, the Gauss-Newton matrix (D, D).

    Each column of a square root of the second derivative by the scores is taken back to the
    weights, for each lane apart (D, 32); the matrix is the sum of the outer products.
    """
    j = job_at(job, 0)
    tile = tile_at(j.tiles, n)
    D = j.n_weights
    output, columns = cast_like(sums, doubles), at(doubles, LANES)
    zeros = carray(columns, D * LANES)
    own = cast_like(columns, sums)
    for i in range(D * LANES):
        zeros[i] = 0.0
    _step_losses(j, tile, scratch, doubles, total, lanes, True)
    _backward(j, n, packed, scratch, own, lanes)
    outer(columns, 0, D, columns, 0, 0, 1, output, output, 1, lanes)
    scores = signal_at(j.scores, 0)
    n_steps = clock_at(tile.clocks, scores.clock).n_steps
    for t in range(n_steps):
        for k in range(scores.n_rows):
            for i in range(D * LANES):
                zeros[i] = 0.0
            if j.recomputes:
                _forward(j, n, packed, scratch, lanes)
            for other in range(n_steps):
                d_scores = at(scratch, scores.d_offset + other * scores.d_stride)
                if other == t:
                    values = at(scratch, scores.offset + t * scores.stride)
                    weights = at(pointer_to(tile.weights, scratch), t * LANES)
                    call(j.factor, (values, scores.n_rows, weights, k, d_scores))
                else:
                    clear(d_scores, scores.n_rows)
            _backward(j, n, packed, scratch, own, lanes)
            outer(columns, 0, D, columns, 0, D, 1, at(output, D), output, 0, lanes)


# --- The loop ----------------------------------------------------------------------------


@subroutine
def _pack(j, first, n, packed, doubles, start):
    """Copy the weights of n candidates in the order in which they are read.

    Their losses start at 0, or NaN where a weight is not finite: tanh of an infinite sum is
    finite, but such weights are no network.
    """
    order = carray(integers_at(j.order), j.n_packed)
    for lane in range(n):
        candidate = pointer_to(j.weights + 8 * (first + lane) * j.n_weights, doubles)
        weights = carray(candidate, j.n_weights)
        if j.lanes_are_candidates:
            for q in range(j.n_packed):
                packed[q * LANES + lane] = weights[order[q]] if order[q] >= 0 else 0.0
        else:
            for q in range(j.n_packed):
                packed[q] = weights[order[q]] if order[q] >= 0 else 0.0
        finite = True
        for k in range(j.n_weights):
            finite &= np.isfinite(packed.dtype.type(weights[k]))
        start[lane] = 0.0 if finite else np.nan


@routine
def chunk(
    scratch: Reals,
    packed: Weights,
    totals: Totals,
    sums: Sums,
    doubles: Doubles,
    job: int,
    c: int,
) -> None:
    """Do chunk c of the flat index unit * groups + group."""
    j = job_at(job, 0)
    n, G, N = j.n_units * j.n_groups, j.n_groups, j.n_tiles
    start = carray(doubles, LANES)
    # Candidates of a unit, and numbers in a vector.
    n_own, count = LANES if j.lanes_are_candidates else 1, WIDTH // j.real_bytes
    ready = n_used = -1
    for index in range(c * n // j.n_chunks, (c + 1) * n // j.n_chunks):
        unit = index // G
        group = index - unit * G
        if unit != ready:
            first = unit * n_own
            n_used = min(n_own, j.n_candidates - first)
            packed_numbers = carray(at(scratch, j.packed), j.n_packed * n_own)
            _pack(j, first, n_used, packed_numbers, doubles, start)
            ready = unit
        total = at(totals, index)
        own_totals = carray(cast_like(total, doubles), n_own)
        for lane in range(n_own):
            own_totals[lane] = start[lane]
        own_sums = pointer_to(j.sums + 8 * index * j.n_sums, sums)
        zeros = carray(cast_like(own_sums, doubles), j.n_sums)
        for i in range(j.n_sums):
            zeros[i] = 0.0
        for k in range(group * N // G, (group + 1) * N // G):
            tile = tile_at(j.tiles, k)
            lanes = tile.lanes
            if j.lanes_are_candidates:  # no more vectors than hold candidates
                lanes = (n_used + count - 1) // count * count
            _forward(j, k, packed, scratch, lanes)
            call(j.task, (scratch, packed, total, own_sums, doubles, job, unit, k, lanes))


@subroutine
def _run_chunk(job, c):
    j = job_at(job.ctypes.data, 0)
    doubles = j.scratch + c * j.scratch_bytes
    scratch = doubles + j.double_bytes
    packed = scratch + j.packed * j.real_bytes
    call(j.chunk, (scratch, packed, j.totals, j.sums, doubles, job.ctypes.data, c))


@subroutine
def _with_arrays(job, n_chunks, scratch, weights, totals, sums, output):
    """Return a copy of a job that knows the arrays of one call."""
    job = job.copy()
    j = job_at(job.ctypes.data, 0)
    j.n_chunks, j.n_candidates, j.n_units = n_chunks, weights.shape[0], totals.shape[0]
    j.weights, j.totals, j.sums = weights.ctypes.data, totals.ctypes.data, sums.ctypes.data
    j.scratch, j.output = scratch.ctypes.data, output.ctypes.data
    return job


@kernel
def serial(job, n_chunks, scratch, weights, totals, sums, output):
    """Run a job's chunks one after the other."""
    job = _with_arrays(job, n_chunks, scratch, weights, totals, sums, output)
    for c in range(n_chunks):
        _run_chunk(job, c)


@parallel_kernel
def parallel(job, n_chunks, scratch, weights, totals, sums, output):
    """Run a job's chunks side by side."""
    job = _with_arrays(job, n_chunks, scratch, weights, totals, sums, output)
    for c in prange(n_chunks):
        _run_chunk(job, c)
