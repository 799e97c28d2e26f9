"""Sequences into lanes, and what tiles put out to where sequences stood.

Each has two forms, one after the other and side by side, which do the same to the bit.
"""

import numpy as np
from numba import prange

from .jit import LANES, kernel, parallel_kernel, part
from .program import CLOCK, TILE

LANES_IN_USE = list(TILE.names or ()).index("lanes")
MOST, LEAST = map(list(CLOCK.names or ()).index, ("n_steps", "shortest"))
#: What a clock counts the steps of.
ONCE, INPUTS, ANSWERS = 0, 1, 2
#: So many numbers of each sequence are put in at a time, and stay in the cache till they are seen
#: to be finite.
PIECE = 64


@part
def _count(tile, table, clocks, lengths, counted, steps, asked, of_tile, group):
    """Count the lanes of a tile that are in use, and the steps of each clock in each lane."""
    first = tile * of_tile
    n_own = min(of_tile, len(steps) - first)
    n_used = LANES if of_tile == 1 else n_own
    table[tile, LANES_IN_USE] = (n_used + group - 1) // group * group
    for c in range(len(counted)):
        of, window = counted[c]
        most, least = 0, np.iinfo(np.int64).max
        for i in range(n_own):
            n_steps = 1
            if of == INPUTS:
                n_steps = (steps[first + i] + window - 1) // window
            elif of == ANSWERS:
                n_steps = (asked[first + i] + window - 1) // window
            lengths[c, tile, i] = n_steps
            most, least = max(most, n_steps), min(least, n_steps)
        # Lanes that are not in use end with the last one that is.
        for i in range(n_own, LANES):
            lengths[c, tile, i] = lengths[c, tile, n_own - 1]
        clocks[tile, c, MOST], clocks[tile, c, LEAST] = most, least


@part
def _arrange(tile, numbers, starts, X, steps, of_tile):
    """Put sequences (n, T, I) into the lanes of a tile; return whether all numbers are finite.

    What pads a sequence, up to the end of the longest one of its tile, is 0.
    """
    n, n_steps, n_inputs = X.shape
    rows, first, origin = X.ravel(), tile * of_tile, starts[tile]
    n_own, size, most = min(of_tile, n - first), n_steps * n_inputs, 0
    for i in range(first, first + n_own):
        most = max(most, steps[i] * n_inputs)
    real, n_wrong = numbers.dtype.type, 0
    for begin in range(0, most, PIECE):
        end = min(begin + PIECE, most)
        for i in range(n_own):
            row, lane = (first + i) * size, origin + i
            own = max(begin, min(end, steps[first + i] * n_inputs))
            for q in range(begin, own):
                numbers[lane + q * LANES] = real(rows[row + q])
            for q in range(own, end):
                numbers[lane + q * LANES] = 0
        if of_tile == 1:  # all lanes hold the one sequence
            for q in range(begin, end):
                for lane in range(1, LANES):
                    numbers[origin + q * LANES + lane] = numbers[origin + q * LANES]
        for k in range(origin + begin * LANES, origin + end * LANES):
            # Of lanes not in use, too, which always hold a number. Infinity, and NaN:
            n_wrong += numbers[k] - numbers[k] != 0
    return n_wrong == 0


@part
def _hand_out(tile, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Copy what a tile has put out to the scores of its sequences."""
    P, _, U, K = scores.shape
    first = tile * of_tile
    n_own = min(of_tile, len(places) - first)
    zero = scores.dtype.type(0)
    for p in range(P):
        unit, own_lane = (p // LANES, p % LANES) if of_tile == 1 else (p, 0)
        begin = (unit * n_tiles + tile) * most_steps
        for i in range(n_own):
            place, end = places[first + i], ends[first + i]
            for u in range(U):
                row = (begin + u) * K
                for k in range(K):
                    there = output[(row + k) * LANES + own_lane + i]
                    scores[p, place, u, k] = there if u < end else zero


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
def fill_side_by_side(
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
def hand_out(n_chunks, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Copy what tiles have put out to the scores (P, B, U, K) of sequences."""
    for tile in range(n_tiles):
        _hand_out(tile, output, scores, places, ends, n_tiles, most_steps, of_tile)


@parallel_kernel
def hand_out_side_by_side(n_chunks, output, scores, places, ends, n_tiles, most_steps, of_tile):
    """Do what :func:`hand_out` does."""
    for c in prange(n_chunks):
        for tile in range(c * n_tiles // n_chunks, (c + 1) * n_tiles // n_chunks):
            _hand_out(tile, output, scores, places, ends, n_tiles, most_steps, of_tile)
