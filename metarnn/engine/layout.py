"""From cells to the tables of ``program.py``: where everything is, worked out once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .blocks import Positions
from .jit import LANES, Kind, Routine
from .program import CHUNK, ENDLESS, INPUTS, LINK, PADDING, SCAN

#: A gradient keeps checkpoints where its slots would take more bytes than this: about what a
#: second-level cache holds. Steps are then computed twice, but from near memory.
SLOTS_BYTES = 2**20


class Orders(NamedTuple):
    """The orders in which packed weights are read: by the step, and by its two derivatives."""

    step: Positions
    state: Positions
    inputs: Positions


class Link(NamedTuple):
    """A matrix of weights: rows of derivatives times rows of what they multiplied.

    Attributes
    ----------
    delta : int
        First row of the cell's derivatives.
    source : int
        INPUTS, STATES or ONES.
    row : int
        First row of the source.
    weights : (R, C) int array
        Where the weights stand in a candidate's; one after the other.
    """

    delta: int
    source: int
    row: int
    weights: Positions


@dataclass(frozen=True)
class Cell:
    """What a network is made of: a step, its derivative, and the shapes of its weights.

    A cell is a file in ``metarnn/cells``: a subclass with the routines, and with the methods
    below. The rows of a slot are its state, of which the first `n_hidden` are what it
    multiplies at the next step and what is read above it, and then whatever its derivative
    has to know.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    n_inputs: int
    n_hidden: int

    @property
    def step(self) -> Routine:
        """``(w, x, n_x, before, n_before, slot, H, lanes)``; n_before is 0 at step 0."""
        raise NotImplementedError

    @property
    def back(self) -> Routine:
        """``(w, before, n_before, slot, d_state, delta, H, lanes)``."""
        raise NotImplementedError

    @property
    def n_state(self) -> int:
        """Rows that pass on to the next step."""
        return self.n_hidden

    @property
    def n_slot(self) -> int:
        """Rows that a step writes."""
        return self.n_state

    @property
    def n_delta(self) -> int:
        """Rows of derivatives."""
        return self.n_hidden

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weights by name, in the order of the flat vector."""
        raise NotImplementedError

    @property
    def scales(self) -> dict[str, float]:
        """Standard deviation of each block of initial weights."""
        raise NotImplementedError

    def orders(self, positions: dict[str, Positions]) -> Orders:
        """Return the orders of weights that stand at these positions."""
        raise NotImplementedError

    def links(self, positions: dict[str, Positions]) -> list[Link]:
        """Return the matrices of weights that stand at these positions."""
        raise NotImplementedError


class Layer(NamedTuple):
    """A cell, the positions of its weights, and whether it reads its source's last step only."""

    cell: Cell
    positions: dict[str, Positions]
    last: bool


@dataclass(frozen=True)
class Layout:
    """The tables of a network for sequences of up to T steps.

    Parameters
    ----------
    layers : sequence of Layer
        From the data up; each reads the one before.
    kind : Kind
        Of numbers.
    n_steps : int
        T.
    derivatives : bool
        Whether derivatives are wanted.
    """

    layers: Sequence[Layer]
    kind: Kind
    n_steps: int
    derivatives: bool

    @cached_property
    def tables(self) -> "Tables":
        """The records, the order of the packed weights and the size of the scratch memory."""
        real_bytes = np.dtype(self.kind.real).itemsize
        scans = np.zeros(len(self.layers), SCAN)
        orders: list[Positions] = []
        links: list[tuple[int, ...]] = []
        room = _Room()
        for i, (cell, positions, last) in enumerate(self.layers):
            scan = scans[i]
            n_steps = 1 if last else self.n_steps
            all_read = i + 1 < len(self.layers) and not self.layers[i + 1].last
            scan["step"] = cell.step.address(self.kind)
            for name in ("n_inputs", "n_hidden", "n_state", "n_delta"):
                scan[name] = getattr(cell, name)
            scan["source"], scan["last"] = i - 1, last
            order = cell.orders(positions)
            scan["weights"] = sum(map(len, orders))
            orders.append(order.step)
            stride = cell.n_slot * LANES + PADDING
            scan["slot_stride"], scan["segment"] = stride, ENDLESS
            n_slots = n_steps + 1 if self.derivatives or all_read else 2
            if self.derivatives and not all_read and n_slots * stride * real_bytes > SLOTS_BYTES:
                segment = max(1, SLOTS_BYTES // (stride * real_bytes) // 2)
                n_slots, scan["segment"] = segment + 1, segment
                scan["checkpoints"] = room.take((n_steps // segment + 1) * cell.n_state)
            scan["n_slots"] = n_slots
            scan["slots"] = room.take(n_slots * stride // LANES)
            scan["d_inputs"] = scan["d_outputs"] = -1
            if self.derivatives:
                scan["back"] = cell.back.address(self.kind)
                scan["back_weights"] = sum(map(len, orders))
                orders.append(order.state)
                scan["d_state"], scan["spare"] = room.take(cell.n_state), room.take(cell.n_state)
                scan["delta_stride"] = cell.n_delta * LANES + PADDING
                scan["deltas"] = room.take(min(CHUNK, n_steps) * (cell.n_delta + 1))
                if i > 0:
                    scan["input_weights"] = sum(map(len, orders))
                    orders.append(order.inputs)
                    self._connect(scan, scans[i - 1], room)
                cell_links = cell.links(positions)
                scan["first_link"], scan["n_links"] = len(links), len(cell_links)
                links += [
                    (link.delta, len(link.weights), link.source, link.row, *_block(link.weights))
                    for link in cell_links
                ]
        return Tables(scans, np.array(links, LINK), np.concatenate(orders), room)

    def _connect(self, scan: Any, below: Any, room: "_Room") -> None:
        """Say where the derivatives by what a scan reads go."""
        if scan["last"]:
            scan["d_inputs"], scan["d_input_stride"] = below["d_state"], 0
        else:
            stride = scan["n_inputs"] * LANES + PADDING
            scan["d_inputs"] = room.take(self.n_steps * stride // LANES)
            scan["d_input_stride"] = stride
            below["d_outputs"], below["d_output_stride"] = scan["d_inputs"], stride


def _block(weights: Positions) -> tuple[int, int]:
    """Return the columns and the offset of a block of weights."""
    n = weights.shape[1]
    if not np.array_equal(weights.ravel(), weights[0, 0] + np.arange(weights.size)):
        raise ValueError("The weights of a link must stand one after the other.")
    return n, int(weights[0, 0])


class _Room:
    """Scratch memory that is being shared out, in rows of 32 numbers."""

    def __init__(self) -> None:
        self.size = 0

    def take(self, n_rows: int) -> int:
        """Return the offset of so many rows."""
        offset = self.size
        self.size += int(n_rows) * LANES
        return offset


class Tables(NamedTuple):
    """A network as data."""

    scans: Any
    links: Any
    order: Positions
    room: _Room
