"""Sequences into lanes, and what tiles put out to where sequences stood.

Each has two forms, one after the other and side by side, which do the same to the bit.
"""

from numba import prange

from .jit import LANES, kernel, parallel_kernel, subroutine
from .program import CLOCK, TILE

LANES_IN_USE = list(TILE.names or ()).index("lanes")
MOST, LEAST = map(list(CLOCK.names or ()).index, ("n_steps", "shortest"))
#: What a clock counts the steps of.
ONCE, INPUTS, ANSWERS = 0, 1, 2


@subroutine
def _count(tile, table, clocks, lengths, counted, steps, asked, of_tile, group):
    """Count the lanes of a tile that are in use, and the steps of each clock in each lane."""
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
            own = (steps if of == INPUTS else asked)[first : first + n_own]
            for i in range(n_own):
                # A division takes longer than all else here.
                lanes[i] = own[i] if window == 1 else (own[i] + window - 1) // window
            # Lanes that are not in use end with the last one that is.
            lanes[n_own:] = lanes[n_own - 1]
            most, least = lanes[:n_own].max(), lanes[:n_own].min()
        clocks[tile, c, MOST], clocks[tile, c, LEAST] = most, least


@subroutine
def _arrange(tile, numbers, starts, X, steps, of_tile):
    """Put sequences (n, T, I) into the lanes of a tile; return whether all numbers are finite.

    What pads a sequence, up to the end of the longest one of its tile, is 0.
    """
    n, n_steps, n_inputs = X.shape
    first, real = tile * of_tile, numbers.dtype.type
    n_own = min(of_tile, n - first)
    # Arrays that begin here: an index that might be negative would be looked at each time.
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
        for lane in range(LANES):
            # Of lanes not in use, too, which always hold a number. Infinity, and NaN:
            n_wrong += table[q, lane] - table[q, lane] != 0
    return n_wrong == 0


@subroutine
def _hand_out(tile, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Copy what a tile has put out to the scores of its sequences."""
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
def fill(
    n_chunks, table, clocks, lengths, counted, steps, asked, numbers, starts, X, of_tile, group
):
    """Put sequences into tiles; return how many tiles hold what is not finite."""
    n_wrong = 0
    for tile in range((len(X) + of_tile - 1) // of_tile):
        _count(tile, table, clocks, lengths, counted, steps, asked, of_tile, group)
        n_wrong += not _arrange(tile, numbers, starts, X, steps, of_tile)
    return n_wrong


@parallel_kernel
def fill_parallel(
    n_chunks, table, clocks, lengths, counted, steps, asked, numbers, starts, X, of_tile, group
):
    """Do what :func:`fill` does."""
    n_wrong, n = 0, (len(X) + of_tile - 1) // of_tile
    for c in prange(n_chunks):
        for tile in range(c * n // n_chunks, (c + 1) * n // n_chunks):
            _count(tile, table, clocks, lengths, counted, steps, asked, of_tile, group)
            n_wrong += not _arrange(tile, numbers, starts, X, steps, of_tile)
    return n_wrong


@kernel
def arrange(numbers, starts, X, steps, of_tile):
    """Put other numbers of sequences into tiles."""
    for tile in range((len(X) + of_tile - 1) // of_tile):
        _arrange(tile, numbers, starts, X, steps, of_tile)


@kernel
def scatter_scores(n_chunks, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Copy what tiles have put out to the scores (P, B, U, K) of sequences."""
    for tile in range(n_tiles):
        _hand_out(tile, output, scores, places, ends, n_tiles, most_steps, of_tile)


@parallel_kernel
def scatter_scores_parallel(n_chunks, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Do what :func:`scatter_scores` does."""
    for c in prange(n_chunks):
        for tile in range(c * n_tiles // n_chunks, (c + 1) * n_tiles // n_chunks):
            _hand_out(tile, output, scores, places, ends, n_tiles, most_steps, of_tile)
