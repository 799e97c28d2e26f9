"""From cells to the tables of ``program.py``: where everything is, worked out once."""

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .blocks import Positions
from .jit import LANES, Kind, Routine
from .program import CHUNK, ENDLESS, LINK, PADDING, SCAN, affine_rows, outer_rows

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
        INPUTS or STATES.
    row : int
        First row of the source.
    weights : (R, C) int array
        Where the weights stand in a candidate's; one after the other.
    biases : (R,) int array, optional
        Where what is added to each row stands; likewise.
    """

    delta: int
    source: int
    row: int
    weights: Positions
    biases: Positions | None = None

    @property
    def record(self) -> tuple[int, ...]:
        """What compiled code has to know."""
        (n_rows, n_columns), first = self.weights.shape, self.weights[0, 0]
        together = [self.weights] if self.biases is None else [self.weights, self.biases]
        for block in together:
            if not np.array_equal(block.ravel(), block.flat[0] + np.arange(block.size)):
                raise ValueError("The weights of a link must stand one after the other.")
        biases = -1 if self.biases is None else self.biases[0]
        return self.delta, n_rows, self.source, self.row, n_columns, first, biases


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
        """``(w, before, n_before, slot, d_state, delta, ready, delta_before, wanted, H, lanes)``.

        Computes delta, from which the derivatives by the weights are made, and turns d_state,
        the derivative by the slot's state, into that by the state before. If `wanted`, it may
        compute delta_before, the delta of the step before, instead; it is called for that
        step next, and told that it is `ready`.
        """
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
    def n_weights(self) -> int:
        """How many these are."""
        return sum(map(prod, self.shapes.values()))

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
    """A cell in a network; each one reads the one before.

    Attributes
    ----------
    cell : Cell
        What is applied at each step.
    first : int
        Where its weights begin in a candidate's.
    last : bool
        Whether it reads the last step of its source only.
    """

    cell: Cell
    first: int
    last: bool

    @property
    def positions(self) -> dict[str, Positions]:
        """Where each of the cell's weights stands."""
        positions, start = {}, self.first
        for name, shape in self.cell.shapes.items():
            positions[name] = start + np.arange(prod(shape)).reshape(shape)
            start += prod(shape)
        return positions


class Tables(NamedTuple):
    """A network as data.

    Attributes
    ----------
    scans, links : record arrays
        See ``program.py``.
    order : int array
        Where each packed weight comes from, or -1 for a zero.
    n_numbers : int
        Size of the scratch memory.
    """

    scans: Any
    links: Any
    order: Positions
    n_numbers: int


@lru_cache(maxsize=256)
def tables(layers: tuple[Layer, ...], kind: Kind, n_steps: int, derivatives: bool) -> Tables:
    """Lay out a network for sequences of up to T steps.

    Parameters
    ----------
    layers : tuple of Layer
        From the data up.
    kind : Kind
        Of numbers.
    n_steps : int
        T.
    derivatives : bool
        Whether derivatives are wanted.
    """
    scans = np.zeros(len(layers), SCAN)
    orders: list[Positions] = []
    links: list[tuple[int, ...]] = []
    room = Room()

    def ordered(order: Positions) -> int:
        orders.append(order)
        return sum(map(len, orders[:-1]))

    for i, (scan, layer) in enumerate(zip(scans, layers, strict=True)):
        cell, positions = layer.cell, layer.positions
        order = cell.orders(positions)
        scan["step"] = cell.step.address(kind)
        for name in ("n_inputs", "n_hidden", "n_state", "n_delta"):
            scan[name] = getattr(cell, name)
        scan["source"], scan["last"] = i - 1, layer.last
        scan["weights"] = ordered(order.step)
        all_read = i + 1 < len(layers) and not layers[i + 1].last
        n_read = 1 if layer.last else n_steps
        _lay_slots(scan, cell, kind, n_read, derivatives, all_read, room)
        scan["d_inputs"] = scan["d_outputs"] = -1
        if derivatives:
            scan["back"], scan["outer"] = cell.back.address(kind), outer_rows.address(kind)
            scan["back_weights"] = ordered(order.state)
            scan["d_state"], scan["spare"] = room.take(cell.n_state), room.take(cell.n_state)
            scan["delta_stride"] = cell.n_delta * LANES + PADDING
            scan["deltas"] = room.take(min(CHUNK, n_read) * (cell.n_delta + 1))
            if i > 0:
                scan["affine"] = affine_rows.address(kind)
                scan["input_weights"] = ordered(order.inputs)
                _connect(scan, scans[i - 1], n_steps, room)
            own_links = [link.record for link in cell.links(positions)]
            scan["first_link"], scan["n_links"] = len(links), len(own_links)
            links += own_links
    return Tables(scans, np.array(links, LINK), np.concatenate(orders), room.n_numbers)


def _lay_slots(
    scan: Any, cell: Cell, kind: Kind, n_steps: int, derivatives: bool, all_read: bool, room: "Room"
) -> None:
    """Say where a scan leaves its slots, and whether it keeps all of them."""
    stride = cell.n_slot * LANES + PADDING
    kept = derivatives or all_read
    scan["n_slots"], scan["segment"], scan["slot_stride"] = n_steps + 1, ENDLESS, stride
    n_fitting = SLOTS_BYTES // (stride * np.dtype(kind.real).itemsize)
    if not kept:
        scan["n_slots"] = 2
    elif not all_read and n_steps + 1 > n_fitting:
        scan["segment"] = max(2, n_fitting // 2)  # two slots are a pass without derivatives
        scan["n_slots"] = scan["segment"] + 1
        scan["checkpoints"] = room.take((n_steps // scan["segment"] + 1) * cell.n_state)
    scan["slots"] = room.take(scan["n_slots"] * stride // LANES)


def _connect(scan: Any, below: Any, n_steps: int, room: "Room") -> None:
    """Say where the derivatives by what a scan reads go."""
    if scan["last"]:
        scan["d_inputs"], scan["d_input_stride"] = below["d_state"], 0
    else:
        stride = scan["n_inputs"] * LANES + PADDING
        scan["d_inputs"], scan["d_input_stride"] = room.take(n_steps * stride // LANES), stride
        below["d_outputs"], below["d_output_stride"] = scan["d_inputs"], stride


class Room:
    """Scratch memory that is being shared out, in rows of 32 numbers."""

    def __init__(self, n_numbers: int = 0) -> None:
        self.n_numbers = n_numbers

    def take(self, n_rows: int) -> int:
        """Return the offset of so many rows."""
        offset = self.n_numbers
        self.n_numbers += int(n_rows) * LANES
        return offset
