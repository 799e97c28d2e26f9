"""Formulas traced: run on symbols, checked, and made into plans and compiled code."""

import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from threading import Lock
from typing import Any

from metarnn.engine.jit import Routine

from .computed_weights import taken_out
from .expressions import FUNCTIONS, Expression
from .formula import Formula
from .lowering import Lowering
from .plan import Plan
from .rows import HIDDEN, N_INPUTS, row_names
from .sums import INPUTS, state, with_sums
from .walks import in_order, listing

#: The operations of the symbols of weights.
KINDS = "matrix", "vector"


@dataclass(frozen=True)
class Traced:
    """A formula with its settings, as a plan and as compiled code."""

    formula: Formula
    plan: Plan
    matrices: Mapping[str, Expression]  # computed of weights

    @cached_property
    def name(self) -> str:
        """The name of the code, which says what it computes: code that is stored stays right."""
        plan = self.plan
        rows = [str(plan.rows.get(x, "")) for x in in_order([*plan.outputs, *plan.states])]
        shape = f"{plan.weights} {rows} {plan.n_shown} {plan.n_states}"
        text = f"{listing(plan.outputs)}\n{shape}"
        # As long as it takes for nobody to find another formula of that name, for a model file.
        return f"{self.formula.name.lower()}_{sha256(text.encode()).hexdigest()[:32]}"

    @property
    def routines(self) -> tuple[Routine, Routine]:
        """The step and its derivative."""
        with _writing:
            if self.name not in _routines:
                lowering = Lowering(self.plan, self.name)
                _routines[self.name] = lowering.step(), lowering.back()
        return _routines[self.name]

    @cached_property
    def functions(self) -> list[Expression]:
        """The functions that a step computes of rows."""
        return [x for x in in_order(self.plan.outputs) if x.operation in FUNCTIONS]


#: By name: the same formula in another cell of a notebook is the same code.
_routines: dict[str, tuple[Routine, Routine]] = {}
_writing = Lock()


def _after_fork() -> None:
    """Give a forked process a lock of its own: a thread that it lacks may have held the other."""
    global _writing
    _writing = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def traced(formula: Formula, **settings: Any) -> Traced:
    """Return what a formula computes, traced once for each combination of settings."""
    return _traced(formula, tuple((formula.settings | settings).items()))


def outputs_of(formula: Formula, **settings: Any) -> tuple[Expression, ...]:
    """Return the states after a step as expressions of symbols, as the formula has them."""
    states = tuple(map(state, range(len(formula.states))))
    return formula.computed(INPUTS, states, _symbols(formula), **settings)


def _symbols(formula: Formula) -> dict[str, Expression]:
    """Return the symbol of each weight: a matrix, or a vector."""
    return {name: Expression.of(KINDS[not name[0].isupper()], name) for name in formula.weights}


@cache
def _traced(formula: Formula, settings: tuple[tuple[str, Any], ...]) -> Traced:
    try:
        outputs = outputs_of(formula, **dict(settings))
        _check_outputs(formula, outputs)
        taken, matrices = taken_out(outputs)
        _check_blocks(formula, taken)
        return Traced(formula, _plan(formula, taken, tuple(matrices)), matrices)
    except (TypeError, ValueError, NameError, AttributeError) as error:
        kind = next(x for x in type(error).__mro__ if x.__module__ == "builtins")
        said = str(error).removesuffix(".")
        raise kind(f"{formula.name}{_line(formula, error)}: {said}.") from error


def _plan(formula: Formula, outputs: tuple[Expression, ...], matrices: tuple[str, ...]) -> Plan:
    """Return how the states after a step are computed."""
    results = tuple(with_sums(outputs))
    named = _symbols(formula) | {name: state(i) for i, name in enumerate(formula.states)}
    declared = [(INPUTS, N_INPUTS)]
    declared += [(named[name], formula.rows.get(name, HIDDEN)) for name in formula.states]
    declared += [(named[name], size) for name, size in formula.rows.items()]
    for name, result in zip(formula.after, results, strict=True):
        declared.append((result, formula.rows.get(name, HIDDEN)))
    rows = row_names(results, declared)
    weights = (*formula.weights, *matrices)
    plan = Plan(results, weights, rows, formula.n_shown, len(formula.states))
    second = plan.second_size
    if second and plan.shown != (HIDDEN,) and plan.shown.count(second) != 1:
        raise ValueError(f"one of the states that are shown must have {second} rows")
    if formula.n_directions > 1 and not plan.may_be_stacked:
        raise ValueError(
            "with two directions all rows must be of hidden units, and one state shown"
        )
    return plan


def _line(formula: Formula, error: Exception) -> str:
    """Return the line of a formula at which an error came up, or where it begins, in words."""
    code = getattr(formula.function, "__code__", None)
    if code is None:  # it is not written as a function
        return ""
    path = code.co_filename
    frames = [x for x in traceback.extract_tb(error.__traceback__) if x.filename == path]
    inside = [x for x in frames if x.name == formula.function.__name__]
    if not inside:  # it is about all of it
        return f", line {code.co_firstlineno}"
    return f", line {inside[-1].lineno}, {inside[-1].line!r}"


def _check_outputs(formula: Formula, outputs: tuple[Any, ...]) -> None:
    """Raise an error unless a formula computes each of its states, of all of its weights."""
    if len(outputs) != len(formula.after):
        raise ValueError(
            f"it has the states {', '.join(formula.after)} and must return as many, got "
            f"{len(outputs)}"
        )
    for name, output in zip(formula.after, outputs, strict=True):
        if not isinstance(output, Expression) or not output.as_rows().operands:
            raise TypeError(f"the state {name} must be computed, got {output!r}")
    nodes = in_order(outputs)
    unread = {*formula.weights} - {x.arguments[0] for x in nodes if x.operation in KINDS}
    if unread:
        raise ValueError(f"the weights {', '.join(sorted(unread))} are not read")


def _check_blocks(formula: Formula, outputs: tuple[Expression, ...]) -> None:
    """Raise an error unless the matrices of each block multiply what has as many rows."""
    nodes = in_order(outputs)
    products = [x for x in nodes if x.operation == "product"]
    read: dict[str, set[bool]] = {}
    for product in products:
        matrix, rows = product.arguments
        read.setdefault(matrix.arguments[0], set()).add(rows is INPUTS)
    for matrix, kinds in read.items():
        if len(kinds) > 1:
            raise ValueError(f"the matrix {matrix} multiplies inputs and states, expected one")
    if not any(True in kinds for kinds in read.values()):
        raise ValueError("no matrix multiplies the inputs")
    blocks: dict[str, str] = {}
    for weight in formula.weights:
        kind = "a vector"
        if weight in read:
            kind = "of the inputs" if True in read[weight] else "of states"
        block = formula.block_of(weight)
        if blocks.setdefault(block, kind) != kind:
            raise ValueError(
                f"the block {block} would have weights {blocks[block]} and {weight}, which is "
                f"{kind}: W is for matrices of the inputs, U for those of states, or name its "
                f"block by names={{{weight!r}: ...}}"
            )
