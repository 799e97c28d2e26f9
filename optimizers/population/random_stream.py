"""A counter-based stream of random numbers, at a nanosecond a number.

NumPy's generators draw one number after the other, which takes milliseconds for a population of
50 in 2000 dimensions. Here the i-th number is a function of a key and of i alone, so that the
compiler vectorizes the loop; the key is drawn from the run's own Generator.

The i-th word is that of SplitMix64, mix(key + i gamma), 64 bits (Steele, Lea and Flood 2014;
it passes BigCrush). Draws of n words from two keys overlap with probability n / 2^63. Half of a
word makes an exponential number E = -ln U, the other half the sine S of a random angle. Normals
follow from these two (Box and Muller 1958):

- sqrt(2 E) S is a normal;
- E S is the product of two independent normals, as r sin(a) r cos(a) = r^2 / 2 sin(2 a).

Noise does not need more precision than float32. U has 31 bits, so no normal is larger than
6.66, which one in 4 10^10 should be. Logarithm, sine and power are polynomials, since calls of a
library would prevent vectorization; their largest relative errors are

========  ============================================  =======
function  interpolated at the Chebyshev nodes of         error
========  ============================================  =======
ln(x)     ln(1 + f) / f, sqrt(1/2) <= 1 + f < sqrt(2)    3e-7
sin(pi t) sin(pi t) / t in t^2, abs(t) < 1/2             2e-6
2^x       2^r, abs(r) <= 1/2                             2e-7
========  ============================================  =======

References
----------
G. L. Steele, D. Lea, C. H. Flood: Fast splittable pseudorandom number generators. OOPSLA
2014, 453-472.
G. E. P. Box, M. E. Muller: A note on the generation of random normal deviates. Annals of
Mathematical Statistics 29 (1958) 610-611.
J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2,
3. SC 2011 (on generators that count).

Notes
-----
This module imports numba: import it where it is used.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.compilation import stored

Noise = NDArray[np.float32]

# "contract" allows fused multiply-adds and nothing else.
kernel = stored(fastmath={"contract"})

f4, i4 = np.float32, np.int32

GAMMA, MIX_1, MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
# Limits Python's unbounded integers to 64 bits; without effect in compiled code.
WORD = 0xFFFFFFFFFFFFFFFF
LOWER = 0x7FFFFFFF

HALF, UNIT, CENTRE = f4(0.5), f4(2**-31), i4(2**30)
BELOW_ONE = f4(1 - 2**-24)
MANTISSA, BIAS, ROOT_HALF = i4(23), i4(127), i4(0x3F3504F3)
ONE, LN_2, LOG2_E = f4(1), f4(0.6931471805599453), f4(1.4426950408889634)

# Polynomials through the Chebyshev nodes.
L0, L1, L2, L3 = map(f4, (0.999999968, -0.500003751, 0.33334606, -0.24968907))
L4, L5, L6, L7 = map(f4, (0.199133479, -0.172782061, 0.161262479, -0.0989535074))
S0, S1, S2, S3 = map(f4, (3.14159026, -5.16740577, 2.54400022, -0.559435001))
P0, P1, P2 = map(f4, (1.00000008, 0.693147188, 0.240221075))
P3, P4, P5 = map(f4, (0.0555035711, 0.00967603192, 0.00133908634))


@kernel
def state_before(key, i):
    """Return the state from which the next one is that of word i, counted from 0."""
    return (int(key) + int(np.uint64(i)) * GAMMA) & WORD


@kernel
def next_state(state):
    """Return the state of the next word."""
    return (state + GAMMA) & WORD


@kernel
def mix(state):
    """Return the word of a state: SplitMix64's finalizer, variant 13 of Stafford's."""
    word = ((state ^ (state >> 30)) * MIX_1) & WORD
    word = ((word ^ (word >> 27)) * MIX_2) & WORD
    return word ^ (word >> 31)


@kernel
def uniform(word):
    """Return a number in (0, 1] from the upper half of a word."""
    return (f4(i4(word >> 33)) + HALF) * UNIT


@kernel
def exponential(word):
    """Return -ln U > 0 from the upper half of a word."""
    u = uniform(word)
    return -ln(u if u < BELOW_ONE else BELOW_ONE)


@kernel
def sine(word):
    """Return the sine, never 0, of an angle in (-pi/2, pi/2) from the lower half of a word.

    The distribution is that of a full circle; the half avoids a reduction of the angle.
    """
    # Centred as an integer: subtracting 1/2 from a float would round small angles to zero.
    t = (f4(i4(i4(word & LOWER) - CENTRE)) + HALF) * UNIT
    q = t * t
    return t * (S0 + q * (S1 + q * (S2 + q * S3)))


@kernel
def ln(x):
    """Return the natural logarithm of a positive normal number."""
    bits = f4(x).view(i4)
    exponent = i4(i4(bits - ROOT_HALF) >> MANTISSA)
    f = i4(bits - i4(exponent << MANTISSA)).view(f4) - ONE
    p = L0 + f * (L1 + f * (L2 + f * (L3 + f * (L4 + f * (L5 + f * (L6 + f * L7))))))
    return f4(exponent) * LN_2 + f * p


@kernel
def exp2(x):
    """Return 2^x, abs(x) < 126."""
    n = np.rint(x)
    r = x - n
    p = P0 + r * (P1 + r * (P2 + r * (P3 + r * (P4 + r * P5))))
    return p * i4((i4(n) + BIAS) << MANTISSA).view(f4)


@kernel
def normal(word):
    """Return a standard normal from a word."""
    e = exponential(word)
    return np.sqrt(e + e) * sine(word)


@kernel
def fill_uniforms(key, out):
    """Fill a vector."""
    state = int(key)
    for i in range(out.size):
        state = next_state(state)
        out[i] = uniform(mix(state))


@kernel
def fill_normals(key, fraction, out):
    """Fill a fraction of a vector with normals, the rest with zeros."""
    state = int(key)
    for i in range(out.size):
        state = next_state(state)
        chance = uniform(mix(state))
        state = next_state(state)
        noise = normal(mix(state))
        out[i] = noise if chance <= fraction else f4(0)


@kernel
def fill_levy(key, sigma, power, flights, out):
    """Fill a vector with sigma u |v|^power of normals u and v, for flights times a normal."""
    state = int(key)
    half = HALF * power * LOG2_E
    for i in range(out.size):
        state = next_state(state)
        word = mix(state)
        e = exponential(word)
        u = (e if flights else np.sqrt(e + e)) * sine(word)
        state = next_state(state)
        word = mix(state)
        e, s = exponential(word), sine(word)
        out[i] = sigma * u * exp2(half * ln((e + e) * (s * s)))


def key_of(rng: np.random.Generator) -> np.uint64:
    """Draw a key: rng.integers(2**64, dtype=np.uint64), in a quarter of the time."""
    next_word, state = _words_of(rng.bit_generator)
    return np.uint64(next_word(state))


@lru_cache(maxsize=16)
def _words_of(bit_generator: np.random.BitGenerator) -> tuple[Callable[[Any], int], Any]:
    """Return the function that draws 64 bits, and what it is called with."""
    interface = bit_generator.ctypes
    return interface.next_uint64, interface.state


class Stream:
    """The numbers (n, D) of one key, which are drawn some rows at a time."""

    def __init__(
        self,
        fill: Any,
        n_words: int,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        *settings: Any,
    ) -> None:
        self._fill, self._n_words, self._shape, self._settings = fill, n_words, shape, settings
        self._key = key_of(rng)

    def rows(self, some: slice) -> Noise:
        """Return some rows, the same numbers as if all had been drawn at once."""
        n, *row = self._shape
        first, end, _ = some.indices(n)
        out = np.empty((end - first, *row), f4)
        key = self._key
        if first:
            key = np.uint64((int(key) + first * math.prod(row) * self._n_words * GAMMA) & WORD)
        self._fill(key, *self._settings, out.reshape(-1))
        return out

    def all(self) -> Noise:
        """Return all numbers."""
        return self.rows(slice(None))


def normal_stream(
    shape: tuple[int, ...], rng: np.random.Generator, fraction: float = 1.0
) -> Stream:
    """Return standard normals at random places, a fraction of all; the others are 0."""
    return Stream(fill_normals, 2, shape, rng, f4(fraction))


def levy_stream(
    shape: tuple[int, ...], exponent: float, flights: bool, rng: np.random.Generator
) -> Stream:
    """Return Levy steps (see :func:`levy_steps`), each multiplied by a normal for flights."""
    sigma = f4(mantegna_sigma(exponent))
    return Stream(fill_levy, 2, shape, rng, sigma, f4(-1 / exponent), flights)


def uniforms(shape: tuple[int, ...], rng: np.random.Generator) -> Noise:
    """Draw uniform numbers from (0, 1]."""
    return Stream(fill_uniforms, 1, shape, rng).all()


def normals(shape: tuple[int, ...], rng: np.random.Generator, fraction: float = 1.0) -> Noise:
    """Draw standard normals at random places, a fraction of all; the others are 0."""
    return normal_stream(shape, rng, fraction).all()


def levy_steps(shape: tuple[int, ...], exponent: float, rng: np.random.Generator) -> Noise:
    """Draw heavy-tailed steps u / |v|^(1/beta) by Mantegna's algorithm.

    The tail of a step's size falls as its power -(1 + beta), 1 < beta < 2 (R. N. Mantegna: Fast,
    accurate algorithm for numerical simulation of Levy stable stochastic processes. Physical Review
    E 49 (1994) 4677-4683).
    """
    return levy_stream(shape, exponent, False, rng).all()


def levy_flights(shape: tuple[int, ...], exponent: float, rng: np.random.Generator) -> Noise:
    """Draw Levy steps (see :func:`levy_steps`), each multiplied by a normal number."""
    return levy_stream(shape, exponent, True, rng).all()


def mantegna_sigma(beta: float) -> float:
    """Return the standard deviation of u in Mantegna's algorithm."""
    top = math.gamma(1 + beta) * math.sin(math.pi * beta / 2)
    bottom = math.gamma((1 + beta) / 2) * beta * 2 ** ((beta - 1) / 2)
    return float((top / bottom) ** (1 / beta))
