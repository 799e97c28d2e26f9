"""What every node that applies a cell has in common, whatever the order of its steps."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.cells import Cell
from metarnn.engine.affine import affine_added_rows, affine_rows
from metarnn.engine.graph import Node, Work
from metarnn.engine.jit import LANES, call, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.outer import outer_rows
from metarnn.engine.pointers import at, records
from metarnn.engine.program import record
from metarnn.engine.signals import Signal, Steps
from metarnn.engine.weight_block import Floats, Shapes, WeightBlock

#: One matrix of weights in the gradient; see :class:`metarnn.cells.cell.GradientTerm`.
GRADIENT_TERM = record(
    "delta n_rows",  # first row of the derivatives, and how many
    "source row n_columns",  # see cells/cell.py; first row of the source, and how many
    "weights biases",  # positions in a candidate's weights, and of what is added, or -1
)
gradient_term_at = records(GRADIENT_TERM)


@subroutine
def add_gradient_term(term, outer, delta, delta_stride, source, stride, n_steps, sums, lanes):
    """Add what consecutive steps contribute to the gradient by one matrix of weights."""
    call(
        outer,
        (
            at(delta, term.delta * LANES), delta_stride, term.n_rows,
            at(source, term.row * LANES), stride, term.n_columns, n_steps,
            at(sums, term.weights), at(sums, term.biases), int(term.biases >= 0), lanes,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class CellNode(Node):
    """A cell, applied to the steps of a signal; the target is its state after each step."""

    cell: Cell
    source: Signal  # the inputs of the cell

    @property
    def sources(self) -> tuple[Signal, ...]:
        return (self.source,)

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        return self.cell.blocks

    @property
    def shapes(self) -> Shapes:
        return self.cell.shapes

    @property
    def materializes(self) -> bool:
        return self.cell.materializes

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        return self.cell.materialize(blocks)

    def vjp(self, blocks: dict[str, Floats], gradients: dict[str, Floats]) -> dict[str, Floats]:
        return self.cell.vjp(blocks, gradients)

    def work(self, steps: Steps) -> Work:
        return self.cell.work(steps.of(self.source.clock))

    def lower_cell(self, row: Any, layout: LayoutBuilder, max_delta_steps: int) -> None:
        """Fill in what the record of any cell node has.

        Derivatives of so many steps are kept before they are added to the gradient.
        """
        cell, positions = self.cell, self.positions
        orders = cell.orders(positions)
        for name in ("n_state", "n_carried", "n_input_delta", "size"):
            row[name] = getattr(cell, name)
        source = layout.signal(self.source, self)
        row["step"], row["source"] = cell.step.address(layout.kind), layout.kept(source)
        row["weights"], row["traced"] = layout.ordered(orders.step), layout.traced
        if layout.is_read(self.target):
            row["target"] = layout.address(self.target)
        if not layout.derivatives:
            return
        row["back"] = cell.back.address(layout.kind)
        row["outer"] = outer_rows.address(layout.kind)
        row["back_weights"] = layout.ordered(orders.state)
        deltas = layout.scratch.take_steps(max_delta_steps, cell.n_delta)
        row["deltas"], row["delta_stride"] = deltas
        if source["d_offset"] >= 0:
            block = affine_added_rows if source["added"] else affine_rows
            row["affine"] = block.address(layout.kind)
            row["input_weights"] = layout.ordered(orders.inputs)
        terms = [term.record for term in cell.gradient_terms(positions)]
        row["terms"], row["n_terms"] = layout.kept(np.array(terms, GRADIENT_TERM)), len(terms)
