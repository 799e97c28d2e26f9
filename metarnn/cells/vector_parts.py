"""Expressions on vectors: parts that are computed row by row, and blocks in registers."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from metarnn.engine import vector_math
from metarnn.engine.affine import affine_with
from metarnn.engine.emission import elementwise
from metarnn.engine.vectors import Vector, fma, where

from .expressions import Expression
from .walks import computed


def mod_relu(z: Vector, b: Vector) -> Vector:
    """Return sign(z) relu(|z| + b)."""
    size = where(z < 0.0, -z, z) + b
    size = where(size < 0.0, 0.0, size)
    return where(z.equals(0.0), 0.0, where(z < 0.0, -size, size))


#: The operations of expressions, on vectors.
OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b if isinstance(a, Vector) else b + a,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b if isinstance(a, Vector) else b * a,
    "fma": fma,
    "positive": lambda y: where(y > 0.0, y.splat(1.0), 0.0),
    "sign": lambda y: where(y > 0.0, y.splat(1.0), where(y < 0.0, y.splat(-1.0), 0.0)),
    "mod_relu": mod_relu,
    **{name: getattr(vector_math, name) for name in ("tanh", "sigmoid", "relu", "exp")},
}


def part_of(
    name: str,
    values: Sequence[Expression],
    read: Sequence[Expression],
    weights: Sequence[Expression] = (),
) -> Any:
    """Return the function that computes values row by row from given rows and weights."""
    given = [*read, *weights]

    def formula(*vectors: Vector) -> tuple[Vector, ...]:
        found = computed(values, dict(zip(given, vectors, strict=True)), OPERATIONS)
        return tuple(x if isinstance(x, Vector) else vectors[0].splat(x) for x in found)

    with_parameters(formula, name, len(given))
    return elementwise(formula, len(values), n_weights=len(weights)).written


def block_of(name: str, value: Expression, given: Sequence[Expression], added: bool = False) -> Any:
    """Return the block that computes a value of its sum, which is the first of what is given.

    The others of these are read, after what the sum is added to.
    """

    def epilogue(total: Vector, *rows: Vector) -> Vector:
        if added:
            total, rows = rows[0] + total, rows[1:]
        return computed([value], dict(zip(given, (total, *rows), strict=True)), OPERATIONS)[0]

    with_parameters(epilogue, name, len(given) + added)
    return affine_with(epilogue).written


def with_parameters(function: Callable[..., Any], name: str, n: int) -> None:
    """Give a function of any number of vectors a name and a signature of so many of them."""
    kind = inspect.Parameter.POSITIONAL_ONLY
    parameters = [inspect.Parameter(f"given_{i}", kind) for i in range(n)]
    function.__name__ = name
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
