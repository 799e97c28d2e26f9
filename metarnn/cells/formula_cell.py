"""The cell of a formula: where its routines find its weights, and what decorates a formula."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any

import numpy as np

from metarnn.engine.affine import Positions, affine_order
from metarnn.validation import check_choice

from .cell import AFTER, BEFORE, INPUTS, KEPT, KEPT_BEFORE, GradientTerm, Orders, derived
from .expressions import Expression
from .formula import Formula
from .formula_weights import FormulaWeights
from .plan import Block
from .sums import INPUTS as X
from .sums import bias, matrices
from .tracing import traced


@dataclass(frozen=True)
class FormulaCell(FormulaWeights):
    """A cell that a formula describes; made by :func:`metarnn.cells.cell`.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step = derived(lambda self: self._traced.routines[0])
    back = derived(lambda self: self._traced.routines[1])

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
        Names, means, scales and rows of weights, and more; see
        :class:`~metarnn.cells.formula.Formula`.

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
        traced(formula)
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
