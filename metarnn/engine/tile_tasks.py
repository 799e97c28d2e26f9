"""What a pass does with each tile: copy scores, or add up losses and their derivatives."""

from typing import Any

from numba import carray

from .emission import Code, emitted
from .jit import LANES, Doubles, Reals, Sums, Totals, Weights, call, routines_of, subroutine
from .job import job_at
from .outer import outer
from .pointers import at, cast_like, pointer_to
from .program import TILE, backward, clock_at, forward, signal_at, tile_at
from .row_kernels import clear, copy
from .vector_memory import Pointer
from .vectors import Integer, fma, sums

#: A task: (scratch memory, packed weights, total, sums, doubles, job, unit, tile, lanes).
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
                # Rounded twice, as where lanes are sequences.
                place.store(place.vector() + loss * weight)
            else:
                running = fma(loss, weight, running)
        return [] if total.own else [running]

    n_vectors = (lanes + (losses.count - 1)) // losses.count
    for running in code.loop(n_vectors, [] if total.own else [weights.splat(0.0)], vector):
        total.add(sums([running]).taken([0]))


add_losses = emitted(_add_losses, "add_losses")


@subroutine
def run_forward(j, n, packed, scratch, lanes):
    """Run the network over tile n."""
    forward(j.nodes, j.n_nodes, j.tiles + n * TILE_BYTES, packed, scratch, lanes)


@subroutine
def run_backward(j, n, packed, scratch, sums, lanes):
    """Run the network backwards over tile n."""
    tile = j.tiles + n * TILE_BYTES
    backward(j.nodes, j.n_nodes, j.cleared, j.n_cleared, tile, packed, scratch, sums, lanes)


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
def _copy_output(j, unit, n, scratch):
    """Copy the shown signal of tile n to the output."""
    shown, tile = signal_at(j.shown, 0), tile_at(j.tiles, n)
    size = shown.n_rows * LANES
    first = (unit * j.n_tiles + n) * j.most_steps
    for t in range(clock_at(tile.clocks, shown.clock).n_steps):
        output = pointer_to(j.output + (first + t) * size * j.real_bytes, scratch)
        copy(at(scratch, shown.offset + t * shown.stride), shown.n_rows, output)


@task_routine
def score_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Copy the scores (steps, K, 32) of a tile, or another signal, to the output."""
    _copy_output(job_at(job, 0), unit, n, scratch)


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
    run_backward(j, n, packed, scratch, sums, lanes)


@task_routine
def vjp_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Add to the sums (D,) the derivatives that follow from given ones by the scores.

    They lie where other tasks write their output.
    """
    j, tile = job_at(job, 0), tile_at(job_at(job, 0).tiles, n)
    scores = signal_at(j.scores, 0)
    size = scores.n_rows * LANES
    first = (unit * j.n_tiles + n) * j.most_steps
    for t in range(clock_at(tile.clocks, scores.clock).n_steps):
        given = pointer_to(j.output + (first + t) * size * j.real_bytes, scratch)
        copy(given, scores.n_rows, at(scratch, scores.d_offset + t * scores.d_stride))
    run_backward(j, n, packed, scratch, sums, lanes)


@task_routine
def trace_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Do what :func:`gradient_tile` does, and copy the derivatives by a signal to the output."""
    j = job_at(job, 0)
    _step_losses(j, tile_at(j.tiles, n), scratch, doubles, total, lanes, True)
    run_backward(j, n, packed, scratch, sums, lanes)
    _copy_output(j, unit, n, scratch)


@task_routine
def curvature_tile(scratch, packed, total, sums, doubles, job, unit, n, lanes):
    """Add losses, derivatives (D,) and, after these, the Gauss-Newton matrix (D, D).

    Each column of a square root of the second derivative by the scores is propagated back to the
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
    run_backward(j, n, packed, scratch, own, lanes)
    outer(columns, 0, D, columns, 0, 0, 1, output, output, 1, lanes)
    scores = signal_at(j.scores, 0)
    n_steps = clock_at(tile.clocks, scores.clock).n_steps
    for t in range(n_steps):
        for k in range(scores.n_rows):
            for i in range(D * LANES):
                zeros[i] = 0.0
            if j.recomputes:
                run_forward(j, n, packed, scratch, lanes)
            for other in range(n_steps):
                d_scores = at(scratch, scores.d_offset + other * scores.d_stride)
                if other == t:
                    values = at(scratch, scores.offset + t * scores.stride)
                    weights = at(pointer_to(tile.weights, scratch), t * LANES)
                    call(j.factor, (values, scores.n_rows, weights, k, d_scores))
                else:
                    clear(d_scores, scores.n_rows)
            run_backward(j, n, packed, scratch, own, lanes)
            outer(columns, 0, D, columns, 0, D, 1, at(output, D), output, 0, lanes)
