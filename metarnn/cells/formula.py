"""Cells that are written as formulas.

A formula is a function of the inputs x, the states before a step, and weights; it returns the
states after the step, of which the first is what the next layer reads:

    @cell("Cho et al. 2014", names={"c_n": "bias_hn"})
    def GRU(x, h, *, W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n):
        r = sigmoid(W_r @ x + U_r @ h + b_r)
        z = sigmoid(W_z @ x + U_z @ h + b_z)
        n = tanh(W_n @ x + b_n + r * (U_n @ h + c_n))
        return n + z * (h - n)

Weights are the keyword-only parameters. Capital letters are matrices, with as many columns as what
they multiply has rows, and small ones are vectors of H numbers. W_*, U_* and b_* are the blocks
weight_ih, weight_hh and bias_ih, one below the other in the order of the parameters, as PyTorch
has them. Parameters with a default are settings: numbers, or names of functions. Matrices
may be computed of others: U - U.T, or reflected(v).

The same function computes on arrays and tensors (H, B), with vectors (H, 1).
"""

import inspect
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from threading import Lock
from types import MappingProxyType
from typing import Any

from metarnn.engine.jit import Routine
from metarnn.validation import check_choice, check_number

from .computed_weights import taken_out
from .expressions import FUNCTIONS, OF_ONE, Expression, in_order, listing
from .lowering import Lowering
from .plan import Plan
from .rows import HIDDEN, N_INPUTS, row_names
from .sums import INPUTS, state, with_sums

#: The blocks that weights of these first letters are joined to.
JOINED = {"W": "weight_ih", "U": "weight_hh", "b": "bias_ih"}
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Formula:
    """The text of a cell: a function, and how its weights begin.

    Parameters
    ----------
    function : callable
        See the docstring of the module.
    source : str
        Where it is from.
    names : mapping
        Names of blocks of single weights, which otherwise have the parameter's own.
    means, scales : mapping
        Mean, and natural step, of single weights at the beginning: by default 0, and 1 over the
        root of the number of columns (of vectors, that of inputs and units). A scale may be the
        name of a matrix, whose scale it then is.
    spreads : mapping
        Standard deviation of single weights at the beginning: by default the scale.
    rows : mapping
        The name of the number of rows of single states and weights that have not one for each
        hidden unit. There can be one such name, which is an argument of the cell.
    n_shown : int
        States that the next layer reads, below each other; the others are carried.
    n_directions : int
        2 where a step has two before it, on images: the first state before the step is that to
        the left and that above, below each other, and of each carried one there are both.
    """

    function: Callable[..., Any]
    source: str
    names: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    means: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    scales: Mapping[str, float | str] = field(default_factory=lambda: NOTHING)
    spreads: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    rows: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    n_shown: int = 1
    n_directions: int = 1

    def __post_init__(self) -> None:
        if not self.states:
            raise ValueError(f"{self.name}: there must be a state after the inputs, as in (x, h).")
        for about in ("names", "means", "scales", "spreads", "rows"):
            known = (*self.weights, *self.states) if about == "rows" else self.weights
            for name in getattr(self, about):
                check_choice(f"{self.name}: weight in {about}", name, known)
        if not 1 <= self.n_shown <= len(self.states):
            raise ValueError(
                f"{self.name}: n_shown must be from 1 to {len(self.states)}, the number of states, "
                f"got {self.n_shown}."
            )
        if len(self.sizes) > 1:
            raise ValueError(
                f"{self.name}: rows names {' and '.join(self.sizes)}, expected one size besides "
                f"{HIDDEN}."
            )
        for name in self.states:
            if name[0].isupper():
                raise ValueError(
                    f"{self.name}: the matrix {name} stands among the states: weights come after "
                    "a *, as in (x, h, *, W, U, b)."
                )

    @cached_property
    def _parameters(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    @cached_property
    def name(self) -> str:
        """The name of the cell."""
        return self.function.__name__

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Names of the states before a step: those that the next layer reads, then the carried."""
        return tuple(x.name for x in self._parameters if x.kind is x.POSITIONAL_OR_KEYWORD)[1:]

    @cached_property
    def after(self) -> tuple[str, ...]:
        """Names of the states that the formula computes: of two directions, one."""
        n = self.n_shown
        return self.states[:n] + self.states[n :: self.n_directions]

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """Names of the weights, in their order."""
        only = (x for x in self._parameters if x.kind is x.KEYWORD_ONLY)
        return tuple(x.name for x in only if x.default is x.empty)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Settings by name, with their defaults."""
        return {x.name: x.default for x in self._parameters if x.default is not x.empty}

    @cached_property
    def sizes(self) -> list[str]:
        """Names of sizes that are arguments of the cell: none, or one."""
        return sorted({*self.rows.values()} - {HIDDEN, N_INPUTS})

    def block_of(self, weight: str) -> str:
        """Return the name of the block that a weight is in; those of matrices begin with weight."""
        own = f"weight_{weight}" if weight[0].isupper() else weight
        return self.names.get(weight) or JOINED.get(weight.partition("_")[0], own)

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings as the function takes them."""
        found: dict[str, Any] = {}
        for name, value in settings.items():
            if isinstance(self.settings[name], str):
                found[name] = OF_ONE[check_choice(name, value, OF_ONE)]
            else:
                found[name] = check_number(name, value)
        return found

    def computed(
        self, x: Any, states: tuple[Any, ...], weights: Mapping[str, Any], **settings: Any
    ) -> tuple[Any, ...]:
        """Return the states after a step, of symbols, arrays or tensors."""
        found = self.function(x, *states, **weights, **self.checked(settings))
        return found if isinstance(found, tuple) else (found,)

    def traced(self, **settings: Any) -> "Traced":
        """Return what the formula computes, traced once for each combination of settings."""
        return _traced(self, tuple((self.settings | settings).items()))


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
        return f"{self.formula.name.lower()}_{sha256(text.encode()).hexdigest()[:12]}"

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


@cache
def _traced(formula: Formula, settings: tuple[tuple[str, Any], ...]) -> Traced:
    symbols = {
        name: Expression.of("matrix" if name[0].isupper() else "vector", name)
        for name in formula.weights
    }
    states = tuple(map(state, range(len(formula.states))))
    try:
        outputs = formula.computed(INPUTS, states, symbols, **dict(settings))
        _check_outputs(formula, outputs)
        taken, matrices = taken_out(outputs)
        _check_blocks(formula, taken)
        return Traced(formula, _plan(formula, taken, symbols, tuple(matrices)), matrices)
    except (TypeError, ValueError, NameError, AttributeError) as error:
        kind = next(x for x in type(error).__mro__ if x.__module__ == "builtins")
        raise kind(f"{formula.name}{_line(formula, error)}: {error}.") from error


def _plan(
    formula: Formula,
    outputs: tuple[Expression, ...],
    symbols: dict[str, Expression],
    matrices: tuple[str, ...],
) -> Plan:
    """Return how the states after a step are computed."""
    results = tuple(with_sums(outputs))
    named = symbols | {name: state(i) for i, name in enumerate(formula.states)}
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
    code = formula.function.__code__
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


KINDS = "matrix", "vector"
