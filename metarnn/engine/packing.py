"""Packing of sequences into lanes, and scattering of the scores of tiles to their sequences.

Mini-batches are gathered from the lanes of other tiles. All else has a serial and a parallel form,
which do the same to the bit.
"""

from numba import prange

from .jit import LANES, kernel, parallel_kernel, subroutine
from .program import CLOCK, TILE

LANES_IN_USE = list(TILE.names or ()).index("lanes")
MOST, LEAST = map(list(CLOCK.names or ()).index, ("n_steps", "shortest"))
#: What a clock counts the steps of: nothing, inputs or answers.
ONCE, INPUTS, ANSWERS = 0, 1, 2


@subroutine
def _set_steps(tile, table, clocks, lengths, counted, steps, counts, of_tile, group):
    """Set the lanes of a tile that are in use, and the steps of each clock in each lane."""
    first = tile * of_tile
    n_own = min(of_tile, len(steps) - first)
    n_used = LANES if of_tile == 1 else n_own
    table[tile, LANES_IN_USE] = (n_used + group - 1) // group * group
    for c in range(len(counted)):
        of, window = counted[c]
        lanes, most, least = lengths[c, tile], 1, 1
        if of == ONCE:
            lanes[:] = 1
        else:
            own = (steps if of == INPUTS else counts)[first : first + n_own]
            for i in range(n_own):
                # A division takes longer than all else here.
                lanes[i] = own[i] if window == 1 else (own[i] + window - 1) // window
            # Lanes that are not in use end with the last one in use.
            lanes[n_own:] = lanes[n_own - 1]
            most, least = lanes[:n_own].max(), lanes[:n_own].min()
        clocks[tile, c, MOST], clocks[tile, c, LEAST] = most, least


@subroutine
def _pack(tile, numbers, starts, X, steps, of_tile):
    """Put sequences (n, T, I) into the lanes of a tile; return whether all numbers are finite.

    Zeros pad a sequence up to the end of the longest one of its tile.
    """
    n, n_steps, n_inputs = X.shape
    first, real = tile * of_tile, numbers.dtype.type
    n_own = min(of_tile, n - first)
    # Arrays that begin here, since numba tests an index that might be negative each time.
    own = steps[first : first + n_own] * n_inputs
    rows = X.reshape(n, n_steps * n_inputs)[first : first + n_own]
    most, origin = own.max(), starts[tile]
    table = numbers[origin : origin + most * LANES].reshape(most, LANES)
    for i in range(n_own):
        for q in range(own[i]):
            table[q, i] = real(rows[i, q])
        for q in range(own[i], most):
            table[q, i] = 0
    n_wrong = 0
    for q in range(most):
        if of_tile == 1:  # all lanes hold the one sequence
            table[q, 1:] = table[q, 0]
        for lane in range(LANES):  # also those not in use, which always hold numbers
            # x - x is 0 but for infinity and NaN.
            n_wrong += table[q, lane] - table[q, lane] != 0
    return n_wrong == 0


