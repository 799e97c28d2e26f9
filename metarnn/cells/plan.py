"""What a formula is computed by: sums of products, elementwise parts, and what is kept of them.

A sum is a bias and the products of matrices of weights with rows, which one block of the engine
adds up. A formula whose matrices multiply the inputs and the states alone has one stage: its
sums, then everything else, element by element. A matrix that multiplies something computed, as
in U (r h), begins another stage.

A rule decides what is kept for the derivative: sums, and values of functions of them such as tanh,
since they are dear; what is arithmetic over these is computed again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from .derivatives import derivatives
from .expressions import FUNCTIONS, Expression, add, expression, in_order, replaced

INPUTS = Expression.of("inputs", "x")


def state(i: int) -> Expression:
    """Return the symbol of the i-th state before the step."""
    return Expression.of("state", i)


def d_state(i: int) -> Expression:
    """Return the symbol of the derivative by the i-th state after the step."""
    return Expression.of("d_state", i)


def d_rows(operand: Expression) -> Expression:
    """Return the symbol of what products pass back to the rows that they multiply."""
    return Expression.of("d_rows", operand)


def matrices(total: Expression) -> dict[Expression, str]:
    """Return what a sum multiplies, with the name of the matrix that does."""
    products = [x for x in total.operands if x.operation == "product"]
    return {product.arguments[1]: product.arguments[0].arguments[0] for product in products}


def bias(total: Expression) -> str | None:
    """Return the name of the bias of a sum, or None."""
    found = [x.arguments[0] for x in total.operands if x.operation == "vector"]
    return found[0] if found else None


def with_sums(outputs: Iterable[Expression]) -> list[Expression]:
    """Return outputs in which products, and the biases added to them, are nodes "sum"."""

    def terms(node: Expression) -> Iterator[Expression]:
        if node.operation == "add":
            for operand in node.operands:
                yield from terms(operand)
        else:
            yield node

    def change(node: Expression) -> Expression | None:
        if node.operation not in ("add", "product"):
            return None
        products: list[Expression] = []
        vectors: list[Expression] = []
        others: list[Expression] = []
        multiplied: set[Expression] = set()
        for term in terms(node):
            if term.operation == "product" and term.arguments[1] not in multiplied:
                matrix, rows = term.operands
                multiplied.add(rows)
                products.append(Expression.of("product", matrix, *replaced([rows], change)))
            else:  # also a second product of the same rows, which is a sum of its own
                (vectors if term.operation == "vector" else others).append(term)
        if not products:
            return None
        total = Expression.of("sum", *products, *vectors[:1])
        for other in (*vectors[1:], *replaced(others, change)):
            total = add(total, other)
        return total

    found: list[Expression] = []
    for output in replaced(outputs, change):
        while output.operation == "sum" or output in found:  # each state has a place of its own
            output = Expression.of("add", output, expression(0.0))
        found.append(output)
    return found


@dataclass(frozen=True)
class Plan:
    """How a step and its derivative are computed.

    Parameters
    ----------
    outputs : tuple of expressions
        The states after the step, with sums; the first one is what the next layer reads, the others
        are carried.
    weights : tuple of str
        Names of the weights in their order, which sums of one group keep.
    """

    outputs: tuple[Expression, ...]
    weights: tuple[str, ...]

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

    @cached_property
    def passed_back(self) -> list[Expression]:
        """What matrices pass derivatives back to, in the order in which that is computed.

        Those computed within the step come first, as soon as the deltas of all their sums are
        known; then the states before it.
        """
        operands = sorted(self.computed_operands, key=self.back_stage, reverse=True)
        return operands + [x for x in map(state, range(len(self.outputs))) if x in self.products]

    def back_stage(self, operand: Expression) -> int:
        """Return the stage after which the derivative by a computed operand is known."""
        return min(self.stages[total] for total in self.products[operand])

    @cached_property
    def vectors(self) -> tuple[str, ...]:
        """Weights that are read element by element, in their order."""
        nodes = in_order(self.outputs, lambda node: node.operation == "sum")
        for operand in self.computed_operands:
            nodes += in_order([operand], lambda node: node.operation == "sum")
        used = {node.arguments[0] for node in nodes if node.operation == "vector"}
        # The bias of a sum is no operand of an operation outside of it.
        return tuple(name for name in self.weights if name in used - self._only_biases)

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
                if operand in self.computed_operands and operand not in given:
                    given.add(operand)
                    yield operand, d_rows(operand)

        return derivatives({x: d_state(i) for i, x in enumerate(self.outputs)}, rule)

    @cached_property
    def wanted(self) -> list[Expression]:
        """The derivatives in the rows of delta: those by sums, then by vectors."""
        by_vectors = [Expression.of("vector", name) for name in self.vectors]
        return [self.derivatives[node] for node in (*self.sums, *by_vectors)]

    @cached_property
    def before(self) -> list[Expression | None]:
        """The derivatives by the states before, element by element; None where matrices do all.

        That by a state that nothing reads is 0.
        """
        found = [self.derivatives.get(state(i)) for i in range(len(self.outputs))]
        return [
            expression(0.0) if d is None and state(i) not in self.products else d
            for i, d in enumerate(found)
        ]

    # --- What is kept --------------------------------------------------------------------

    @cached_property
    def kept(self) -> list[Expression]:
        """Sums and values that the derivative reads, and that are no states."""
        ends = {*self.outputs}

        def stop(node: Expression) -> bool:
            dear = node.operation == "sum" or node.operation in FUNCTIONS
            return node in ends or (dear and self.stages.get(node, -1) >= 0)

        nodes = in_order([*self.wanted, *filter(None, self.before)], stop)
        found = [x for x in nodes if x not in ends and stop(x)]
        return found + [x for x in self.computed_operands if x not in {*found, *ends}]

    @cached_property
    def slots(self) -> dict[Expression, int]:
        """Where nodes are in the kept rows: carried states, then sums, then what has no room there.

        A value that is kept takes the place of a sum that nothing reads afterwards.
        """
        n_carried = len(self.outputs) - 1
        found = {output: i for i, output in enumerate(self.outputs[1:])}
        found |= {total: n_carried + i for i, total in enumerate(self.sums)}
        free = {total for total in self.sums if total not in self.kept and not self._is_read(total)}
        n_slots = n_carried + len(self.sums)
        values = [node for node in self.kept if node.operation != "sum"]
        values.sort(key=lambda node: node.operands[0].operation != "sum")  # who has but one place
        for node in values:
            own = [x for x in in_order([node]) if x in free and self.stages[x] == self.stages[node]]
            if own:
                free.discard(own[-1])
                found[node] = found[own[-1]]
            else:
                found[node], n_slots = n_slots, n_slots + 1
        return found

    def _is_read(self, total: Expression) -> bool:
        """Whether a later stage reads a sum itself."""
        stage = self.stages[total]
        later = [x for x in (*self.computed_operands, *self.kept) if self.stages[x] > stage]
        if stage < self.n_stages - 1:
            later += self.outputs

        def in_memory(node: Expression) -> bool:
            return node.operation == "sum" or (node in self.kept and self.stages[node] <= stage)

        return total in in_order(later, in_memory)

    @property
    def n_slots(self) -> int:
        """Kept rows, in units of H."""
        return 0 if self.is_one_block else 1 + max(self.slots.values(), default=-1)

    @cached_property
    def is_one_block(self) -> bool:
        """Whether the step is a function of one sum, computed while that is in registers."""
        alone = len(self.outputs) == len(self.sums) == 1 and not self.kept and not self.vectors
        nodes = in_order(self.outputs, lambda node: node.operation == "sum")
        two_operands = len(matrices(self.sums[0])) <= 2 if self.sums else False
        return alone and two_operands and state(0) not in nodes

    def computed_at(self, stage: int) -> list[Expression]:
        """Return what the elementwise part of a stage stores: kept values, at last the states."""
        values = [x for x in self.kept if x.operation != "sum"]
        early = [x for x in self.outputs if x in self.computed_operands]
        stored = [x for x in (*values, *early) if max(0, self.stages[x]) == stage]
        if stage < self.n_stages - 1:
            return stored
        return stored + [x for x in self.outputs if x not in early]


def pieces(sums: Sequence[Expression], order: Sequence[Expression]) -> list[tuple[int, int]]:
    """Return first place and number of the runs of sums that follow each other in an order."""
    places = sorted(order.index(total) for total in sums)
    runs = [
        [place for _, place in run] for _, run in groupby(enumerate(places), lambda x: x[1] - x[0])
    ]
    return [(run[0], len(run)) for run in runs]
