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
    at,
    call,
    integers_at,
    kernel,
    parallel_kernel,
    part,
    pointer_to,
    recast,
    records,
    routine,
)
from .program import backward, forward, record, some_cut, tile_at
from .vectors import WIDTH, Code, Integer, Pointer, fma, sums

#: What a pass has to know: addresses, and offsets in the scratch memory of a thread.
JOB = record(
    # the network
    "scans",  # address
    "n_scans",
    "links",  # address
    "n_weights",  # D
    "order",  # address: where each packed weight comes from, -1: zero
    "n_packed",
    "packed",  # offset of the packed weights
    "scores",  # offset (K, 32)
    "d_scores",  # offset (K, 32)
    "n_classes",  # K
    # the data
    "tiles",  # address
    "n_tiles",
    "n_groups",
    "lanes_are_candidates",
    # what is done with each tile
    "task",  # address
    "loss",  # address
    "factor",  # address
    "losses",  # offset (32,)
    "n_sums",  # float64 sums of a unit and group
    # where
    "n_candidates",  # P
    "weights",  # address (P, D)
    "totals",  # address (units, groups), of 32 each where the lanes are candidates
    "sums",  # address (units, groups, n_sums), likewise
    "output",  # address (units, tiles, K, 32)
    "chunk",  # address
    "n_units",
    "n_chunks",
    "scratch",  # address
    "scratch_bytes",  # of a thread,
    "double_bytes",  # of which float64: 32 starts of totals, columns of a matrix
    "real_bytes",
)
job_at = records(JOB)


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


@routine
def score_tile(
    scratch: Reals,
    packed: Weights,
    total: Totals,
    sums: Sums,
    doubles: Doubles,
    job: int,
    unit: int,
    n: int,
    lanes: int,
) -> None:
    """Copy the scores (K, 32) of a tile."""
    j = job_at(job, 0)
    size = j.n_classes * LANES
    scores = carray(at(scratch, j.scores), size)
    output = pointer_to(j.output + (unit * j.n_tiles + n) * size * j.real_bytes, scratch)
    target = carray(output, size)
    for i in range(size):
        target[i] = scores[i]


@routine
def loss_tile(
    scratch: Reals,
    packed: Weights,
    total: Totals,
    sums: Sums,
    doubles: Doubles,
    job: int,
    unit: int,
    n: int,
    lanes: int,
) -> None:
    """Add the losses of a tile to the total."""
    j = job_at(job, 0)
    tile = tile_at(j.tiles, n)
    losses, labels = at(scratch, j.losses), pointer_to(tile.labels, scratch)
    call(j.loss, (at(scratch, j.scores), j.n_classes, labels, losses))
    add_losses(losses, pointer_to(tile.double_weights, doubles), total, lanes)


@routine
def gradient_tile(
    scratch: Reals,
    packed: Weights,
    total: Totals,
    sums: Sums,
    doubles: Doubles,
    job: int,
    unit: int,
    n: int,
    lanes: int,
) -> None:
    """Add the losses of a tile to the total, and their derivatives to the sums (D,)."""
    j = job_at(job, 0)
    tile = tile_at(j.tiles, n)
    losses, d_scores = at(scratch, j.losses), at(scratch, j.d_scores)
    labels, weights = pointer_to(tile.labels, scratch), pointer_to(tile.weights, scratch)
    call(j.loss, (at(scratch, j.scores), j.n_classes, labels, losses, weights, d_scores))
    add_losses(losses, pointer_to(tile.double_weights, doubles), total, lanes)
    backward(j.scans, j.n_scans, j.links, tile, packed, scratch, sums, lanes)


@routine
def curvature_tile(
    scratch: Reals,
    packed: Weights,
    total: Totals,
    sums: Sums,
    doubles: Doubles,
    job: int,
    unit: int,
    n: int,
    lanes: int,
) -> None:
    """Add losses, derivatives (D,) and, after these, the Gauss-Newton matrix (D, D).

    Each column of a square root of the second derivative by the scores is taken back to the
    weights, for each lane apart (D, 32); the matrix is the sum of the outer products.
    """
    j = job_at(job, 0)
    tile = tile_at(j.tiles, n)
    scores, d_scores = at(scratch, j.scores), at(scratch, j.d_scores)
    losses = at(scratch, j.losses)
    labels, weights = pointer_to(tile.labels, scratch), pointer_to(tile.weights, scratch)
    D = j.n_weights
    output, columns = recast(sums, doubles), at(doubles, LANES)
    zeros = carray(columns, D * LANES)
    for k in range(-1, j.n_classes):
        for i in range(D * LANES):
            zeros[i] = 0.0
        if k >= 0 and some_cut(j.scans, j.n_scans):
            # The last way back has left the first segment in the slots.
            forward(j.scans, j.n_scans, tile, packed, scratch, lanes)
        if k < 0:
            call(j.loss, (scores, j.n_classes, labels, losses, weights, d_scores))
            add_losses(losses, pointer_to(tile.double_weights, doubles), total, lanes)
        else:
            call(j.factor, (scores, j.n_classes, weights, k, d_scores))
        own = recast(columns, sums)
        backward(j.scans, j.n_scans, j.links, tile, packed, scratch, own, lanes)
        if k < 0:
            outer(columns, 0, D, columns, 0, 0, 1, output, output, 1, lanes)
        else:
            outer(columns, 0, D, columns, 0, D, 1, at(output, D), output, 0, lanes)


# --- The loop ----------------------------------------------------------------------------


@part
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
        own_totals = carray(recast(total, doubles), n_own)
        for lane in range(n_own):
            own_totals[lane] = start[lane]
        own_sums = pointer_to(j.sums + 8 * index * j.n_sums, sums)
        zeros = carray(recast(own_sums, doubles), j.n_sums)
        for i in range(j.n_sums):
            zeros[i] = 0.0
        for k in range(group * N // G, (group + 1) * N // G):
            tile = tile_at(j.tiles, k)
            lanes = tile.lanes
            if j.lanes_are_candidates:  # no more vectors than hold candidates
                lanes = (n_used + count - 1) // count * count
            forward(j.scans, j.n_scans, tile, packed, scratch, lanes)
            call(j.task, (scratch, packed, total, own_sums, doubles, job, unit, k, lanes))


@part
def _run_chunk(job, c):
    j = job_at(job.ctypes.data, 0)
    doubles = j.scratch + c * j.scratch_bytes
    scratch = doubles + j.double_bytes
    packed = scratch + j.packed * j.real_bytes
    call(j.chunk, (scratch, packed, j.totals, j.sums, doubles, job.ctypes.data, c))


@part
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