@subroutine
def _scatter(tile, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Copy the output of a tile to the scores of its sequences."""
    P, _, U, K = scores.shape
    first = tile * of_tile
    n_own = min(of_tile, len(places) - first)
    zero = scores.dtype.type(0)
    for p in range(P):
        unit, own_lane = (p // LANES, p % LANES) if of_tile == 1 else (p, 0)
        begin = (unit * n_tiles + tile) * most_steps * K * LANES
        rows = output[begin : begin + U * K * LANES].reshape(U, K, LANES)
        for i in range(n_own):
            own, end = scores[p, places[first + i]], ends[first + i]
            for u in range(U):
                for k in range(K):
                    own[u, k] = rows[u, k, own_lane + i] if u < end else zero


@kernel
def pack_checked(
    n_chunks, table, clocks, lengths, counted, steps, counts, numbers, starts, X, of_tile, group
):
    """Put sequences into tiles; return how many tiles hold numbers that are not finite."""
    n_wrong = 0
    for tile in range((len(X) + of_tile - 1) // of_tile):
        _set_steps(tile, table, clocks, lengths, counted, steps, counts, of_tile, group)
        n_wrong += not _pack(tile, numbers, starts, X, steps, of_tile)
    return n_wrong


@parallel_kernel
def pack_checked_parallel(
    n_chunks, table, clocks, lengths, counted, steps, counts, numbers, starts, X, of_tile, group
):
    """Do what :func:`pack_checked` does."""
    n_wrong, n = 0, (len(X) + of_tile - 1) // of_tile
    for c in prange(n_chunks):
        for tile in range(c * n // n_chunks, (c + 1) * n // n_chunks):
            _set_steps(tile, table, clocks, lengths, counted, steps, counts, of_tile, group)
            n_wrong += not _pack(tile, numbers, starts, X, steps, of_tile)
    return n_wrong


@kernel
def pack(numbers, starts, X, steps, of_tile):
    """Put other numbers of sequences, such as previous answers, into tiles."""
    for tile in range((len(X) + of_tile - 1) // of_tile):
        _pack(tile, numbers, starts, X, steps, of_tile)


@kernel
def set_steps(table, clocks, lengths, counted, steps, counts, group):
    """Set the lanes of tiles that are in use, and the steps of each clock in each lane."""
    for tile in range(len(table)):
        _set_steps(tile, table, clocks, lengths, counted, steps, counts, LANES, group)


@kernel
def gather(numbers, starts, source, source_starts, n_rows, lanes, steps):
    """Put into tiles the sequences (n,) in these lanes of others: n_rows at each of their steps.

    Zeros pad a sequence up to the end of the longest one of its tile; lanes that are not in use
    hold the last sequence, so that these overflow only where a sequence does.
    """
    for tile in range(len(starts) - 1):
        first, origin = tile * LANES, starts[tile]
        n_own = min(LANES, len(lanes) - first)
        most = steps[first : first + n_own].max() * n_rows
        table = numbers[origin : origin + most * LANES].reshape(most, LANES)
        for i in range(n_own):
            at, own = lanes[first + i], steps[first + i] * n_rows
            lane = source[source_starts[at // LANES] + at % LANES :]
            for q in range(own):
                table[q, i] = lane[q * LANES]
            for q in range(own, most):
                table[q, i] = 0
        if n_own < LANES:
            for q in range(most):
                table[q, n_own:] = table[q, n_own - 1]


@kernel
def gather_weights(doubles, starts, reals, source, source_starts, lanes, weights):
    """Share the weights (n,) of sequences equally among their scored steps; the others have 0.

    Which are scored is known from the weights of the source. Padding has 0.
    """
    n_steps = (starts[1] - starts[0]) // LANES
    doubles[:] = 0
    for i in range(len(lanes)):
        own = source[source_starts[lanes[i] // LANES] + lanes[i] % LANES :]
        n_scored = 0
        for q in range(n_steps):
            n_scored += own[q * LANES] > 0
        lane = starts[i // LANES] + i % LANES
        for q in range(n_steps):
            if own[q * LANES] > 0:
                doubles[lane + q * LANES] = weights[i] / n_scored
    for q in range(len(doubles)):
        reals[q] = doubles[q]


@kernel
def scatter_scores(n_chunks, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Copy the outputs of tiles to the scores (P, B, U, K) of sequences."""
    for tile in range(n_tiles):
        _scatter(tile, output, scores, places, ends, n_tiles, most_steps, of_tile)


@parallel_kernel
def scatter_scores_parallel(n_chunks, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Do what :func:`scatter_scores` does."""
    for c in prange(n_chunks):
        for tile in range(c * n_tiles // n_chunks, (c + 1) * n_tiles // n_chunks):
            _scatter(tile, output, scores, places, ends, n_tiles, most_steps, of_tile)
