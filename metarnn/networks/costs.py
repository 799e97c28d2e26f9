"""What a network costs: weights, arithmetic and memory, from its nodes and without a run.

A forward pass of one sequence takes about as many multiply-adds as there are weights, times the
steps; a gradient about three times that, and it keeps what the way back has to know.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from metarnn.engine.graph import Node, Work
from metarnn.engine.jit import LANES, Variant
from metarnn.engine.layout import ScratchAllocator
from metarnn.engine.signals import Steps
from metarnn.engine.tables import tables
from metarnn.engine.tiles import CANDIDATES_AS_LANES_BELOW

from .network import Network


class Row(NamedTuple):
    """What a node does for one sequence."""

    name: str
    n_rows: int
    n_steps: int
    work: Work


class Memory(NamedTuple):
    """Bytes of a thread in one kind of pass.

    Attributes
    ----------
    scratch : int
        What nodes read and write.
    packed : int
        Weights in the order in which they are read.
    """

    scratch: int
    packed: int


class Costs(NamedTuple):
    """What a network costs.

    Attributes
    ----------
    blocks : dict of str to tuple of int
        Shapes of the weights of a candidate, by name.
    rows : list of Row
        What the nodes do in a forward pass of one sequence.
    losses, gradients : Memory
        Of a thread, in passes for losses and for gradients.
    lanes : {"sequences", "candidates"}
        Of which a thread takes 32 at a time.
    """

    blocks: dict[str, tuple[int, ...]]
    rows: list[Row]
    losses: Memory
    gradients: Memory
    lanes: str

    @property
    def n_weights(self) -> int:
        """D."""
        return sum(map(prod, self.blocks.values()))

    @property
    def work(self) -> Work:
        """What all nodes do."""
        return Work(
            sum(row.work.multiply_adds for row in self.rows),
            sum(row.work.functions for row in self.rows),
        )

    def table(self) -> str:
        """Return all of it as text of at most 80 columns."""
        width = max(map(len, ("weights", "node", *self.blocks, *(row.name for row in self.rows))))
        line = f"{{:{width}}}  {{:>14}} {{:>12}}".format
        lines = [line("weights", "shape", "number")]
        for name, shape in self.blocks.items():
            lines.append(line(name, " x ".join(map(str, shape)), f"{prod(shape):,}"))
        lines += [line("all", "", f"{self.n_weights:,}"), ""]
        line = f"{{:{width}}}  {{:>6}} {{:>7}} {{:>15}} {{:>13}}".format
        lines.append(line("node", "rows", "steps", "multiply-adds", "activations"))
        for row in self.rows:
            numbers = row.n_rows, row.n_steps, *row.work
            lines.append(line(row.name, *(f"{n:,}" for n in numbers)))
        lines += [line("a sequence", "", "", *(f"{n:,}" for n in self.work)), ""]
        line = f"{{:{width}}}  {{:>14}} {{:>12}}".format
        lines.append(line("memory", "losses", "gradients"))
        for name in Memory._fields:
            sizes = (_bytes(getattr(memory, name)) for memory in (self.losses, self.gradients))
            lines.append(line(name, *sizes))
        lines.append("")
        lines.append("Arithmetic is that of a forward pass; a gradient takes about three times")
        lines.append(f"as much. Memory is a thread's, which takes 32 {self.lanes} at a time.")
        return "\n".join(text.rstrip() for text in lines)


def costs(
    network: Network,
    n_steps: int,
    *,
    n_answers: int = 0,
    n_columns: int = 0,
    n_sequences: int = LANES,
) -> Costs:
    """Return what passes of a network over such data cost.

    Parameters
    ----------
    network : Network
        Which.
    n_steps : int
        Steps of the longest sequence; cells of an image.
    n_answers : int
        Of the longest answer, where a decoder gives it, with the mark of its end.
    n_columns : int
        Of an image.
    n_sequences : int
        How many there are: with few of them the lanes are candidates, whose weights take more
        room.

    Raises
    ------
    ValueError
        Sizes that are not positive, or no answers for a decoder.
    """
    program = network.program
    for name, size in (("n_steps", n_steps), ("n_sequences", n_sequences)):
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")
    if network.input_kind == "images" and (n_columns < 1 or n_steps % n_columns):
        raise ValueError(
            f"n_columns must divide the {n_steps} cells of an image into rows, got {n_columns}."
        )
    if network.decodes and n_answers < 1:
        raise ValueError("n_answers must be at least 1: the network has a decoder.")
    steps = Steps(n_steps, n_answers if network.decodes else 0, n_columns)
    rows = [
        Row(_name(node), node.target.n_rows, steps.of(node.target.clock), node.work(steps))
        for node in program.nodes
    ]
    own = n_sequences < CANDIDATES_AS_LANES_BELOW
    losses, gradients = (_memory(network, steps, own, wanted) for wanted in (False, True))
    lanes = "candidates" if own else "sequences"
    return Costs(program.shapes, rows, losses, gradients, lanes)


def _memory(network: Network, steps: Steps, own: bool, derivatives: bool) -> Memory:
    """Return the bytes of a thread, as a pass shares them out."""
    laid = tables(network.program, Variant(network.dtype, own, own, code=False), steps, derivatives)
    n_bytes = np.dtype(network.dtype).itemsize
    packed = ScratchAllocator()
    packed.take(-(-len(laid.order) * (LANES if own else 1) // LANES))
    # Losses of the lanes, and the float64 numbers that they start at.
    rest = ScratchAllocator(laid.n_numbers)
    rest.take(1)
    return Memory(rest.n_numbers * n_bytes + 8 * LANES, packed.n_numbers * n_bytes)


def _name(node: Node) -> str:
    """Return what a node is: the cell that it applies, or itself."""
    return type(getattr(node, "cell", node)).__name__.lower() + node.suffix


def _bytes(n: int) -> str:
    """Return a number of bytes as people read it."""
    size, units = float(n), ["bytes", "kB", "MB", "GB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:,.0f} {units[0]}" if units[0] == "bytes" else f"{size:,.1f} {units[0]}"
