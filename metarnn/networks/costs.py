"""The costs of a network: weights, arithmetic and memory, from its nodes and without a run.

A forward pass over one sequence takes about as many multiply-adds as there are weights, times the
number of steps. A gradient takes about three times that, and keeps states for its backward pass.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from metarnn.engine.graph import Node, Work
from metarnn.engine.jit import LANES, Variant
from metarnn.engine.signals import Steps
from metarnn.engine.tables import tables
from metarnn.engine.tiles import CANDIDATES_AS_LANES_BELOW
from metarnn.engine.weight_block import Shapes
from metarnn.memory import size
from metarnn.sequences.network_input import Sequences
from metarnn.validation import check_integer

from .network import Network


class Row(NamedTuple):
    """The work of a node for one sequence."""

    name: str
    n_rows: int
    n_steps: int
    work: Work


class Memory(NamedTuple):
    """Bytes that a thread takes in one kind of pass."""

    scratch: int  # signals and intermediate results
    packed: int  # weights in the order in which they are read


class Costs(NamedTuple):
    """The costs of a network."""

    blocks: Shapes  # of the weights of a candidate, by name
    rows: list[Row]  # the work of each node in a forward pass over one sequence
    losses: Memory  # of a thread, in passes for losses
    gradients: Memory
    lanes: str  # "sequences" or "candidates": what a thread computes 32 of at a time

    @property
    def n_weights(self) -> int:
        """D."""
        return sum(map(prod, self.blocks.values()))

    @property
    def work(self) -> Work:
        """The work of all nodes."""
        return Work(*map(sum, zip(*(row.work for row in self.rows), strict=True)))

    def table(self) -> str:
        """Return the costs as text of at most 80 columns."""
        width = max(map(len, ("weights", "node", *self.blocks, *(row.name for row in self.rows))))
        line = f"{{:{width}}}  {{:>14}} {{:>12}}".format
        wide = f"{{:{width}}}  {{:>6}} {{:>7}} {{:>15}} {{:>13}}".format
        lines = [line("weights", "shape", "number")]
        for name, shape in self.blocks.items():
            lines.append(line(name, " x ".join(map(str, shape)), f"{prod(shape):,}"))
        lines += [line("all", "", f"{self.n_weights:,}"), ""]
        lines.append(wide("node", "rows", "steps", "multiply-adds", "activations"))
        for row in self.rows:
            numbers = row.n_rows, row.n_steps, *row.work
            lines.append(wide(row.name, *(f"{n:,}" for n in numbers)))
        lines += [wide("a sequence", "", "", *(f"{n:,}" for n in self.work)), ""]
        lines.append(line("memory", "losses", "gradients"))
        for name, *sizes in zip(Memory._fields, self.losses, self.gradients, strict=True):
            lines.append(line(name, *map(size, sizes)))
        lines.append("")
        lines.append("Arithmetic is that of a forward pass; a gradient takes about three times")
        lines.append(f"as much. Memory is a thread's, which takes 32 {self.lanes} at a time.")
        return "\n".join(text.rstrip() for text in lines)


def costs(
    network: Network,
    n_steps: int,
    *,
    n_targets: int = 0,
    n_columns: int = 0,
    n_sequences: int = LANES,
) -> Costs:
    """Return the costs of passes of a network over data of some size.

    Parameters
    ----------
    network : Network
    n_steps : int
        Steps of the longest sequence, or places of an image.
    n_targets : int
        For a decoder: steps of the longest output, with its end.
    n_columns : int
        For images: columns.
    n_sequences : int
        Number of sequences. With few of them the lanes are candidates, whose weights take more
        memory.

    Raises
    ------
    ValueError
        A size that is not positive, or no `n_targets` for a decoder.
    """
    program = network.program
    for name, given in (("n_steps", n_steps), ("n_sequences", n_sequences)):
        check_integer(name, given)
    if network.input_kind == "images" and (n_columns < 1 or n_steps % n_columns):
        raise ValueError(
            f"n_columns must divide the {n_steps} places of an image into rows, got {n_columns}."
        )
    if network.decodes and n_targets < 1:
        raise ValueError("n_targets must be at least 1: the network has a decoder.")
    steps = Steps(n_steps, n_targets if network.decodes else 0, n_columns)
    rows = [
        Row(_name(node), node.target.n_rows, steps.of(node.target.clock), node.work(steps))
        for node in program.nodes
    ]
    own = n_sequences < CANDIDATES_AS_LANES_BELOW
    losses, gradients = (_memory(network, steps, own, wanted) for wanted in (False, True))
    lanes = "candidates" if own else "sequences"
    return Costs(program.shapes, rows, losses, gradients, lanes)


def pass_bytes(network: Network, sequences: Sequences, derivatives: bool) -> int:
    """Return the bytes of a pass over packed sequences: what a thread takes."""
    X, answers = sequences.X, sequences.answers
    steps = Steps(X.shape[1], 0 if answers is None else answers.shape[1], sequences.columns)
    own = len(X) < CANDIDATES_AS_LANES_BELOW
    return sum(_memory(network, steps, own, derivatives))


def packed_bytes(network: Network, sequences: Sequences) -> int:
    """Return the bytes of packed sequences."""
    n_numbers = int(sequences.steps.sum()) * sequences.X.shape[2]
    return n_numbers * np.dtype(network.dtype).itemsize


def _memory(network: Network, steps: Steps, own: bool, derivatives: bool) -> Memory:
    """Return the bytes of a thread, as a pass allocates them."""
    kind = Variant(network.dtype, own, own, code=False)
    found = tables(network.program, kind, steps, derivatives)
    n_bytes = np.dtype(network.dtype).itemsize
    # Losses of the lanes, and their float64 sums.
    scratch = (found.n_numbers + LANES) * n_bytes + 8 * LANES
    return Memory(scratch, -(-len(found.order) * (LANES if own else 1) // LANES) * LANES * n_bytes)


def _name(node: Node) -> str:
    """Return the name of the cell that a node applies, or of the node itself."""
    return type(getattr(node, "cell", node)).__name__.lower() + node.suffix
