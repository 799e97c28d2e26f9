"""Matrices that are computed of weights, such as U - U', once for each candidate.

In a formula they multiply rows like any other matrix. They are expressions as well, which are
computed on arrays of all candidates, and whose derivatives are found by the same reverse mode.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from metarnn.engine.weight_block import Floats, Shapes

from .derivatives import derivatives
from .expressions import Expression
from .reflections import n_free, pulled_back, reflected_each
from .walks import computed, replaced

#: The operations of matrices, on arrays (..., R, C).
OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "transposed": lambda M: M.swapaxes(-1, -2),
    "reflected": reflected_each,
    "reflected_back": pulled_back,
}


def taken_out(
    outputs: tuple[Expression, ...],
) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
    """Return outputs in which computed matrices are symbols, and these matrices by their names."""
    found: dict[str, Expression] = {}

    def change(node: Expression) -> Expression | None:
        if node.operation != "product":
            return None
        matrix, rows = node.operands
        if matrix.operation != "matrix":
            found[str(matrix)] = matrix
            matrix = Expression.of("matrix", str(matrix))
        return Expression.of("product", matrix, *replaced([rows], change))

    return tuple(replaced(outputs, change)), found


def shapes_in(matrix: Expression, shape: tuple[int, ...]) -> Shapes:
    """Return the shapes of the weights of which a matrix of some shape is computed."""
    if matrix.operation == "matrix":
        return {matrix.arguments[0]: shape}
    if matrix.operation == "transposed":
        return shapes_in(matrix.operands[0], shape[::-1])
    if matrix.operation == "reflected":
        if shape[0] != shape[1]:
            raise ValueError(
                f"{matrix} has as many columns as rows, but multiplies {shape[1]} rows"
            )
        return {matrix.operands[0].arguments[0]: (n_free(shape[0]),)}
    found: Shapes = {}
    for operand in matrix.operands:
        if operand.operation != "constant":
            found |= shapes_in(operand, shape)
    return found


def _weights(parts: Mapping[str, Floats]) -> dict[Expression, Floats]:
    """Return arrays of weights by their symbols."""
    return {Expression.of(k, n): array for n, array in parts.items() for k in ("matrix", "vector")}


def materialized(matrix: Expression, parts: Mapping[str, Floats]) -> Floats:
    """Return a computed matrix (P, R, C) of each candidate, from the weights (P, ...)."""
    (found,) = computed([matrix], _weights(parts), OPERATIONS)
    return np.asarray(found)


def gradients_by_parts(
    matrix: Expression, parts: Mapping[str, Floats], gradients: Floats
) -> Iterator[tuple[str, Floats]]:
    """Yield gradients (P, m, ...) by the weights (P, ...) from those by a matrix (P, m, R, C)."""
    given = {symbol: array[:, None] for symbol, array in _weights(parts).items()}
    for name, derivative in _derivatives(matrix).items():
        (found,) = computed([derivative], given | {SEED: gradients}, OPERATIONS)
        yield name, np.asarray(found)


#: The derivative by a matrix.
SEED = Expression.of("d_matrix")


@cache
def _derivatives(matrix: Expression) -> dict[str, Expression]:
    """Return the derivatives by the weights of which a matrix is computed, by their names."""

    def rule(node: Expression, d: Expression) -> Iterator[tuple[Expression, Expression]]:
        if node.operation == "transposed":
            yield node.operands[0], Expression.of("transposed", d)
        elif node.operation == "reflected":
            yield node.operands[0], Expression.of("reflected_back", node.operands[0], d)

    found = derivatives({matrix: SEED}, rule).items()
    return {x.arguments[0]: d for x, d in found if x.operation in ("matrix", "vector")}
