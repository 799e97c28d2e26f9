"""Sums of products of matrices with rows, which one block of the engine adds up."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from .expressions import Expression, add, expression
from .walks import in_order, replaced

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

    results = list(replaced(outputs, change))
    multiplied = [{*matrices(x)} for x in in_order(results) if x.operation == "sum"]
    found: list[Expression] = []
    for output in results:
        # Each state has a place of its own; a sum that no other stands below has it there.
        below = output.operation == "sum" and multiplied.count({*matrices(output)}) > 1
        while below or output in found:
            output, below = Expression.of("add", output, expression(0.0)), False
        found.append(output)
    return found


def in_reading_order(operands: Iterable[Expression]) -> list[Expression]:
    """Return operands as a block reads them: the inputs first, the state, which may be 0, last."""
    return sorted(operands, key=lambda x: (x is not INPUTS, x is state(0)))


def in_pairs(operands: Sequence[Expression]) -> list[Sequence[Expression]]:
    """Return operands in twos, of which the last pair has the state."""
    odd = len(operands) % 2
    starts = [0] * odd + list(range(odd, len(operands), 2))
    ends = [1] * odd + list(range(odd + 2, len(operands) + 1, 2))
    return [operands[i:j] for i, j in zip(starts, ends, strict=True)]


def runs_of(
    sums: Sequence[Expression], order: Sequence[Expression]
) -> list[tuple[Expression, ...]]:
    """Return the runs of sums that follow each other in an order."""
    places = sorted(order.index(total) for total in sums)
    runs = groupby(enumerate(places), lambda x: x[1] - x[0])
    return [tuple(order[place] for _, place in run) for _, run in runs]
