"""Derivatives of expressions by reverse mode, as expressions over the same nodes."""

from collections.abc import Callable, Iterable, Mapping

from .expressions import FUNCTIONS, Expression, add, expression, multiply
from .walks import in_order

#: What an operation that is not arithmetic adds to the derivatives of its operands.
Rule = Callable[[Expression, Expression], Iterable[tuple[Expression, Expression]]]


def derivatives(seeds: Mapping[Expression, Expression], rule: Rule) -> dict[Expression, Expression]:
    """Return the derivative of a sum by each node, from those by its outputs.

    Parameters
    ----------
    seeds : dict
        The derivatives by the outputs.
    rule : callable
        ``rule(node, d)`` yields pairs (operand, derivative by it) of a node that is neither
        arithmetic nor a function.
    """
    found: dict[Expression, Expression] = {}

    def give(node: Expression, d: Expression) -> None:
        found[node] = add(found[node], d) if node in found else d

    for node, seed in seeds.items():
        give(node, seed)
    for node in reversed(in_order(seeds)):
        if (d := found.get(node)) is None:
            continue
        operands = node.operands
        if node.operation == "add":
            for operand in operands:
                give(operand, d)
        elif node.operation == "sub":
            give(operands[0], d)
            give(operands[1], multiply(expression(-1.0), d))
        elif node.operation == "mul":
            a, b = operands
            give(a, multiply(d, b))
            give(b, multiply(d, a))
        elif node.operation in FUNCTIONS:
            slopes = FUNCTIONS[node.operation].derivatives(*operands, node)
            for operand, slope in zip(operands, slopes, strict=True):
                give(operand, multiply(d, slope))
        else:
            for operand, own in rule(node, d):
                give(operand, own)
    return found
