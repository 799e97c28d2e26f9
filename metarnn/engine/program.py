"""A network as a table of nodes, run forwards and backwards over a tile.

A node reads signals and writes one. A signal is so many rows of 32 lanes at each of so many
steps: of the data, or somewhere in the scratch memory, where the derivative of the loss by it
has a place too. A clock counts the steps of a signal and says which lanes have ended: those
of the inputs, of windows of these, of the answers, or the one step of what is known at the end.

What a network consists of is data: one record a node, with the addresses of its two
functions and of what these have to know (``metarnn/layers`` has a file for each kind). Nothing
is compiled for a new structure, and running the table costs about two nanoseconds a node.
"""

from typing import Any

import numpy as np

from .jit import LANES, Reals, Sums, Weights, call, routines_of, subroutine
from .pointers import at, pointer_to, records
from .row_kernels import clear

#: A float32 or float64 row of 32 lanes more between two steps: with strides of a power of 2
#: the steps would compete for the same places in the cache.
PADDING = LANES

#: Where a signal is.
SCRATCH, INPUTS, ANSWERS = 0, 1, 2


def record(*names: str) -> np.dtype[Any]:
    """Return the type of a record of integers."""
    return np.dtype([(name, np.int64) for name in names])


NODE = record(
    "forward",  # address of (record, tile, weights, scratch, lanes)
    "back",  # address of (record, tile, weights, scratch, sums, lanes)
    "record",  # address of what these have to know
)
#: Offsets are counted in numbers of the scratch memory.
SIGNAL = record(
    "place",  # SCRATCH, INPUTS or ANSWERS
    "offset",  # of step 0
    "stride",
    "n_rows",
    "clock",
    "d_offset",  # of the derivative by it, or -1: not wanted
    "d_stride",
    "added",  # 1: another node has been there, so derivatives are added
)
CLOCK = record(
    "n_steps",
    "shortest",  # steps of the shortest sequence
    "lengths",  # address (32,): steps of each sequence, as numbers
)
TILE = record(
    "inputs",  # address (T, I, 32)
    "answers",  # address (U, 1, 32): the answers before
    "clocks",  # address
    "lanes",  # lanes in use, a multiple of 8 or 16
    "labels",  # address (steps of the scores, rows, 32): a class, as a number, or K numbers
    "weights",  # address, likewise: 0 for padding
    "double_weights",  # the same in float64
)
#: What a node does: with its record, the tile, weights, scratch memory, [sums,] lanes.
forward_routine = routines_of(int, int, Weights, Reals, int)
backward_routine = routines_of(int, int, Weights, Reals, Sums, int)

node_at, signal_at, clock_at, tile_at = map(records, (NODE, SIGNAL, CLOCK, TILE))


@subroutine
def values(signal, tile, scratch):
    """Return where the first step of a signal is."""
    if signal.place == INPUTS:
        return at(pointer_to(tile.inputs, scratch), signal.offset)
    if signal.place == ANSWERS:
        return at(pointer_to(tile.answers, scratch), signal.offset)
    return at(scratch, signal.offset)


@subroutine
def forward(nodes, n_nodes, tile, weights, scratch, lanes):
    """Run all nodes over a tile."""
    for i in range(n_nodes):
        node = node_at(nodes, i)
        call(node.forward, (node.record, tile, weights, scratch, lanes))


@subroutine
def backward(nodes, n_nodes, cleared, n_cleared, tile, weights, scratch, sums, lanes):
    """Run all nodes backwards, from the derivative by the scores; add to the sums."""
    for i in range(n_cleared):  # what several nodes add to, or one in part
        signal = signal_at(cleared, i)
        for t in range(clock_at(tile_at(tile, 0).clocks, signal.clock).n_steps):
            clear(at(scratch, signal.d_offset + t * signal.d_stride), signal.n_rows)
    for i in range(n_nodes - 1, -1, -1):
        node = node_at(nodes, i)
        call(node.back, (node.record, tile, weights, scratch, sums, lanes))
