"""Passes of a whole population over a whole data set: the one parallel loop.

A pass walks the flat index candidate * groups + group of tiles in chunks, one chunk a
thread. A candidate's tiles are cut into groups, and summed, in a way that depends on their
number alone; so the numbers are the same for any number of threads and any company of
candidates.
"""

import os
import threading
import time
from typing import NamedTuple

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from metarnn.cells.elman import step, step_back
from metarnn.engine.blocks import affine, lane_sum, outer
from metarnn.engine.jit import kernel, parallel_kernel
from metarnn.engine.losses import lane_losses
from metarnn.engine.tiles import LANES, Tiles, from_lanes

Array = NDArray[np.floating]
Floats = NDArray[np.float64]

SCORES, LOSSES, GRADIENTS = 0, 1, 2

#: A candidate's tiles are cut into at most so many groups, which threads may share.
MAX_GROUPS = 8
#: A call with fewer multiply-adds runs on one thread: waking another takes longer, and far
#: longer where that one has to wait for a processor.
PARALLEL_FROM = 300_000
#: A call with fewer multiply-adds is done within a millisecond or so. Where it has taken
#: several, a thread had to wait for a processor that some other program had: such calls then
#: run on one thread for a while, in seconds, rather than lose that time again and again.
SMALL = 5_000_000
SLOW, WHILE = 3e-3, 1.0
#: Partial gradients of one call into compiled code take about so many bytes.
PARTIAL_BYTES = 2**26


class Shape(NamedTuple):
    """What compiled code has to know of a network: its sizes, and the activation's code."""

    n_inputs: int
    n_hidden: int
    n_classes: int
    activation: int


class Lessons(NamedTuple):
    """What compiled code has to know of a loss and its data.

    Attributes
    ----------
    loss : int
        Code of the loss.
    labels : (N, 32) int64 array
        Class of each sequence.
    weights : (N, 32) float64 array
        Weight of each sequence; that of the padding is 0.
    """

    loss: int
    labels: NDArray[np.int64]
    weights: Floats


def population_scores(
    shape: Shape, weights: Array, tiles: Tiles, n_threads: int | None = None
) -> Array:
    """Return the scores (P, B, K) of every candidate (P, D) on every sequence."""
    N = len(tiles)
    nothing = Lessons(0, np.zeros((N, LANES), np.int64), np.zeros((N, LANES)))
    scores = np.empty((len(weights), N, shape.n_classes, LANES), weights.dtype)
    n_chunks = _n_chunks(weights, tiles, n_threads)
    _run(SCORES, shape, nothing, weights, tiles, scores, None, n_chunks)
    return from_lanes(scores, tiles.n_sequences)


def population_losses(
    shape: Shape, lessons: Lessons, weights: Array, tiles: Tiles, n_threads: int | None = None
) -> Floats:
    """Return the weighted sum over the sequences of every candidate's losses, (P,)."""
    n_chunks = _n_chunks(weights, tiles, n_threads)
    return _run(LOSSES, shape, lessons, weights, tiles, None, None, n_chunks)


