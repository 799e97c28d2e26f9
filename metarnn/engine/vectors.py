"""Vector code, written as formulas: numbers in registers.

LLVM does not block registers by itself, so the inner loops are emitted as explicit vectors. A
Python function over the classes here *is* the formula: run once, it emits the instructions.
Vectors are 64 bytes long on every machine; LLVM splits them where registers are shorter.

Operators round once each, and :func:`fma` is one multiply-add where the processor has one
(``llvm.fmuladd``: ``llvm.fma`` would call a library where it has none). No operation may be
reordered, so a lane's bits do not depend on the other lanes.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features

#: Bytes of a vector.
WIDTH = 64

INT = ir.IntType(64)


def host_features() -> str:
    """Return the instruction sets of the processor that code is made for, as numba takes them."""
    chosen = numba.config.CPU_FEATURES
    return str(get_host_cpu_features() if chosen is None else chosen)


#: Whether a vector is one register, of which there are then 32; otherwise 16 or fewer of half the
#: size.
WIDE = "+avx512f" in host_features()


class Value:
    """A value that compiled code computes."""

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self.builder, self.value = builder, value

    def like(self, value: Any) -> Self:
        """Wrap another value of the same kind."""
        return type(self)(self.builder, value)


def _operator(instruction: str) -> Any:
    """Return the operator that emits an instruction, whose other operand may be a constant."""

    def operator(self: Any, other: Any) -> Any:
        return self.like(getattr(self.builder, instruction)(self.value, self._operand(other)))

    return operator


class Integer(Value):
    """A 64-bit integer."""

    def _operand(self, other: "Integer | int") -> Any:
        return other.value if isinstance(other, Integer) else INT(other)

    __add__ = __radd__ = _operator("add")
    __sub__ = _operator("sub")
    __mul__ = __rmul__ = _operator("mul")
    __floordiv__, __mod__ = _operator("udiv"), _operator("urem")

    def equals(self, n: int) -> "Integer":
        """Return 1 where it is n, else 0."""
        builder = self.builder
        return self.like(builder.zext(builder.icmp_signed("==", self.value, INT(n)), INT))


class Vector(Value):
    """64 bytes of float32 or float64, or of integers of the same size."""

    @property
    def double(self) -> bool:
        """Whether its numbers are float64."""
        return self.value.type.element == ir.DoubleType()

    def splat(self, number: float) -> "Vector":
        """Return a vector like this one that holds a number in each place."""
        if isinstance(self.value.type.element, ir.IntType):
            number = int(number)
        elif not self.double:
            number = float(np.float32(number))  # as a constant of LLVM has to be
        return self.like(ir.Constant(self.value.type, [number] * self.value.type.count))

    def _operand(self, other: "Vector | float") -> Any:
        return (other if isinstance(other, Vector) else self.splat(other)).value

    __add__ = __radd__ = _operator("fadd")
    __sub__ = _operator("fsub")
    __mul__ = __rmul__ = _operator("fmul")
    __truediv__ = _operator("fdiv")

    def __rsub__(self, other: float) -> "Vector":
        return self.splat(other) - self

    def __rtruediv__(self, other: float) -> "Vector":
        return self.splat(other) / self

    def __neg__(self) -> "Vector":
        return self.like(self.builder.fneg(self.value))

    def _compare(self, sign: str, other: "Vector | float") -> "Vector":
        return self.like(self.builder.fcmp_ordered(sign, self.value, self._operand(other)))

    def __lt__(self, other: "Vector | float") -> "Vector":
        return self._compare("<", other)

    def __gt__(self, other: "Vector | float") -> "Vector":
        return self._compare(">", other)

    def equals(self, other: "Vector | float") -> "Vector":
        """Return where the two are equal."""
        return self._compare("==", other)

    def to_double(self, halves: int = 2) -> "list[Vector]":
        """Return the numbers as float64: one vector, or two halves of a float32 one."""
        if self.double:
            return [self]
        half = self.value.type.count // halves
        pieces = (self.taken(range(i * half, (i + 1) * half)) for i in range(halves))
        doubles = ir.VectorType(ir.DoubleType(), half)
        return [self.like(self.builder.fpext(piece.value, doubles)) for piece in pieces]

    def taken(self, places: Sequence[int], other: "Vector | None" = None) -> "Vector":
        """Return the numbers at some places of this vector followed by another one."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
        return self.like(self.builder.shuffle_vector(self.value, (other or self).value, mask))


