"""tanh of float32 vectors, in the form that the processor computes fastest.

Both forms return outer * tanh(inner * x), where inner and outer are powers of two and cost nothing:
they are in the coefficients. So a sigmoid, which is 1/2 + tanh(x/2)/2, takes one addition more.

========  ====================================  =================  ============================
form      what                                  largest error      instructions
========  ====================================  =================  ============================
lookup    c_0 + ... + c_4 |x|^4 of one of 16    3.0e-7 absolute,   14, of which 5 are
          ranges of |x| <= 7.87                 8.3e-7 relative    permutations
rational  x P3(x^2) / Q4(x^2), |x| <= 7.9       4.3e-7             12 and a division
========  ====================================  =================  ============================

Of all float32 numbers: NaN stays NaN, zeros keep their signs, tiny numbers are their own tanh, the
function is odd to the bit, and no value is beyond 1. It is not monotonic: at 0.2 % (lookup) and
0.4 % (rational) of all numbers it falls below the value of the number before, by up to 9 and 8
times 2^-24 of it.

The lookup takes a processor that permutes 16 float32 by one instruction, which is AVX-512. A range
is told by four bits: with b the bound, (b - |x|)^2 - b^2 is one multiply-add, to which a constant
is added whose last bits count in steps. So ranges are the narrower the more tanh bends. Elsewhere
there is no such instruction (AVX2 permutes 8 numbers; NEON looks up bytes, where neither form has
been timed), and much of the division overlaps with other work.

``python -m benchmarks.coefficients`` derives the coefficients.
"""

from collections.abc import Callable

from .vectors import WIDE, Vector, absolute, clamp, copysign, fma, looked_up, polynomial, where

#: The largest |x| that is not taken for a larger one, and the steps of (BOUND - |x|)^2.
BOUND, STEP = 7.8714676, 4.0
#: Coefficient k of the 16 ranges, in the order of the four bits.
# fmt: off
LOOKUP = (
    (
        0.0, 0.9946224, 0.9671635, 0.9158777, 0.82959676, 0.7012968,
        0.53028077, 0.3270021, 0.11759596, -0.05612353, -0.1490596, -0.1427685,
        -0.0747676, -0.016984228, -0.00018482363, 6.004705e-05,
    ),
    (
        1.0, 0.0028876371, 0.021521786, 0.06236327, 0.14094989, 0.2739112,
        0.4756325, 0.7496088, 1.0743061, 1.3871049, 1.5831102, 1.5627598,
        1.3400204, 1.0964707, 0.99935126, 0.99856925,
    ),
    (
        5.034421e-05, -0.00058355427, -0.005335673, -0.017544573, -0.044410072, -0.09612635,
        -0.18543333, -0.32404158, -0.51305014, -0.72453517, -0.8797769, -0.85602987,
        -0.5816554, -0.19489272, 0.017075494, 0.013280982,
    ),
    (
        -0.33572787, 5.2564406e-05, 0.0005923013, 0.0022159854, 0.0063013914, 0.015249155,
        0.032837316, 0.06403363, 0.112986915, 0.17661943, 0.23134689, 0.21935548,
        0.06872893, -0.20553413, -0.41265345, -0.39391062,
    ),
    (
        0.032440234, -1.7796226e-06, -2.4814426e-05, -0.00010586991, -0.0003390426, -0.0009200694,
        -0.002220137, -0.0048556514, -0.009615467, -0.016804583, -0.024050327, -0.021823298,
        0.0092678135, 0.082542025, 0.15902503, 0.13850729,
    ),
)
# fmt: on
#: P and Q, of tanh(x) / x in x^2, on |x| <= RATIONAL_BOUND.
RATIONAL_BOUND = 7.9
RATIONAL_P = (1.0, 0.12938984, 0.002965151, 1.15779785e-05)
RATIONAL_Q = (1.0, 0.4627224, 0.023873806, 0.0002406464, 2.5065026e-07)


def lookup(x: Vector, inner: float, outer: float) -> Vector:
    """Return outer * tanh(inner * x) by a polynomial of the range of x."""
    bound, step = BOUND / inner, STEP / inner**2
    a = absolute(x)
    a = where(a > bound, bound, a)
    # The last bit of this constant counts one step.
    ranges = fma(a, a - 2 * bound, 1.5 * 2.0**23 * step)
    rows = [[c * outer * inner**k for c in row] for k, row in enumerate(LOOKUP)]
    value = looked_up(rows[-1], ranges)
    for row in rows[-2::-1]:
        value = fma(value, a, looked_up(row, ranges))
    return copysign(value, x)


def rational(x: Vector, inner: float, outer: float) -> Vector:
    """Return outer * tanh(inner * x) by a ratio of polynomials."""
    x = clamp(x, -RATIONAL_BOUND / inner, RATIONAL_BOUND / inner)
    u = x * x
    top = polynomial(u, tuple(c * outer * inner ** (2 * k + 1) for k, c in enumerate(RATIONAL_P)))
    bottom = polynomial(u, tuple(c * inner ** (2 * k) for k, c in enumerate(RATIONAL_Q)))
    return x * top / bottom


#: outer * tanh(inner * x) of float32 numbers, by name.
FORMS: dict[str, Callable[[Vector, float, float], Vector]] = {
    "lookup": lookup,
    "rational": rational,
}
#: The one for this processor.
HOST_FORM = "lookup" if WIDE else "rational"
