"""Passes of a whole population over a whole data set: the one parallel loop.

A pass walks the flat index unit * groups + group in chunks, one chunk for each thread; a unit is
a candidate, whose tiles are cut into groups. How they are cut and summed depends on the network
and the data alone, so the numbers are the same for any number of threads and whichever candidates
are evaluated together.

Few sequences would leave most lanes idle. Then the lanes are candidates instead, each with weights
of its own: a unit is 32 candidates, and a tile is one sequence, the same in all lanes. Of the lanes
of few candidates most would be idle as well: these are evaluated one by one, on tiles of which the
first lane counts, with the same bits.
"""

import numpy as np
from numba import carray, prange

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
    subroutine,
)
from .job import job_at
from .pointers import at, cast_like, integers_at, pointer_to
from .program import tile_at
from .subnormals import flush_subnormals, restore_mode
from .tile_tasks import run_forward
from .vectors import WIDTH


@subroutine
def _pack(j, first, n, packed, doubles, start):
    """Copy the weights of n candidates in the order in which they are read.

    Their losses start at 0, or at NaN where a weight is not finite: tanh of an infinite sum is
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
    scratch: Reals, packed: Weights, totals: Totals, sums: Sums, doubles: Doubles, job: int, c: int
) -> None:
    """Run chunk c of the flat index unit * groups + group."""
    j = job_at(job, 0)
    n, G, N = j.n_units * j.n_groups, j.n_groups, j.n_tiles
    start = carray(doubles, LANES)
    # Candidates of a unit, and numbers of a vector.
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
            if j.lanes_are_candidates:  # only the vectors that hold candidates
                lanes = (n_used + count - 1) // count * count
            run_forward(j, k, packed, scratch, lanes)
            call(j.task, (scratch, packed, total, own_sums, doubles, job, unit, k, lanes))


@subroutine
def _run_chunk(job, c):
    """Run a chunk in this thread; compiled code raises nothing, so the mode is always restored."""
    j = job_at(job.ctypes.data, 0)
    doubles = j.scratch + c * j.scratch_bytes
    scratch = doubles + j.double_bytes
    packed = scratch + j.packed * j.real_bytes
    mode = flush_subnormals()
    call(j.chunk, (scratch, packed, j.totals, j.sums, doubles, job.ctypes.data, c))
    restore_mode(mode)


@subroutine
def _with_arrays(job, n_chunks, scratch, weights, totals, sums, output):
    """Return a copy of a job with the arrays of one call."""
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
    """Run a job's chunks in parallel."""
    job = _with_arrays(job, n_chunks, scratch, weights, totals, sums, output)
    for c in prange(n_chunks):
        _run_chunk(job, c)
