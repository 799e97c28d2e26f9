"""tanh, sigmoid, exp and log of vectors.

The mathematical library's functions would be called lane by lane, which is some 80 times
slower. These are branch-free polynomials and rationals; NaN stays NaN.

========  ==========================================  =================================
function  form                                        largest error
========  ==========================================  =================================
tanh      float32: one of ``tanh_forms.py``           3e-7 or 4.3e-7 absolute
tanh      float64: (e^2x - 1) / (e^2x - 1 + 2)        5e-16 relative
sigmoid   float32: 1/2 + tanh(x/2)/2                  1.8e-7 or 2.5e-7 absolute
sigmoid   float64: 1 / (1 + e^-x)                     4e-16 relative
exp       2^n e^r, |r| <= ln(2)/2, P(r)               2e-7, 4e-16 relative
exp       float32 with AVX-512: |r| <= ln(2)/32       1.2e-7 relative
log       k ln 2 + 2 artanh z, |z| <= 0.172, P(z^2)   3e-7, 5e-16 relative
========  ==========================================  =================================

exp is clamped to the normal numbers: arguments to at most 88.0 (float32) or 709.0 (float64), and
to at least -87.0 or -708.0. With AVX-512 n counts sixteenths: one permutation looks 2^(k/16) up, so
that three terms in r do for seven.
"""

from math import factorial

from llvmlite import ir

from .tanh_forms import FORMS, HOST_FORM
from .vectors import (
    WIDE,
    Vector,
    clamp,
    fma,
    looked_up,
    polynomial,
    times_power_of_2,
    where,
)

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453
# ln 2 in two parts, the first with so few digits that n times it is exact.
LN2_PARTS = {
    False: (0.693359375, -2.12194440e-4),
    True: (6.93147180369123816490e-01, 1.90821492927058770002e-10),
}
# (e^r - 1) / r in r: minimax of degree 6 (S. Moshier's Cephes), Taylor of degree 12.
EXP_P = {
    False: (
        1.0,
        0.5,
        1.6666665459e-1,
        4.1665795894e-2,
        8.3334519073e-3,
        1.3981999507e-3,
        1.9875691500e-4,
    ),
    True: tuple(1 / factorial(k) for k in range(1, 14)),
}
SIXTEENTHS = tuple(2.0 ** (k / 16) for k in range(16))
EXP_BOUNDS = {False: (-87.0, 88.0), True: (-708.0, 709.0)}
# Bits of the fraction, and the exponent of 1.
FRACTION = {False: (23, 127), True: (52, 1023)}
LOG_TERMS = {False: 5, True: 11}
SQRT_HALF_BITS = {False: 0x3F3504F3, True: 0x3FE6A09E667F3BCD}


def _reduced(x: Vector, parts: int) -> tuple[Vector, Vector, Vector]:
    """Return n, in steps of 1/parts, and r with x = n ln 2 + r, and what has n in its last bits."""
    fraction, _ = FRACTION[x.double]
    # Adding this leaves the nearest integer in the lowest bits, without a conversion, which NaN has
    # none of.
    magic = 1.5 * 2.0**fraction / parts
    shifted = fma(x, LOG2_E, magic)
    n = shifted - magic
    high, low = LN2_PARTS[x.double]
    return n, fma(n, -low, fma(n, -high, x)), shifted


def _exp_parts(x: Vector) -> tuple[Vector, Vector]:
    """Return 2^n and e^r - 1 with x = n ln 2 + r."""
    fraction, one = FRACTION[x.double]
    _, r, shifted = _reduced(x, 1)
    builder = x.builder
    bits = _bits(shifted)
    exponent = builder.shl(
        builder.add(bits.value, bits.splat(one).value), bits.splat(fraction).value
    )
    power = x.like(builder.bitcast(exponent, x.value.type))
    return power, r * polynomial(r, EXP_P[x.double])


def _bits(x: Vector) -> Vector:
    integers = ir.VectorType(ir.IntType(64 if x.double else 32), x.value.type.count)
    return x.like(x.builder.bitcast(x.value, integers))


def exp(x: Vector) -> Vector:
    """Return e^x."""
    return exp_of_negative(where(x > EXP_BOUNDS[x.double][1], EXP_BOUNDS[x.double][1], x))


def exp_of_negative(x: Vector) -> Vector:
    """Return e^x of numbers up to the upper bound."""
    x = where(x < EXP_BOUNDS[x.double][0], EXP_BOUNDS[x.double][0], x)
    return exp_by_lookup(x) if WIDE and not x.double else exp_by_polynomial(x)


def exp_by_polynomial(x: Vector) -> Vector:
    """Return e^x of numbers between the bounds."""
    power, rest = _exp_parts(x)
    return fma(power, rest, power)


def exp_by_lookup(x: Vector) -> Vector:
    """Return e^x of float32 numbers between the bounds, on a processor with AVX-512."""
    n, r, shifted = _reduced(x, 16)
    power, rest = looked_up(SIXTEENTHS, shifted), fma(r * r, fma(r, 1 / 6, 0.5), r)
    return times_power_of_2(fma(power, rest, power), n)


def tanh(x: Vector) -> Vector:
    """Return the hyperbolic tangent."""
    if x.double:
        x = clamp(x, -19.5, 19.5)
        power, rest = _exp_parts(x + x)
        e = fma(power, rest, power - 1.0)
        return e / (e + 2.0)
    return FORMS[HOST_FORM](x, 1.0, 1.0)


def sigmoid(x: Vector) -> Vector:
    """Return the logistic function 1 / (1 + e^-x)."""
    if x.double:
        return 1.0 / (exp(-x) + 1.0)
    return FORMS[HOST_FORM](x, 0.5, 0.5) + 0.5


def relu(x: Vector) -> Vector:
    """Return x, or 0 where it is negative."""
    return where(x < 0.0, 0.0, x)


def log_of_normal(x: Vector) -> Vector:
    """Return the natural logarithm of a number that is positive, normal and finite, or NaN."""
    fraction, _ = FRACTION[x.double]
    builder, bits = x.builder, _bits(x)
    # x = 2^k m with m between sqrt(1/2) and sqrt(2).
    offset, shift = bits.splat(SQRT_HALF_BITS[x.double]), bits.splat(fraction).value
    k = builder.ashr(builder.sub(bits.value, offset.value), shift)
    m = x.like(builder.bitcast(builder.sub(bits.value, builder.shl(k, shift)), x.value.type))
    z = (m - 1.0) / (m + 1.0)
    series = polynomial(z * z, tuple(2 / (2 * i + 1) for i in range(LOG_TERMS[x.double])))
    exponent = x.like(builder.sitofp(k, x.value.type))
    value = fma(exponent, LN2, z * series)
    ordered = x.like(builder.fcmp_ordered("ord", x.value, x.value))
    return where(ordered, value, x)


def log(x: Vector) -> Vector:
    """Return the natural logarithm: -inf of 0, NaN of what is negative."""
    fraction, one = FRACTION[x.double]
    # Subnormal numbers are scaled up, by an exact power of 2.
    tiny = x < 2.0 ** (1 - one)
    value = log_of_normal(where(tiny, x * 2.0 ** (fraction + 1), x))
    value = where(tiny, value - LN2 * (fraction + 1), value)
    infinity = x.splat(float("inf"))
    value = where(x.equals(infinity), infinity, value)
    value = where(x.equals(0.0), -infinity, value)
    return where(x < 0.0, x.splat(float("nan")), value)
