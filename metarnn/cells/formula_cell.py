"""The cell of a formula: its sizes, its weights, and where its routines find them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, make_dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from metarnn.engine.affine import Positions, affine_order
from metarnn.engine.weight_block import WeightBlock

from .cell import AFTER, BEFORE, INPUTS, KEPT, KEPT_BEFORE, Cell, GradientTerm, Orders, derived
from .expressions import Expression, in_order
from .formula import Formula, Traced
from .lowering import in_pairs, in_reading_order
from .plan import INPUTS as X
from .plan import bias, matrices, pieces, state


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
    n_carried = derived(lambda self: (len(self._plan.outputs) - 1) * self.n_hidden)
    n_kept = derived(lambda self: self._plan.n_slots * self.n_hidden)
    n_input_delta = derived(lambda self: len(self._plan.products[X]) * self.n_hidden)
    n_functions = derived(lambda self: self._traced.n_functions * self.n_hidden)
    size = derived(lambda self: self.n_directions * self.n_hidden)  # columns of U

    @property
    def settings(self) -> dict[str, Any]:
        """Values of the settings of the formula, by name."""
        return {name: getattr(self, name) for name in self.formula.settings}

    @property
    def _traced(self) -> Traced:
        return self.formula.traced(**self.settings)

    @property
    def _plan(self) -> Any:
        return self._traced.plan

    @property
    def n_delta(self) -> int:
        """Rows of the derivatives by sums and vectors, and of what is passed back to operands."""
        return (len(self._plan.wanted) + len(self._plan.computed_operands)) * self.n_hidden

    @property
    def needs_zeros(self) -> bool:
        """Whether the step reads the state element by element."""
        read = [*self._plan.outputs, *self._plan.computed_operands]
        return state(0) in in_order(read, lambda node: node.operation == "sum")

    @property
    def decoder_state(self) -> tuple[int, int]:
        """The rows of the first state that the formula reads."""
        read = (i for i in range(len(self._plan.outputs)) if state(i) in self._plan.stages)
        return next(read, 0) * self.n_hidden, self.n_hidden

    # --- Weights -------------------------------------------------------------------------

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """The weights, those of one block below each other."""
        H, I = self.n_hidden, self.n_inputs
        n_columns: dict[str, int] = {}
        for operand, sums in self._plan.products.items():
            n = {X: I, state(0): self.size}.get(operand, H)
            n_columns |= {matrices(total)[operand]: n for total in sums}
        found: dict[str, list[WeightBlock]] = {}
        for weight in self.formula.weights:
            n = n_columns.get(weight)  # None for a vector
            scale = self.formula.scales.get(weight, 1 / sqrt(I + self.size if n is None else n))
            name, mean = self.formula.block_of(weight), self.formula.means.get(weight, 0.0)
            block = WeightBlock(name, (H,) if n is None else (H, n), scale, mean)
            found.setdefault(name, []).append(block)
        return tuple(map(_joined, found.values()))

    def parts(self, blocks: Mapping[str, Any]) -> dict[str, Any]:
        """Return each weight of the formula, or its positions, from those of the blocks."""
        H, first, found = self.n_hidden, dict.fromkeys(blocks, 0), {}
        for weight in self.formula.weights:
            block = self.formula.block_of(weight)
            found[weight] = blocks[block][first[block] : first[block] + H]
            first[block] += H
        return found

    def orders(self, positions: dict[str, Positions]) -> Orders:
        """Return the orders of weights that stand at these positions."""
        own, plan = self.parts(positions), self._plan
        step = [own[name] for name in plan.vectors]
        back = list(step)
        for group in plan.groups:
            names = map(bias, group)
            biases: Any = np.concatenate(
                [own[name] if name else np.full(self.n_hidden, -1) for name in names]
            )
            for pair in in_pairs(in_reading_order(matrices(group[0]))):
                step.append(affine_order(biases, *(_below(own, group, x) for x in pair)))
                biases = None
        for operand in plan.passed_back:
            runs = pieces(plan.products[operand], plan.sums)
            for k in range(0, len(runs), 2):
                sums = [
                    plan.sums[i] for first, n in runs[k : k + 2] for i in range(first, first + n)
                ]
                back.append(affine_order(None, _below(own, sums, operand).T))
        inputs = affine_order(None, _below(own, plan.products[X], X).T)
        none = [np.empty(0, np.int64)]
        return Orders(np.concatenate(step), np.concatenate(back or none), inputs)

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        """Return the matrices of weights that stand at these positions, and the vectors."""
        own, plan, H = self.parts(positions), self._plan, self.n_hidden
        terms: list[GradientTerm] = []
        for operand, sums in plan.products.items():
            for total in sums:
                name = bias(total) if operand is X else None
                biases = None if name is None else own[name]
                weights = own[matrices(total)[operand]]
                first = plan.sums.index(total) * H
                _append(terms, GradientTerm(first, *self._source(operand), weights, biases))
        for i, total in enumerate(plan.sums):
            if X not in matrices(total) and (name := bias(total)) is not None:
                terms.append(GradientTerm.of_biases(i * H, own[name]))
        for i, name in enumerate(plan.vectors):
            terms.append(GradientTerm.of_biases((len(plan.sums) + i) * H, own[name]))
        return terms

    def _source(self, operand: Expression) -> tuple[int, int]:
        """Return where the rows are that a matrix multiplies; see :class:`GradientTerm`."""
        if operand is X:
            return INPUTS, 0
        if operand.operation == "state":
            i = int(operand.arguments[0])
            return (KEPT_BEFORE, (i - 1) * self.n_hidden) if i else (BEFORE, 0)
        if operand is self._plan.outputs[0]:
            return AFTER, 0
        return KEPT, self._plan.slots[operand] * self.n_hidden


def _below(
    own: Mapping[str, Positions], sums: Iterable[Expression], operand: Expression
) -> Positions:
    """Return the matrices by which sums multiply something, one below the other."""
    return np.concatenate([own[matrices(total)[operand]] for total in sums])


def _joined(blocks: list[WeightBlock]) -> WeightBlock:
    """Return blocks of one name as one."""
    first, n_rows = blocks[0], sum(block.shape[0] for block in blocks)
    own = [block.initial.reshape(3, *block.shape) for block in blocks]
    mean, _, scale = np.concatenate(own, axis=1)
    alike = [float(x.flat[0]) if (x == x.flat[0]).all() else x for x in (mean, scale)]
    return WeightBlock(first.name, (n_rows, *first.shape[1:]), alike[1], alike[0])


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


def cell(source: str, **about: Mapping[str, Any]) -> Callable[[Callable[..., Any]], type[Any]]:
    """Return the decorator that makes a cell of a formula.

    Parameters
    ----------
    source : str
        Where the formula is from.
    **about
        Names, means and scales of weights; see :class:`Formula`.

    Returns
    -------
    callable
        From a function to a subclass of :class:`FormulaCell`, with a field for each setting.
    """

    def decorate(function: Callable[..., Any]) -> type[FormulaCell]:
        formula = Formula(function, source, **about)
        for name in formula.settings:
            if hasattr(FormulaCell, name):
                raise ValueError(
                    f"{formula.name}: a setting cannot be named {name!r}, choose another name."
                )
        fields = [
            (name, type(default), field(default=default))
            for name, default in formula.settings.items()
        ]
        own = {"formula": formula, "__doc__": function.__doc__, "__module__": function.__module__}
        return make_dataclass(
            formula.name, fields, bases=(FormulaCell,), namespace=own, frozen=True
        )

    return decorate
