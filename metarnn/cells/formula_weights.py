"""The sizes and the weights of a cell that is a formula."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from metarnn.engine.weight_block import Floats, Shapes, WeightBlock, shapes_of

from .cell import Cell, derived
from .computed_weights import gradients_by_parts, materialized, shapes_in
from .expressions import Expression
from .formula import Formula
from .plan import Plan
from .rows import HIDDEN, N_INPUTS
from .sums import INPUTS as X
from .sums import matrices, state
from .tracing import KINDS, Traced, traced
from .walks import in_order


@dataclass(frozen=True)
class FormulaWeights(Cell):
    """A cell of a formula without its routines; see :mod:`metarnn.cells.formula`.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    formula: ClassVar[Formula]

    n_state = derived(lambda self: self._rows_of(self._plan.outputs[: self._plan.n_shown]))
    n_carried = derived(lambda self: self._rows_of(self._plan.outputs[self._plan.n_shown :]))
    n_kept = derived(lambda self: self._rows_of(self._plan.kept_rows))
    n_delta = derived(lambda self: self._rows_of(self._plan.delta))
    n_input_delta = derived(lambda self: self._rows_of(self._plan.products[X]))
    n_functions = derived(lambda self: self._rows_of(self._traced.functions))
    n_directions = derived(lambda self: self.formula.n_directions)

    def __getstate__(self) -> dict[str, Any]:
        # What is cached has functions, which are not found by their names.
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def settings(self) -> dict[str, Any]:
        """Values of the settings of the formula, by name."""
        return {name: getattr(self, name) for name in self.formula.settings}

    @cached_property
    def _traced(self) -> Traced:
        return traced(self.formula, **self.settings)

    @property
    def _plan(self) -> Plan:
        return self._traced.plan

    # --- Rows ----------------------------------------------------------------------------

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes by their names."""
        second = self._plan.second_size
        return {N_INPUTS: self.n_inputs, HIDDEN: self.n_hidden} | (
            {second: getattr(self, second)} if second else {}
        )

    @property
    def size(self) -> int:
        """The size that the routines receive besides the rows that are shown."""
        if self._plan.may_be_stacked:
            return int(self.n_directions * self.n_hidden)  # columns of U
        second = self._plan.second_size if self._plan.shown == (HIDDEN,) else None
        return self.sizes[second or HIDDEN]

    def _n_rows(self, node: Expression) -> int:
        if node is state(0) and self._plan.may_be_stacked:
            return self.size
        return self.sizes[self._plan.rows[node]]

    def _rows_of(self, nodes: Iterable[Expression]) -> int:
        """Return the rows of nodes below each other."""
        return sum(map(self._n_rows, nodes))

    @property
    def rows_of_states(self) -> list[int]:
        """Rows of each state before a step."""
        return [self._n_rows(x) for x in self._plan.states]

    @property
    def needs_zeros(self) -> bool:
        """Whether the step reads states before the first one, element by element or all of them."""
        plan = self._plan
        read = in_order(
            [*plan.outputs, *plan.computed_operands], lambda node: node.operation == "sum"
        )
        return state(0) in read or any(x in plan.stages for x in plan.states[1 : plan.n_shown])

    @property
    def decoder_state(self) -> tuple[int, int]:
        """The rows of the first state that the formula reads."""
        plan = self._plan
        read = (i for i, x in enumerate(plan.states) if x in plan.stages)
        i = next(read, 0)
        return self._rows_of(plan.states[:i]), self._n_rows(plan.states[i])

    # --- Weights -------------------------------------------------------------------------

    @cached_property
    def _matrices(self) -> Shapes:
        """The shape of each matrix that multiplies rows."""
        found: Shapes = {}
        for operand, sums in self._plan.products.items():
            for total in sums:
                name = matrices(total)[operand]
                n_rows = self._n_rows(Expression.of("matrix", name))
                found[name] = n_rows, self._n_rows(operand)
        return found

    @cached_property
    def shapes_of_weights(self) -> Shapes:
        """The shape of each weight of the formula."""
        found = dict(self._matrices)
        for name, matrix in self._traced.matrices.items():
            found |= shapes_in(matrix, found[name])
        return {
            name: found.get(name) or (self._n_rows(Expression.of("vector", name)),)
            for name in self.formula.weights
        }

    def _scale(self, weight: str) -> float:
        """Return the natural step of a weight."""
        given = self.formula.scales.get(weight, weight)
        if not isinstance(given, str):
            return given
        shape = self.shapes_of_weights[given]
        return 1 / sqrt(shape[1] if len(shape) > 1 else self.n_inputs + self._n_rows(state(0)))

    @cached_property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """The weights, those of one block below each other."""
        formula = self.formula
        found: dict[str, list[WeightBlock]] = {}
        for weight, shape in self.shapes_of_weights.items():
            name, mean = formula.block_of(weight), formula.means.get(weight, 0.0)
            spread = formula.spreads.get(weight)
            block = WeightBlock(name, shape, self._scale(weight), mean, spread)
            found.setdefault(name, []).append(block)
        return tuple(map(_joined, found.values()))

    @cached_property
    def _places(self) -> dict[str, tuple[str, tuple[Any, ...]]]:
        """Return the block of each weight, and where it is in that, whatever axes come before."""
        first, found = dict[str, int](), {}
        for weight, (n, *rest) in self.shapes_of_weights.items():
            block = self.formula.block_of(weight)
            start = first.get(block, 0)
            first[block] = start + n
            found[weight] = block, (..., slice(start, start + n), *[slice(None)] * len(rest))
        return found

    def parts(self, blocks: Mapping[str, Any]) -> dict[str, Any]:
        """Return each weight of the formula, or its positions, from those of the blocks."""
        places = self._places.items()
        found = {w: blocks[block][place] for w, (block, place) in places if block in blocks}
        return found | {name: blocks[name] for name in self._traced.matrices if name in blocks}

    # --- Computed weights ----------------------------------------------------------------

    materializes = derived(lambda self: bool(self._traced.matrices))

    @cached_property
    def shapes(self) -> Shapes:
        """Blocks whose weights are read themselves, and matrices that are computed of others."""
        plan, formula = self._plan, self.formula
        read = {x.arguments[0] for x in in_order(plan.outputs) if x.operation in KINDS}
        names = {formula.block_of(weight) for weight in formula.weights if weight in read}
        own = {name: shape for name, shape in shapes_of(self.blocks).items() if name in names}
        return own | {name: self._matrices[name] for name in self._traced.matrices}

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        parts, found = self.parts(blocks), self._traced.matrices
        return blocks | {name: materialized(matrix, parts) for name, matrix in found.items()}

    def vjp(self, blocks: dict[str, Floats], gradients: dict[str, Floats]) -> dict[str, Floats]:
        found, parts = dict(gradients), self.parts(blocks)
        for name, matrix in self._traced.matrices.items():
            for weight, own in gradients_by_parts(matrix, parts, gradients[name]):
                block, place = self._places[weight]
                if found.get(block) is gradients.get(block):  # a new one, or a copy
                    shape = *own.shape[:2], *shapes_of(self.blocks)[block]
                    found[block] = np.array(np.broadcast_to(gradients.get(block, 0.0), shape))
                found[block][place] += own
        return found


def _joined(blocks: list[WeightBlock]) -> WeightBlock:
    """Return blocks of one name as one."""
    first, n_rows = blocks[0], sum(block.shape[0] for block in blocks)
    if len(blocks) == 1:
        return first
    if len({block.shape[1:] for block in blocks}) > 1:
        shapes = " and ".join(str(block.shape) for block in blocks)
        raise ValueError(
            f"the block {first.name} would have matrices of shapes {shapes}, expected as many "
            "columns: name a block of its own by names={...}."
        )
    own = [block.initial.reshape(3, *block.shape) for block in blocks]
    mean, spread, scale = np.concatenate(own, axis=1)
    alike = [float(x.flat[0]) if (x == x.flat[0]).all() else x for x in (mean, spread, scale)]
    own_spread = None if np.array_equal(spread, scale) else alike[1]
    return WeightBlock(first.name, (n_rows, *first.shape[1:]), alike[2], alike[0], own_spread)
