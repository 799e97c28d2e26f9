"""Formulas as expressions: what a function of symbols computes, as a graph of shared nodes.

A formula is run once, on symbols, and leaves a graph. The graph can be computed on anything that
has the arithmetic: vectors of compiled code, arrays of NumPy, tensors of torch.
"""

import operator
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np

Number = int | float


class Function(NamedTuple):
    """A function of one number, or of several, for symbols, arrays and tensors."""

    name: str
    of_array: Callable[..., Any]
    #: By each argument, from the arguments and the value.
    derivatives: Callable[..., tuple["Expression", ...]]
    n_arguments: int = 1

    def __call__(self, x: Any, *more: Any) -> Any:
        """Return the function of an expression, or of each number of an array or tensor."""
        if 1 + len(more) != self.n_arguments:
            raise TypeError(f"{self.name} is a function of {self.n_arguments}, got {1 + len(more)}")
        if isinstance(x, Expression):
            return Expression.of(self.name, *(expression(a) for a in (x, *more)))
        own = getattr(x, self.name, None)  # as tensors have
        return self.of_array(x, *more) if own is None else own()


def _refused(what: str) -> Callable[..., NoReturn]:
    """Return the method of an operation that formulas do not have."""

    def refuse(*_: Any) -> NoReturn:
        raise TypeError(f"formulas have no {what}: {_use()}")

    return refuse


def _use() -> str:
    """Say what formulas have."""
    return f"use + - * @ and {', '.join(FUNCTIONS)} of metarnn.cells.expressions, and numbers"


class Expression:
    """A node of the graph: an operation, and what it is applied to; equal ones are one object.

    "inputs", "state", "vector" and "matrix" are the symbols of formulas. Operands stand in the
    order in which the formula has them, on which the last bit of a sum may depend.
    """

    _all: ClassVar[dict[tuple[Any, ...], "Expression"]] = {}
    __slots__ = ("arguments", "operation")

    def __init__(self, operation: str, arguments: tuple[Any, ...]) -> None:
        self.operation, self.arguments = operation, arguments

    @classmethod
    def of(cls, operation: str, *arguments: Any) -> "Expression":
        """Return the node of an operation, or its value if its operands are constants."""
        if operation in ON_NUMBERS and all(x.operation == "constant" for x in arguments):
            numbers = [x.arguments[0] for x in arguments]
            return expression(float(ON_NUMBERS[operation](*numbers)))
        key = operation, *(id(x) if isinstance(x, Expression) else x for x in arguments)
        return cls._all.setdefault(key, cls(operation, arguments))

    @property
    def is_matrix(self) -> bool:
        """Whether it multiplies rows: a matrix of weights, or one that is computed of these."""
        if self.operation in ("add", "sub", "mul"):
            return any(operand.is_matrix for operand in self.operands)
        return self.operation in ("matrix", "transposed", "reflected")

    @property
    def T(self) -> "Expression":
        """The transposed matrix."""
        if not self.is_matrix:
            raise TypeError(f"{self} is no matrix, which .T would transpose")
        return (
            self.arguments[0]
            if self.operation == "transposed"
            else Expression.of("transposed", self)
        )

    @property
    def operands(self) -> list["Expression"]:
        """The arguments that are expressions."""
        return [x for x in self.arguments if isinstance(x, Expression)]

    def with_operands(self, operands: Iterable["Expression"]) -> "Expression":
        """Return the operation of other operands, simplified."""
        build = {"add": add, "mul": multiply, "sub": subtract}.get(self.operation)
        if build is not None:
            return build(*operands)
        given = iter(operands)
        arguments = (next(given) if isinstance(x, Expression) else x for x in self.arguments)
        return Expression.of(self.operation, *arguments)

    def as_rows(self) -> "Expression":
        """Return it if it can be computed with element by element.

        Raises
        ------
        TypeError
            It is a matrix, or the inputs, of which there may be another number.
        """
        if self.is_matrix:
            raise TypeError(f"{self} is a matrix, which multiplies rows: {self} @ h")
        if self.operation == "inputs":
            raise TypeError(f"the inputs {self} must be multiplied by a matrix: W @ {self}")
        return self

    def _with(self, other: "Expression | Number") -> "tuple[Expression, Expression]":
        """Return two operands of arithmetic: two matrices, or two that are none."""
        alike = isinstance(other, Expression) and other.is_matrix
        if self.is_matrix and (alike or isinstance(other, Number)):
            return self, other if isinstance(other, Expression) else expression(other)
        return self.as_rows(), expression(other)

    def __add__(self, other: "Expression | Number") -> "Expression":
        return add(*self._with(other))

    def __radd__(self, other: Number) -> "Expression":
        return add(*self._with(other)[::-1])

    def __sub__(self, other: "Expression | Number") -> "Expression":
        return subtract(*self._with(other))

    def __rsub__(self, other: Number) -> "Expression":
        return subtract(*self._with(other)[::-1])

    def __mul__(self, other: "Expression | Number") -> "Expression":
        return multiply(*self._with(other))

    def __rmul__(self, other: Number) -> "Expression":
        return multiply(*self._with(other)[::-1])

    def __neg__(self) -> "Expression":
        return -1.0 * self

    def __matmul__(self, rows: "Expression") -> "Expression":
        if not self.is_matrix and isinstance(rows, Expression) and rows.is_matrix:
            raise TypeError(f"the matrix {rows} comes first: {rows} @ x")
        if not self.is_matrix:
            raise TypeError(f"{self} is no matrix: the names of these begin with a capital letter")
        computed = (
            isinstance(rows, Expression) and rows.operation != "vector" and not rows.is_matrix
        )
        if not computed or constant(rows) is not None:
            raise TypeError(f"{self} must multiply inputs, states or what is computed, got {rows}")
        return Expression.of("product", self, rows)

    def __array_ufunc__(self, function: Any, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{function.__name__} of NumPy does not compute with symbols: {_use()}")

    __truediv__ = __rtruediv__ = _refused("/")
    __pow__ = __rpow__ = _refused("**")
    __lt__ = __le__ = __gt__ = __ge__ = _refused("comparisons")
    __getitem__ = _refused("places of states, which are computed as a whole")
    __abs__ = _refused("abs")

    def __getattr__(self, name: str) -> NoReturn:
        known = name.startswith("_") or name in self.__slots__
        raise AttributeError(name if known else f"formulas have no .{name}: {_use()}")

    def __float__(self) -> NoReturn:
        raise TypeError(f"{self} has no value yet: a formula computes with symbols")

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self} has no value yet, so a formula cannot branch on it")

    def __repr__(self) -> str:
        if self.operation in ("matrix", "vector", "inputs"):
            return str(self.arguments[-1])
        if self.operation == "state":
            return "a state before the step"
        if self.is_matrix:
            return f"{self.operation}({', '.join(map(str, self.arguments))})"
        number = constant(self)
        return f"a result of {self.operation!r}" if number is None else str(number)


