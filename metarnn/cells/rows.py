"""How many rows the parts of a formula have: as many as there are hidden units, or a second size.

A formula names the size of states or weights only where it is not the number of hidden units; all
else follows from what is computed of what.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from .expressions import Expression
from .walks import in_order

#: The names of sizes that every cell has.
N_INPUTS, HIDDEN = "n_inputs", "n_hidden"


def row_names(
    outputs: Iterable[Expression], declared: Sequence[tuple[Expression, str]]
) -> dict[Expression, str]:
    """Return the name of the number of rows of each node, and of the rows of each matrix.

    Parameters
    ----------
    outputs : iterable of expressions
        The states after the step.
    declared : sequence of (expression, str)
        The names that are given.

    Raises
    ------
    ValueError
        Two sizes meet where rows are computed with element by element.
    """
    parents: dict[Hashable, Hashable] = {}
    names: dict[Hashable, str] = {}

    def root(key: Hashable) -> Hashable:
        while key in parents:
            key = parents[key]
        return key

    def name(key: Hashable, given: str) -> None:
        known = names.setdefault(root(key), given)
        if known != given:
            raise ValueError(f"{_words(key)} has {known} rows in one place and {given} in another")

    def join(key: Hashable, other: Hashable) -> None:
        one, two = root(key), root(other)
        if one is not two:
            parents[one] = two
            if one in names:
                name(other, names[one])

    nodes = in_order(outputs)
    for node, given in declared:
        name(node, given)
    for node in nodes:
        if node.operation == "product":
            matrix, operand = node.operands
            join(node, matrix)
            join(("columns of", matrix), operand)
        elif node.operation not in ("matrix", "vector"):
            for operand in node.operands:
                if operand.operation != "constant":
                    join(operand, node)
    nodes += [node for node, _ in declared]
    return {node: names.get(root(node), HIDDEN) for node in nodes if node.operation != "constant"}


def _words(key: Any) -> str:
    return f"a row of {key[1]}" if isinstance(key, tuple) else str(key)
