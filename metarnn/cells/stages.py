"""The stages in which a formula is computed, and its derivatives.

A formula whose matrices multiply the inputs and the states alone has one stage: its sums, then
everything else, element by element. A matrix that multiplies something computed, as in U (r h),
begins another stage.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from .derivatives import derivatives
from .expressions import Expression, expression
from .rows import HIDDEN, N_INPUTS
from .sums import INPUTS, bias, d_rows, d_state, matrices, state
from .walks import in_order


@dataclass(frozen=True)
class Stages:
    """What follows what in a step and in its derivative.

    Parameters
    ----------
    outputs : tuple of expressions
        The states after the step, with sums.
    weights : tuple of str
        Names of the weights in their order, which sums of one group keep.
    rows : mapping
        The name of the number of rows of each node; see :func:`metarnn.cells.rows.row_names`.
    n_shown : int
        States that the next layer reads, which are the first ones; the others are carried.
    n_states : int
        States before the step: more than after it if there are two steps before one.
    """

    outputs: tuple[Expression, ...]
    weights: tuple[str, ...]
    rows: Mapping[Expression, str]
    n_shown: int
    n_states: int

    # --- Sizes ---------------------------------------------------------------------------

    @cached_property
    def states(self) -> tuple[Expression, ...]:
        """The states before the step."""
        return tuple(map(state, range(self.n_states)))

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The sizes of the states that the next layer reads."""
        return tuple(self.rows[output] for output in self.outputs[: self.n_shown])

    @cached_property
    def second_size(self) -> str | None:
        """The name of the size that is neither the inputs' nor that of hidden units, or None."""
        return next((name for name in self.rows.values() if name not in (HIDDEN, N_INPUTS)), None)

    @cached_property
    def may_be_stacked(self) -> bool:
        """Whether matrices may multiply the first state of two steps, one below the other."""
        return self.shown == (HIDDEN,) and self.second_size is None

    def sizes(self, n: Any, size: Any) -> dict[str, Any]:
        """Return sizes by name, from the rows that are shown and the size that routines receive."""
        if self.shown == (HIDDEN,):
            return {HIDDEN: n, str(self.second_size): size}
        return {HIDDEN: size, str(self.second_size): n - size * self.shown.count(HIDDEN)}

    # --- Sums, in groups of the same operands -------------------------------------------

    @cached_property
    def stages(self) -> dict[Expression, int]:
        """The stage of each node: the most sums that follow each other up to it, less 1."""
        found: dict[Expression, int] = {}
        for node in in_order(self.outputs):
            deepest = max((found[operand] for operand in node.operands), default=-1)
            if node.operation == "product" and node.operands[1].operands:
                deepest = max(deepest, 0)  # what it multiplies is computed before
            found[node] = deepest + (node.operation == "sum")
        return found

    @cached_property
    def n_stages(self) -> int:
        """Stages of the step, 1 at least."""
        return 1 + max(0, *self.stages.values())

    @cached_property
    def sums(self) -> tuple[Expression, ...]:
        """All sums: those that have inputs first, then by stage, operands and weights."""
        rank = {node: i for i, node in enumerate(self.stages)}  # in the order of the formula

        def place(total: Expression) -> tuple[bool, int, list[int], int]:
            operands = matrices(total)
            first = min(self.weights.index(name) for name in operands.values())
            kinds = sorted(rank[operand] for operand in operands)
            own = INPUTS in operands
            return not own, self.stages[total], [-len(kinds), *kinds], first

        return tuple(sorted((n for n in self.stages if n.operation == "sum"), key=place))

    @cached_property
    def groups(self) -> list[tuple[Expression, ...]]:
        """Sums that one block adds up, in the order in which they are computed."""

        def kind(total: Expression) -> tuple[int, frozenset[Expression]]:
            return self.stages[total], frozenset(matrices(total))

        groups = [tuple(group) for _, group in groupby(self.sums, kind)]
        return sorted(groups, key=lambda group: self.stages[group[0]])

    @cached_property
    def products(self) -> dict[Expression, list[Expression]]:
        """What is multiplied by matrices, with the sums of each, in their order."""
        found: dict[Expression, list[Expression]] = {}
        for total in self.sums:
            for operand in matrices(total):
                found.setdefault(operand, []).append(total)
        return found

    @cached_property
    def computed_operands(self) -> list[Expression]:
        """What is multiplied and neither an input nor a state before."""
        return [x for x in self.products if x.operation not in ("inputs", "state")]

    def back_stage(self, operand: Expression) -> int:
        """Return the stage after which the derivative by an operand is passed back.

        To the states before the step that is the last one: it goes where that by the states after
        it was, and is added to what passes element by element.
        """
        if operand.operation == "state":
            return 0
        return min(self.stages[total] for total in self.products[operand])

    @cached_property
    def vectors(self) -> tuple[Expression, ...]:
        """Weights that are read element by element, in their order."""
        nodes = in_order(self.outputs, lambda node: node.operation == "sum")
        for operand in self.computed_operands:
            nodes += in_order([operand], lambda node: node.operation == "sum")
        used = {node.arguments[0] for node in nodes if node.operation == "vector"}
        # The bias of a sum is no operand of an operation outside of it.
        names = [name for name in self.weights if name in used - self._only_biases]
        return tuple(Expression.of("vector", name) for name in names)

    @cached_property
    def _only_biases(self) -> set[str]:
        operations = [node for node in self.stages if node.operation != "sum"]
        used = {x.arguments[0] for n in operations for x in n.operands if x.operation == "vector"}
        return {name for total in self.sums if (name := bias(total)) is not None} - used

    # --- Derivatives ---------------------------------------------------------------------

    @cached_property
    def derivatives(self) -> dict[Expression, Expression]:
        """The derivative by each node, but for what matrices pass to inputs and states."""
        given = set()

        def rule(node: Expression, d: Expression) -> Iterator[tuple[Expression, Expression]]:
            if node.operation != "sum":
                return
            for operand in matrices(node):
                # What is passed back to a state is added to the derivative by it, where that is.
                elsewhere = operand in given or operand in self.outputs
                if operand in self.computed_operands and not elsewhere:
                    given.add(operand)
                    yield operand, d_rows(operand)

        return derivatives({x: d_state(i) for i, x in enumerate(self.outputs)}, rule)

    @cached_property
    def wanted(self) -> list[Expression]:
        """The derivatives by sums and vectors."""
        return [self.derivatives[node] for node in (*self.sums, *self.vectors)]

    def needs(self, derivative: Expression) -> list[Expression]:
        """Return the computed operands to which what is passed back is part of a derivative."""
        after = {d_state(i): output for i, output in enumerate(self.outputs)}
        nodes = in_order([derivative])
        found = [x.arguments[0] if x.operation == "d_rows" else after.get(x) for x in nodes]
        return [x for x in found if x in self.computed_operands]

    @cached_property
    def wanted_at(self) -> list[int]:
        """The stage at which each wanted derivative can be computed, the last stage first."""
        return [
            min((self.back_stage(x) - 1 for x in self.needs(d)), default=self.n_stages - 1)
            for d in self.wanted
        ]

    @cached_property
    def before(self) -> list[Expression | None]:
        """The derivatives by the states before, element by element; None where matrices do all.

        That by a state that nothing reads is 0.
        """
        found = [self.derivatives.get(x) for x in self.states]
        return [
            expression(0.0) if d is None and x not in self.products else d
            for x, d in zip(self.states, found, strict=True)
        ]