def sums(vectors: Sequence[Vector]) -> Vector:
    """Return a vector of the sums of the numbers of each vector, of which it has places for.

    The vectors are folded in pairs: in each round two become one, half of whose numbers belong to
    each of them. So the order of the additions is always the same.
    """
    width = count = vectors[0].value.type.count
    folded = [*vectors, *[vectors[0]] * (count - len(vectors))]
    while width > 1:
        width //= 2
        low = [place for place in range(2 * count) if place // width % 2 == 0]
        high = [place + width for place in low]
        pairs = zip(folded[::2], folded[1::2], strict=True)
        folded = [a.taken(low, b) + a.taken(high, b) for a, b in pairs]
    return folded[0]


def _llvm(name: str, *operands: Vector) -> Vector:
    """Return what a function of LLVM computes of vectors of one type."""
    a, type_ = operands[0], operands[0].value.type
    function = cgutils.get_or_insert_function(
        a.builder.module,
        ir.FunctionType(type_, [type_] * len(operands)),
        f"llvm.{name}.v{type_.count}f{64 if a.double else 32}",
    )
    return a.like(a.builder.call(function, [operand.value for operand in operands]))


def fma(a: Vector, b: Vector | float, c: Vector | float) -> Vector:
    """Return a * b + c."""
    return _llvm("fmuladd", a, a.like(a._operand(b)), a.like(a._operand(c)))


def where(condition: Vector, a: Vector | float, b: Vector | float) -> Vector:
    """Return a where the condition holds, b elsewhere; one of them is a vector."""
    like = a if isinstance(a, Vector) else b
    if not isinstance(like, Vector):
        raise TypeError("One of the two must be a vector.")
    chosen = like.builder.select(condition.value, like._operand(a), like._operand(b))
    return like.like(chosen)


def sqrt(a: Vector) -> Vector:
    """Return the square root."""
    return _llvm("sqrt", a)


def absolute(a: Vector) -> Vector:
    """Return numbers without their signs."""
    return _llvm("fabs", a)


def copysign(a: Vector, sign: Vector) -> Vector:
    """Return numbers with the signs of others."""
    return _llvm("copysign", a, sign)


def _by_registers(function: Callable[..., Vector], *operands: Vector) -> Vector:
    """Return what a function of vectors of 16 numbers computes of others of at most 32."""
    n, size = operands[0].value.type.count, 16
    if n < size:
        padding = [*range(n), *[0] * (size - n)]
        return function(*(x.taken(padding) for x in operands)).taken(range(n))
    if n > size:
        parts = [range(i, i + size) for i in range(0, n, size)]
        low, high = (function(*(x.taken(part) for x in operands)) for part in parts)
        return low.taken(range(n), high)
    return function(*operands)


def looked_up(table: Sequence[float], places: Vector) -> Vector:
    """Return numbers of a table of 16, at the places told by the last four bits of float32 numbers.

    There may be up to 32 of them, and the processor has to have AVX-512.
    """

    def permuted(places: Vector) -> Vector:
        builder, numbers = places.builder, places.value.type
        integers = ir.VectorType(ir.IntType(32), numbers.count)
        kind = ir.FunctionType(numbers, [numbers, integers])
        name = "llvm.x86.avx512.permvar.sf.512"
        permute = cgutils.get_or_insert_function(builder.module, kind, name)
        rows = ir.Constant(numbers, [float(np.float32(number)) for number in table])
        return places.like(builder.call(permute, [rows, builder.bitcast(places.value, integers)]))

    return _by_registers(permuted, places)


def times_power_of_2(x: Vector, n: Vector) -> Vector:
    """Return x 2^k, k being n rounded down; as :func:`looked_up`, of up to 32 float32 numbers."""

    def scaled(x: Vector, n: Vector) -> Vector:
        builder, numbers, mask, rounding = x.builder, x.value.type, ir.IntType(16), ir.IntType(32)
        kind = ir.FunctionType(numbers, [numbers, numbers, numbers, mask, rounding])
        name = "llvm.x86.avx512.mask.scalef.ps.512"
        scale = cgutils.get_or_insert_function(builder.module, kind, name)
        all_of_them, as_set = mask(-1), rounding(4)
        return x.like(builder.call(scale, [x.value, n.value, x.value, all_of_them, as_set]))

    return _by_registers(scaled, x, n)


def polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """Return c_0 + c_1 x + c_2 x^2 + ... by Horner's rule."""
    value = x.splat(coefficients[-1])
    for c in coefficients[-2::-1]:
        value = fma(value, x, c)
    return value


def clamp(x: Vector, low: float, high: float) -> Vector:
    """Return x clamped between two bounds; NaN stays NaN."""
    x = where(x > high, high, x)
    return where(x < low, low, x)
