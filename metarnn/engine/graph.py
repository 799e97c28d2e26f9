"""A network as nodes that read and write signals, before it is laid out in memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .affine import Positions
from .dataflow import Dataflow
from .jit import Reals, Routine, Sums, Weights, routines_of
from .layout import LayoutBuilder
from .signals import Clock, Signal, Steps
from .weight_block import (
    Floats,
    Shapes,
    WeightBlock,
    flatten,
    positions_of,
    shapes_of,
    size_of,
    size_of_matrices,
    unflatten,
)

#: The functions of a node: (record, tile, weights, scratch memory, [sums,] lanes).
forward_routine = routines_of(int, int, Weights, Reals, int)
backward_routine = routines_of(int, int, Weights, Reals, Sums, int)


class Work(NamedTuple):
    """The arithmetic of a forward pass over one sequence."""

    multiply_adds: int  # of weights or attention energies with numbers
    functions: int = 0  # evaluations of activations and other functions of one number


@dataclass(frozen=True)
class Node:
    """An operation on signals; ``metarnn/nodes`` has a file for each kind."""

    target: Signal  # which it writes
    first: int  # position of its first weight among those that compiled code reads
    suffix: str  # of the names of its weights

    @property
    def sources(self) -> tuple[Signal, ...]:
        """The signals it reads."""
        raise NotImplementedError

    @property
    def targets(self) -> tuple[Signal, ...]:
        """The signals it writes: :attr:`target`, and others that a kind of node may have."""
        return (self.target,)

    @property
    def adds(self) -> bool:
        """Whether it adds derivatives, or writes them for a part of the steps only."""
        return False

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """The weights that a candidate has for it, in their order in the flat vector."""
        return ()

    @property
    def shapes(self) -> Shapes:
        """The weights that compiled code reads: those of the candidate, unless it materializes."""
        return shapes_of(self.blocks)

    @property
    def materializes(self) -> bool:
        """Whether compiled code reads weights that are computed from the candidate's."""
        return False

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        """Return the weights that compiled code reads (P, ...) from the candidates' (P, ...)."""
        return blocks

    def vjp(self, blocks: dict[str, Floats], gradients: dict[str, Floats]) -> dict[str, Floats]:
        """Return gradients (P, n, ...) by the candidates' weights from those by the read ones."""
        return gradients

    @property
    def n_weights(self) -> int:
        """Number of weights that compiled code reads."""
        return size_of(self.shapes)

    @property
    def positions(self) -> dict[str, Positions]:
        """Where each weight that compiled code reads stands."""
        return positions_of(self.shapes, self.first)

    def work(self, steps: Steps) -> Work:
        """Return the work for one sequence: by default each matrix multiplies once a step."""
        n_steps = max(steps.of(source.clock) for source in self.sources)
        return Work(n_steps * size_of_matrices(self.shapes))

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """Return the forward and the backward routine, and the record that both read."""
        raise NotImplementedError


@dataclass(frozen=True)
class Program(Dataflow):
    """A network as nodes, in the order in which they run."""

    nodes: tuple[Node, ...]

    @cached_property
    def n_weights(self) -> int:
        """Number of weights that compiled code reads."""
        return sum(node.n_weights for node in self.nodes)

    @cached_property
    def shapes(self) -> Shapes:
        """Blocks of a candidate by name, in the order of its flat vector."""
        shapes = (shapes_of(node.blocks, node.suffix) for node in self.nodes)
        return {name: shape for own in shapes for name, shape in own.items()}

    @property
    def dim(self) -> int:
        """D, the number of weights of a candidate."""
        return size_of(self.shapes)

    @cached_property
    def materializes(self) -> bool:
        """Whether compiled code reads weights that are computed from the candidate's."""
        return any(node.materializes for node in self.nodes)

    def materialize(self, flat: Floats) -> Floats:
        """Return the weights that compiled code reads, from those of candidates (P, D)."""
        parts = [
            flatten(node.materialize(unflatten(own, shapes_of(node.blocks))), node.shapes)
            for node, own in self.by_node(flat)
            if node.blocks
        ]
        return np.concatenate(parts, axis=-1)

    def vjp(self, flat: Floats, gradients: Floats) -> Floats:
        """Return gradients (P, n, D) by candidates (P, D) from those by the read weights."""
        parts = []
        for node, own in self.by_node(flat):
            if node.blocks:
                shapes = shapes_of(node.blocks)
                read = gradients[..., node.first : node.first + node.n_weights]
                blocks = node.vjp(unflatten(own, shapes), unflatten(read, node.shapes))
                parts.append(flatten(blocks, shapes))
        return np.concatenate(parts, axis=-1)

    def by_node(self, flat: Floats) -> Iterator[tuple[Node, Floats]]:
        """Yield each node with its part of candidates (..., D)."""
        first = 0
        for node in self.nodes:
            end = first + size_of(shapes_of(node.blocks))
            yield node, flat[..., first:end]
            first = end


class Builder:
    """A program under construction: nodes are added in the order in which they run."""

    def __init__(self, n_inputs: int, n_outputs: int) -> None:  # I and K
        self.n_outputs = n_outputs
        self.nodes: list[Node] = []
        self._n_inputs = n_inputs
        self._buffers: list[tuple[int, Clock]] = []
        self._counts: Counter[str] = Counter()

    def buffer(self, n_rows: int, clock: Clock) -> Signal:
        """Return the signal of a new buffer."""
        self._buffers.append((n_rows, clock))
        return Signal(len(self._buffers) - 1, 0, n_rows, clock)

    def add(self, node: Node) -> Signal:
        """Add a node, whose weights begin at :attr:`n_weights`; return its target."""
        self.nodes.append(node)
        return node.target

    def count(self, name: str) -> int:
        """Return how often this name was counted before, and count it."""
        self._counts[name] += 1
        return self._counts[name] - 1

    @property
    def n_weights(self) -> int:
        """Number of weights of the nodes so far."""
        return sum(node.n_weights for node in self.nodes)

    def program(self, scores: Signal) -> Program:
        """Return the program that computes these scores, without nodes whose targets are unread.

        Raises
        ------
        ValueError
            Such a node has weights, which no loss would depend on.
        """
        read, nodes = {scores.buffer}, []
        for node in reversed(self.nodes):
            if not read.isdisjoint(target.buffer for target in node.targets):
                nodes.append(node)
                read |= {signal.buffer for signal in node.sources}
            elif node.n_weights:
                names = ", ".join(shapes_of(node.blocks, node.suffix))
                raise ValueError(
                    f"Nothing reads the output of the {type(node).__name__} with the weights "
                    f"{names}: connect it, or leave it out."
                )
        return Program(self._n_inputs, tuple(reversed(nodes)), tuple(self._buffers), scores)