def expression(x: Expression | Number) -> Expression:
    """Return what is computed element by element as it is, and a number as a constant."""
    return x.as_rows() if isinstance(x, Expression) else Expression.of("constant", float(x))


def constant(x: Expression) -> float | None:
    """Return the value of a constant, or None."""
    return x.arguments[0] if x.operation == "constant" else None


def add(a: Expression, b: Expression) -> Expression:
    """Return a + b."""
    for x, y in ((a, b), (b, a)):
        if constant(x) == 0:
            return y
        if x.operation == "mul" and -1.0 in map(constant, x.operands):
            return subtract(y, next(z for z in x.operands if constant(z) != -1.0))
    return Expression.of("add", a, b)


def subtract(a: Expression, b: Expression) -> Expression:
    """Return a - b."""
    if constant(b) == 0:
        return a
    if b.operation == "mul" and a in b.operands:  # a - a c = a (1 - c), which rounds less
        (other,) = b.operands[: b.operands.index(a)] + b.operands[b.operands.index(a) + 1 :]
        return multiply(a, subtract(expression(1.0), other))
    return Expression.of("sub", a, b)


def multiply(a: Expression, b: Expression) -> Expression:
    """Return a b."""
    for x, y in ((a, b), (b, a)):
        if constant(x) == 1:
            return y
    return Expression.of("mul", a, b)


def _mod_relu(z: Any, b: Any) -> Any:
    """Return sign(z) relu(|z| + b)."""
    size = abs(z) + b
    return (z > 0) * (size > 0) * size - (z < 0) * (size > 0) * size


tanh = Function("tanh", np.tanh, lambda x, y: (1.0 - y * y,))
sigmoid = Function("sigmoid", lambda x: 1.0 / (1.0 + np.exp(-x)), lambda x, y: (y * (1.0 - y),))
relu = Function("relu", lambda x: np.maximum(x, 0.0), lambda x, y: (Expression.of("positive", y),))
exp = Function("exp", np.exp, lambda x, y: (y,))
#: Arjovsky et al. 2016, equation 8, on real numbers.
mod_relu = Function(
    "mod_relu", _mod_relu, lambda z, b, y: ((sign := Expression.of("sign", y)) * sign, sign), 2
)

#: The functions that formulas may use, by name, and those of one number.
FUNCTIONS = {function.name: function for function in (tanh, sigmoid, relu, exp, mod_relu)}
OF_ONE = {name: function for name, function in FUNCTIONS.items() if function.n_arguments == 1}

#: What can be computed while a formula is read, where all operands are constants.
ON_NUMBERS: dict[str, Callable[..., Any]] = {
    **{"add": operator.add, "sub": operator.sub, "mul": operator.mul},
    **{name: function.of_array for name, function in FUNCTIONS.items()},
}
