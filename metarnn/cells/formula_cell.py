"""The cell of a formula: its sizes, its weights, and where its routines find them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cached_property
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from metarnn.engine.affine import Positions, affine_order
from metarnn.engine.weight_block import Floats, Shapes, WeightBlock, shapes_of
from metarnn.validation import check_choice

from .cell import AFTER, BEFORE, INPUTS, KEPT, KEPT_BEFORE, Cell, GradientTerm, Orders, derived
from .computed_weights import gradients_by_parts, materialized, shapes_in
from .expressions import Expression, in_order
from .formula import KINDS, Formula, Traced
from .plan import Block, Plan
from .rows import HIDDEN, N_INPUTS
from .sums import INPUTS as X
from .sums import bias, matrices, state


@dataclass(frozen=True)
class FormulaCell(Cell):
    """A cell that a formula describes; see :mod:`metarnn.cells.formula`.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    formula: ClassVar[Formula]

    step = derived(lambda self: self._traced.routines[0])
    back = derived(lambda self: self._traced.routines[1])
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
        return self.formula.traced(**self.settings)

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

    # --- Where routines find them --------------------------------------------------------

    def orders(self, positions: dict[str, Positions]) -> Orders:
        """Return the orders of weights that stand at these positions."""
        own, plan = self.parts(positions), self._plan
        vectors = [own[vector.arguments[0]] for vector in plan.vectors]
        step = [self._order(own, block) for block in plan.step_blocks]
        back = [
            affine_order(
                None,
                *(_below(own, run, operand).T for run in block.read for operand in block.written),
            )
            for block in plan.back_blocks
        ]
        inputs = affine_order(None, _below(own, plan.products[X], X).T)
        none = [np.empty(0, np.int64)]
        return Orders(
            np.concatenate([*vectors, *step]), np.concatenate([*vectors, *back, *none]), inputs
        )

    def _order(self, own: Mapping[str, Positions], block: Block) -> Positions:
        """Return the order of the weights of a block of the step."""
        names = map(bias, block.written)
        biases = [
            own[name] if name else np.full(self._n_rows(total), -1)
            for name, total in zip(names, block.written, strict=True)
        ]
        matrices_ = (_below(own, block.written, operand) for (operand,) in block.read)
        return affine_order(None if block.added else np.concatenate(biases), *matrices_)

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        """Return the matrices of weights that stand at these positions, and the vectors."""
        own, plan = self.parts(positions), self._plan
        first = {x: self._rows_of(plan.delta[:i]) for i, x in enumerate(plan.delta)}
        terms: list[GradientTerm] = []
        for operand, sums in plan.products.items():
            for total in sums:
                name = bias(total) if operand is X else None
                biases = None if name is None else own[name]
                weights = own[matrices(total)[operand]]
                _append(terms, GradientTerm(first[total], *self._source(operand), weights, biases))
        for total in plan.sums:
            if X not in matrices(total) and (name := bias(total)) is not None:
                terms.append(GradientTerm.of_biases(first[total], own[name]))
        for vector in plan.vectors:
            terms.append(GradientTerm.of_biases(first[vector], own[vector.arguments[0]]))
        return terms

    def _source(self, operand: Expression) -> tuple[int, int]:
        """Return where the rows are that a matrix multiplies; see :class:`GradientTerm`."""
        plan = self._plan
        if operand is X:
            return INPUTS, 0
        for states, shown, carried in (
            (plan.states, BEFORE, KEPT_BEFORE),
            (plan.outputs, AFTER, KEPT),
        ):
            if operand in states:
                i = states.index(operand)
                if i < plan.n_shown:
                    return shown, self._rows_of(states[:i])
                return carried, self._rows_of(states[plan.n_shown : i])
        return KEPT, self._rows_of(plan.kept_rows[: plan.slots[operand]])


def _below(
    own: Mapping[str, Positions], sums: Iterable[Expression], operand: Expression
) -> Positions:
    """Return the matrices by which sums multiply something, one below the other."""
    return np.concatenate([own[matrices(total)[operand]] for total in sums])


def _joined(blocks: list[WeightBlock]) -> WeightBlock:
    """Return blocks of one name as one."""
    first, n_rows = blocks[0], sum(block.shape[0] for block in blocks)
    if len(blocks) == 1:
        return first
    own = [block.initial.reshape(3, *block.shape) for block in blocks]
    mean, spread, scale = np.concatenate(own, axis=1)
    alike = [float(x.flat[0]) if (x == x.flat[0]).all() else x for x in (mean, spread, scale)]
    own_spread = None if np.array_equal(spread, scale) else alike[1]
    return WeightBlock(first.name, (n_rows, *first.shape[1:]), alike[2], alike[0], own_spread)


def _append(terms: list[GradientTerm], term: GradientTerm) -> None:
    """Append a term, or add it to the last one where its rows and weights follow those of that."""
    if terms and _follows(last := terms[-1], term):
        weights = np.concatenate([last.weights, term.weights])
        given = [x for x in (last.biases, term.biases) if x is not None]
        terms[-1] = last._replace(weights=weights, biases=np.concatenate(given) if given else None)
    else:
        terms.append(term)


def _follows(last: GradientTerm, term: GradientTerm) -> bool:
    """Return whether one matrix stands right below another, and is used alike."""
    same = (last.source, last.row) == (term.source, term.row)
    below = last.delta + len(last.weights) == term.delta
    if not (same and below and last.weights[-1, -1] + 1 == term.weights[0, 0]):
        return False
    if last.biases is None or term.biases is None:
        return last.biases is term.biases
    return bool(last.biases[-1] + 1 == term.biases[0])


def cell(source: Any = "", **about: Any) -> Any:
    """Return the decorator that makes a cell of a formula.

    A mistake in the formula is said here, with its line.

    Parameters
    ----------
    source : str, optional
        Where the formula is from. The function itself, as where ``@cell`` has no parentheses, is
        made into a cell at once.
    **about
        Names, means, scales and rows of weights, and more; see :class:`Formula`.

    Returns
    -------
    callable
        From a function to a subclass of :class:`FormulaCell`, with a field for each setting.

    Raises
    ------
    TypeError, ValueError
        What is not computed as formulas are, or a weight that is not read.
    """
    if callable(source):
        return cell()(source)
    for name in about:
        check_choice("argument of cell", name, [f.name for f in fields(Formula)][2:])

    def decorate(function: Callable[..., Any]) -> type[FormulaCell]:
        formula = Formula(function, source, **about)
        for name in (*formula.settings, *formula.sizes):
            if hasattr(FormulaCell, name):
                raise ValueError(
                    f"{formula.name}: a setting or size cannot be named {name!r}, choose another."
                )
        formula.traced()
        own_fields: list[Any] = [(name, int) for name in formula.sizes]
        own_fields += [
            (name, type(default), field(default=default))
            for name, default in formula.settings.items()
        ]
        own = {"formula": formula, "__doc__": function.__doc__, "__module__": function.__module__}
        return make_dataclass(
            formula.name, own_fields, bases=(FormulaCell,), namespace=own, frozen=True
        )

    return decorate