def population_gradients(
    shape: Shape, lessons: Lessons, weights: Array, tiles: Tiles, n_threads: int | None = None
) -> tuple[Floats, Floats]:
    """Return the weighted sums of the losses (P,) and their gradients (P, D).

    By back-propagation through time. Needs 8 * MAX_GROUPS * D bytes a candidate, in blocks
    of candidates of about PARTIAL_BYTES, and 8 * T * H * 32 bytes a thread for the tape.
    """
    P, D = weights.shape
    G = _n_groups(tiles)
    losses, gradients = np.empty(P), np.empty((P, D))
    block = max(1, PARTIAL_BYTES // (8 * G * D))
    n_chunks = _n_chunks(weights, tiles, n_threads)
    for first in range(0, P, block):
        some = slice(first, first + block)
        partial = np.zeros((len(weights[some]), G, D))
        losses[some] = _run(
            GRADIENTS, shape, lessons, weights[some], tiles, None, partial, n_chunks
        )
        partial.sum(axis=1, out=gradients[some])
    return losses, gradients


def check_threads(n_threads: int | None) -> None:
    """Raise a ValueError unless it is None or a positive number."""
    if n_threads is None:
        return
    if not isinstance(n_threads, int | np.integer) or isinstance(n_threads, bool) or n_threads < 1:
        raise ValueError(
            f"n_threads must be an integer of at least 1, or None for all, got {n_threads!r}."
        )


def warm_up(dtype: str) -> None:
    """Compile the passes for a dtype, or load them from numba's cache, ahead of timings."""
    shape, tiles = Shape(1, 1, 2, 0), Tiles.pack(np.zeros((1, 1, 1)), dtype)
    lessons = Lessons(0, np.zeros((1, LANES), np.int64), np.zeros((1, LANES)))
    for n_chunks in (1, 2):
        _run(LOSSES, shape, lessons, np.zeros((2, 7), dtype), tiles, None, None, n_chunks)


# numba runs one parallel region at a time, and none in a process that was forked after
# one: whoever finds it taken, or is such a child, runs the serial twin.
_region = threading.Lock()
_forked = False
_crowded_until = 0.0


def _after_fork() -> None:
    global _region, _forked
    _region, _forked = threading.Lock(), True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _n_groups(tiles: Tiles) -> int:
    return min(MAX_GROUPS, len(tiles))


def _n_chunks(weights: Array, tiles: Tiles, n_threads: int | None) -> int:
    """Return the number of threads that a call is worth."""
    work = _multiply_adds(weights, tiles)
    if work < PARALLEL_FROM or (work < SMALL and time.perf_counter() < _crowded_until):
        return 1
    return n_threads or numba.get_num_threads()


def _multiply_adds(weights: Array, tiles: Tiles) -> int:
    """Return about how many a forward pass of these candidates takes."""
    return weights.size * tiles.n_steps * len(tiles) * LANES


def _run(
    task: int,
    shape: Shape,
    lessons: Lessons,
    weights: Array,
    tiles: Tiles,
    scores: Array | None,
    gradients: Floats | None,
    n_chunks: int,
) -> Floats:
    """Run a task on all candidates; return the sums of their losses."""
    global _crowded_until
    if scores is None:
        scores = np.empty((0, 0, 0, 0), weights.dtype)
    if gradients is None:
        gradients = np.empty((0, 0, 0))
    losses = np.zeros((len(weights), _n_groups(tiles)))
    data = (task, shape, lessons, weights, tiles.inputs, scores, losses, gradients)
    if n_chunks > 1 and not _forked and _region.acquire(blocking=False):
        began = time.perf_counter()
        try:
            _parallel(min(n_chunks, losses.size), *data)
        finally:
            _region.release()
        ended = time.perf_counter()
        if ended - began > SLOW and _multiply_adds(weights, tiles) < SMALL:
            _crowded_until = ended + WHILE
    else:
        _chunk(0, losses.size, *data)
    return np.asarray(losses.sum(axis=1))


@parallel_kernel
def _parallel(n_chunks, task, shape, lessons, weights, inputs, scores, losses, gradients):  # type: ignore[no-untyped-def]
    """Split the flat index into chunks and run them side by side."""
    n = losses.size
    for c in prange(n_chunks):
        _chunk(
            c * n // n_chunks,
            (c + 1) * n // n_chunks,
            task,
            shape,
            lessons,
            weights,
            inputs,
            scores,
            losses,
            gradients,
        )


@kernel
def _chunk(low, high, task, shape, lessons, weights, inputs, scores, losses, gradients):  # type: ignore[no-untyped-def]
    """Work on the flat indices from low to high; scratch is allocated here, once.

    Parameters
    ----------
    low, high : int
        Indices into candidate * G + group.
    task : int
        SCORES, LOSSES or GRADIENTS.
    shape : Shape
        The network.
    lessons : Lessons
        Loss, labels and weights; unused for SCORES.
    weights : (P, D) array
        Candidates: W (H, I), U (H, H), b (H), V (K, H), c (K), one after the other.
    inputs : (N, T, I, 32) array
        Tiles.
    scores : (P, N, K, 32) array
        Output of SCORES.
    losses : (P, G) array
        Output of LOSSES and GRADIENTS.
    gradients : (P, G, D) array
        Output of GRADIENTS: zeros, which are added to.
    """
    I, H, K, activation = shape  # noqa: E741
    N, T = inputs.shape[:2]
    G = losses.shape[1]
    U_at = H * I
    b_at = U_at + H * H
    V_at = b_at + H
    c_at = V_at + K * H
    # With gradients the states of all steps are kept; without, those of the last two.
    n_kept = T if task == GRADIENTS else 2
    n_back = T if task == GRADIENTS else 0
    states = np.empty((n_kept, H, LANES), weights.dtype)
    deltas = np.empty((n_back, H, LANES), weights.dtype)
    d_h = np.empty((H, LANES), weights.dtype)
    tile_scores = np.empty((K, LANES), weights.dtype)
    d_scores = np.empty((1, K, LANES), weights.dtype)
    tile_losses = np.empty(LANES, weights.dtype)
    rows = np.empty((4, LANES), weights.dtype)
    ones = np.ones((n_back, 1, LANES), weights.dtype)
    for index in range(low, high):
        p = index // G
        group = index - p * G
        W = weights[p, :U_at].reshape(H, I)
        U = weights[p, U_at:b_at].reshape(H, H)
        b = weights[p, b_at:V_at]
        V = weights[p, V_at:c_at].reshape(K, H)
        c = weights[p, c_at:]
        if task == GRADIENTS:
            U_T = np.ascontiguousarray(U.T)
            V_T = np.ascontiguousarray(V.T)
            gradient = gradients[p, group]
        for n in range(group * N // G, (group + 1) * N // G):
            for t in range(T):
                h, previous = states[t % n_kept], states[(t - 1) % n_kept]
                step(activation, W, U, b, inputs[n, t], previous, t == 0, h)
            for k in range(K):
                tile_scores[k, :] = c[k]
            affine(V, states[(T - 1) % n_kept], tile_scores)
            if task == SCORES:
                for k in range(K):
                    for lane in range(LANES):
                        scores[p, n, k, lane] = tile_scores[k, lane]
                continue
            lane_losses(lessons.loss, tile_scores, lessons.labels[n], tile_losses, d_scores[0])
            lane_weights = lessons.weights[n]
            losses[p, group] += lane_sum(tile_losses, lane_weights)
            if task == LOSSES:
                continue
            d_h[:] = weights.dtype.type(0)
            affine(V_T, d_scores[0], d_h)
            for t in range(T - 1, -1, -1):
                step_back(activation, U_T, states[t], t == 0, d_h, deltas[t])
            outer(deltas, inputs[n], 0, lane_weights, rows, gradient[:U_at].reshape(H, I))
            outer(deltas, states, 1, lane_weights, rows, gradient[U_at:b_at].reshape(H, H))
            outer(deltas, ones, 0, lane_weights, rows, gradient[b_at:V_at].reshape(H, 1))
            outer(
                d_scores, states[T - 1 :], 0, lane_weights, rows, gradient[V_at:c_at].reshape(K, H)
            )
            outer(d_scores, ones[:1], 0, lane_weights, rows, gradient[c_at:].reshape(K, 1))
