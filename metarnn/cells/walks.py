"""Walks over graphs of expressions: their nodes in order, replaced, computed and listed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .expressions import Expression, constant


def in_order(
    outputs: Iterable[Expression], stop: Callable[[Expression], bool] = lambda node: False
) -> list[Expression]:
    """Return all nodes that outputs are made of, operands first, up to those to stop at."""
    found: dict[Expression, None] = {}

    def visit(node: Expression) -> None:
        if node in found:
            return
        if not stop(node):
            for operand in node.operands:
                visit(operand)
        found[node] = None

    for output in outputs:
        visit(output)
    return list(found)


def replaced(
    outputs: Iterable[Expression], change: Callable[[Expression], Expression | None]
) -> Iterator[Expression]:
    """Yield outputs in which nodes are what `change` makes of them, or None for no change."""
    new: dict[Expression, Expression] = {}

    def visit(node: Expression) -> Expression:
        if node not in new:
            changed = change(node)
            if changed is None:
                changed = node
                if node.operands and node.operation != "product":
                    changed = node.with_operands([visit(operand) for operand in node.operands])
            new[node] = changed
        return new[node]

    for output in outputs:
        yield visit(output)


def computed(
    outputs: Iterable[Expression],
    given: Mapping[Expression, Any],
    operations: Mapping[str, Callable[..., Any]],
) -> list[Any]:
    """Return the values of outputs from those of given nodes, on anything that has the operations.

    An operation "fma", if there is one, computes a b + c in one rounding; it takes the place of a
    sum one of whose operands is a product that nothing else needs.
    """
    outputs = list(outputs)
    nodes = in_order(outputs, given.__contains__)
    n_uses = dict.fromkeys(nodes, 0)
    for node in nodes:
        if node not in given:
            for operand in node.operands:
                n_uses[operand] += 1
    values = dict(given)

    def value(node: Expression) -> Any:
        if node not in values:
            values[node] = compute(node)
        return values[node]

    def compute(node: Expression) -> Any:
        if node.operation == "constant":
            return node.arguments[0]
        if node.operation == "add" and "fma" in operations:
            for a, b in (node.arguments, node.arguments[::-1]):
                single = a.operation == "mul" and n_uses[a] == 1 and a not in outputs
                if single and a not in given and constant(a.arguments[0]) is None:
                    return operations["fma"](*map(value, a.arguments), value(b))
        return operations[node.operation](*map(value, node.operands))

    return [value(output) for output in outputs]


def listing(outputs: Iterable[Expression]) -> str:
    """Return a text that outputs have in common with equal ones alone, in every process."""
    outputs = list(outputs)
    nodes = in_order(outputs)
    places = {node: f"%{i}" for i, node in enumerate(nodes)}

    def line(node: Expression) -> str:
        return " ".join([node.operation, *(places.get(x, repr(x)) for x in node.arguments)])

    return "\n".join([*map(line, nodes), *(places[output] for output in outputs)])
