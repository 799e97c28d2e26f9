"""A network as a table of nodes, run forwards and backwards over a tile.

A node reads signals and writes one. A signal has rows of 32 lanes at each of its steps, in the
data or in the scratch memory, where the derivative of the loss by it has a place, too. A clock
counts the steps of a signal and knows the lanes that have ended: steps of the inputs, of windows
of these, of the answers, or the one step of what is known at the end.

The table has one record for each node, with the addresses of its two functions and of their
parameters (``metarnn/nodes`` has a file for each kind). Nothing is compiled for a new structure,
and running the table costs about 2 ns a node.
"""

from typing import Any

import numpy as np

from .jit import LANES, call, subroutine
from .pointers import at, pointer_to, records
from .row_kernels import clear

#: One more row of 32 lanes between two steps: with strides of a power of 2 the steps would compete
#: for the same lines of the cache.
PADDING = LANES

#: Places of a signal.
SCRATCH, INPUTS, ANSWERS = 0, 1, 2


def record(*names: str) -> np.dtype[Any]:
    """Return the type of a record of integers, from names, several in a string or one."""
    return np.dtype([(name, np.int64) for name in " ".join(names).split()])


NODE = record(
    "forward",  # address of (record, tile, weights, scratch, lanes)
    "back",  # address of (record, tile, weights, scratch, sums, lanes)
    "record",  # address of their parameters
)
#: Offsets count numbers of the scratch memory.
SIGNAL = record(
    "place",  # SCRATCH, INPUTS or ANSWERS
    "offset",  # of step 0
    "stride",
    "n_rows",
    "clock",
    "d_offset",  # of the derivative by it, or -1: not needed
    "d_stride",
    "added",  # 1: derivatives are added to those of another node
)
CLOCK = record(
    "n_steps",
    "shortest",  # steps of the shortest sequence
    "lengths",  # address (32,): steps of each sequence, as numbers
)
TILE = record(
    "inputs",  # address (T, I, 32)
    "answers",  # address (U, 1, 32): the previous answers, which a decoder reads
    "clocks",  # address
    "lanes",  # lanes in use, a multiple of 8 or 16; or 1, whose numbers the next ones may repeat
    "labels",  # address (steps of the scores, rows, 32): a class, as a number, or K numbers
    "weights",  # address, likewise: 0 for padding
    "double_weights",  # the same in float64
)
node_at, signal_at, clock_at, tile_at = map(records, (NODE, SIGNAL, CLOCK, TILE))


@subroutine
def values(signal, tile, scratch):
    """Return the pointer to the first step of a signal."""
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
    """Run all nodes backwards, from the derivatives by the scores; add to the sums."""
    for i in range(n_cleared):  # derivatives that several nodes add to, or one in part
        signal = signal_at(cleared, i)
        for t in range(clock_at(tile_at(tile, 0).clocks, signal.clock).n_steps):
            clear(at(scratch, signal.d_offset + t * signal.d_stride), signal.n_rows)
    for i in range(n_nodes - 1, -1, -1):
        node = node_at(nodes, i)
        call(node.back, (node.record, tile, weights, scratch, sums, lanes))
