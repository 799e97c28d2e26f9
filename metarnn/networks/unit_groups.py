"""Which weights belong to which unit, for optimizers that evolve units apart."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.graph import Program
from metarnn.engine.weight_block import positions_of, shapes_of, size_of
from metarnn.nodes.cell_node import CellNode

Indices = NDArray[np.int64]


@lru_cache(maxsize=256)
def unit_groups(program: Program) -> tuple[Indices, ...]:
    """Return the weights of each unit, and of each output, as places in a candidate (D,).

    A block of a recurrent or linear layer of H units has a row, or one for each gate, for each
    unit. All other weights of a layer, such as the angles of an orthogonal matrix or those of an
    attention, are one group.
    """
    groups: list[Indices] = []
    first = 0
    for node in program.nodes:
        shapes = shapes_of(node.blocks)
        blocks = positions_of(shapes, first)
        first += size_of(shapes)
        n_units = node.cell.n_hidden if isinstance(node, CellNode) else 0
        units: list[list[Indices]] = [[] for _ in range(n_units)]
        rest: list[Indices] = []
        for places in map(np.atleast_1d, blocks.values()):
            if n_units and len(places) % n_units == 0 and places.size:
                for unit in range(n_units):
                    units[unit].append(places[unit::n_units].ravel())
            else:
                rest.append(places.ravel())
        groups += [np.sort(np.concatenate(own)) for own in (*units, rest) if own]
    return tuple(group for group in groups if len(group))
