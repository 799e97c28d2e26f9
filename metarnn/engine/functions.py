"""tanh, sigmoid and exp that a compiler can turn into vector code.

The mathematical library's functions are called lane by lane, which is some 80 times
slower. These are branch-free polynomials and rationals; NaN stays NaN.

========  =======================================  =====================
function  form                                     largest error
========  =======================================  =====================
tanh      float32: x P4(x^2) / Q4(x^2), |x| < 7.9  4e-7 absolute
tanh      float64: (e^2x - 1) / (e^2x + 1)         4e-16 absolute
exp       2^n P(r), |r| <= ln(2) / 2               2e-7, 4e-16 relative
========  =======================================  =====================

sigmoid(x) is 1/2 + tanh(x/2)/2. Each name is an ordinary function of NumPy (the twin that
tests compare with), overloaded with the lane form for compiled code.
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from .jit import OPTIONS

# Cached with their callers: on their own they would outlive a change of the options.
INLINE: Any = OPTIONS | {"cache": False}

f4, f8, i4, i8 = np.float32, np.float64, np.int32, np.int64

ZERO4, HALF4, ONE4 = f4(0), f4(0.5), f4(1)
ZERO8, HALF8, ONE8, TWO8 = f8(0), f8(0.5), f8(1), f8(2)

# Rational minimax approximation of tanh(x) / x in x^2 on |x| <= 7.9.
BOUND4 = f4(7.9)
P0, P1, P2, P3, P4 = (
    f4(0.9999999403953552),
    f4(0.13340754806995392),
    f4(0.0034461524337530136),
    f4(1.9715289454325102e-05),
    f4(1.1915376241233844e-08),
)
Q1, Q2, Q3, Q4 = (
    f4(0.46674084663391113),
    f4(0.025693219155073166),
    f4(0.00032015700708143413),
    f4(7.233258543237753e-07),
)

# exp: x = n ln 2 + r, with ln 2 split in two so that n ln 2 is exact; Taylor in r.
LOG2E4, LN2_HIGH4, LN2_LOW4 = f4(1.4426950408889634), f4(0.693359375), f4(-2.12194440e-4)
LOG2E8, LN2_HIGH8, LN2_LOW8 = (
    f8(1.4426950408889634),
    f8(6.93147180369123816490e-01),
    f8(1.90821492927058770002e-10),
)
T2, T3, T4, T5, T6, T7 = (f4(1 / k) for k in (2, 6, 24, 120, 720, 5040))
D2, D3, D4, D5, D6, D7, D8, D9, D10, D11, D12, D13 = (
    f8(1 / k)
    for k in (
        2,
        6,
        24,
        120,
        720,
        5040,
        40320,
        362880,
        3628800,
        39916800,
        479001600,
        6227020800,
    )
)
LOWEST4, HIGHEST4, LOWEST8, HIGHEST8 = f4(-87.0), f4(88.0), f8(-708.0), f8(709.0)
BIAS4, SHIFT4, BIAS8, SHIFT8 = i4(127), i4(23), i8(1023), i8(52)
BOUND8 = f8(20.0)


def exp(x: Any) -> Any:
    """Return e^x; in compiled code clamped to the normal numbers."""
    return np.exp(x)


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent."""
    return np.tanh(x)


def sigmoid(x: Any) -> Any:
    """Return the logistic function 1 / (1 + e^-x)."""
    half = x.dtype.type(0.5)
    return half + half * np.tanh(half * x)


@overload(exp, jit_options=INLINE)
def _exp(x: Any) -> Any:
    def single(x: Any) -> Any:
        x = HIGHEST4 if x > HIGHEST4 else x
        x = LOWEST4 if x < LOWEST4 else x
        n = np.rint(x * LOG2E4)
        n = n if x == x else ZERO4  # a NaN has no integer
        r = (x - n * LN2_HIGH4) - n * LN2_LOW4
        p = r * (ONE4 + r * (T2 + r * (T3 + r * (T4 + r * (T5 + r * (T6 + r * T7))))))
        power = i4((i4(n) + BIAS4) << SHIFT4).view(f4)
        return power + power * p

    def double(x: Any) -> Any:
        x = HIGHEST8 if x > HIGHEST8 else x
        x = LOWEST8 if x < LOWEST8 else x
        n = np.rint(x * LOG2E8)
        n = n if x == x else ZERO8
        r = (x - n * LN2_HIGH8) - n * LN2_LOW8
        p = D8 + r * (D9 + r * (D10 + r * (D11 + r * (D12 + r * D13))))
        p = D2 + r * (D3 + r * (D4 + r * (D5 + r * (D6 + r * (D7 + r * p)))))
        p = r + r * r * p
        power = i8((i8(n) + BIAS8) << SHIFT8).view(f8)
        return power + power * p

    return single if x == types.float32 else double


@overload(tanh, jit_options=INLINE)
def _tanh(x: Any) -> Any:
    def single(x: Any) -> Any:
        x = BOUND4 if x > BOUND4 else x
        x = -BOUND4 if x < -BOUND4 else x
        u = x * x
        top = x * (P0 + u * (P1 + u * (P2 + u * (P3 + u * P4))))
        return top / (ONE4 + u * (Q1 + u * (Q2 + u * (Q3 + u * Q4))))

    def double(x: Any) -> Any:
        # e^2x - 1 loses all digits near 0, where the odd Taylor polynomial takes over.
        u = x * x
        near = x * (ONE8 - u * (ONE8 / f8(3) - u * (f8(2) / f8(15) - u * f8(17) / f8(315))))
        x = BOUND8 if x > BOUND8 else x
        x = -BOUND8 if x < -BOUND8 else x
        far = ONE8 - TWO8 / (exp(x + x) + ONE8)
        return near if u < f8(1e-5) else far

    return single if x == types.float32 else double


@overload(sigmoid, jit_options=INLINE)
def _sigmoid(x: Any) -> Any:
    def single(x: Any) -> Any:
        return HALF4 + HALF4 * tanh(HALF4 * x)

    def double(x: Any) -> Any:
        return HALF8 + HALF8 * tanh(HALF8 * x)

    return single if x == types.float32 else double
