"""The random integers of a NumPy Generator, drawn in compiled code: the same, to the bit.

``rng.integers`` takes 7 to 15 microseconds for 50 numbers, as long as moving a population of that
size. Here compiled code calls the function of the Generator's bit generator that returns 32 random
bits, by its address, and makes integers of them as NumPy does: the bits times the number of
integers, divided by 2^32. Bits that would make some integers more frequent than others are drawn
again (D. Lemire: Fast random integer generation in an interval. ACM Transactions on Modeling and
Computer Simulation 29 (2019) 3).

This module imports numba: import it where it is used.
"""

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from metarnn.compilation import stored

kernel = stored()

#: The addresses of the function that returns 32 bits, and of the state that it is given.
BitSource = tuple[int, int]
BITS = 0xFFFFFFFF


def bits_of(rng: np.random.Generator) -> BitSource:
    """Return where compiled code gets the bits of a Generator, as long as that exists."""
    return _bits_of(rng.bit_generator)


@lru_cache(maxsize=16)
def _bits_of(bit_generator: np.random.BitGenerator) -> BitSource:
    interface = bit_generator.ctypes
    function = ctypes.cast(interface.next_uint32, ctypes.c_void_p)
    return int(function.value or 0), int(interface.state_address)


def next_bits(function, state):
    """Return the next 32 bits, as an integer."""
    return ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)(function)(state)


@intrinsic
def _call(typing_context: Any, function: Any, state: Any) -> Any:
    """Call the function at an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        c_type = ir.FunctionType(ir.IntType(32), [ir.IntType(64)])
        bits = builder.call(builder.inttoptr(values[0], c_type.as_pointer()), [values[1]])
        return builder.zext(bits, ir.IntType(64))

    return types.int64(types.int64, types.int64), generate


@overload(next_bits)
def _compiled_next_bits(function, state):
    return lambda function, state: _call(function, state)


@kernel
def below(source, end):
    """Draw an integer from 0 to end - 1, where end is at most 2^31."""
    if end == 1:
        return 0
    product = next_bits(source[0], source[1]) * end
    if product & BITS < end:
        while product & BITS < (BITS + 1 - end) % end:
            product = next_bits(source[0], source[1]) * end
    return product >> 32


@kernel
def fill_below(source, end, out):
    """Fill a vector."""
    for i in range(out.size):
        out[i] = below(source, end)


@kernel
def choose_others(bits, ends, numbers):
    """Draw indices (n, k) below `ends` (k,), those of a row all different and none its own.

    A draw counts the indices that are left: without its own and those before.
    """
    for i in range(numbers.shape[0]):
        for j in range(numbers.shape[1]):
            draw = below(bits, ends[j] - 1 - j)
            number = draw
            while True:
                passed = 1 if number >= i else 0
                for earlier in range(j):
                    passed += 1 if number >= numbers[i, earlier] else 0
                if number == draw + passed:
                    break
                number = draw + passed
            numbers[i, j] = number


def integers(end: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw n integers from 0 to end - 1: those of ``rng.integers(end, size=n)``."""
    out = np.empty(n, np.int64)
    fill_below(bits_of(rng), end, out)
    return out


def numbers_of_others(n: int, ends: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw indices (n, k) of other points for each of n points: all different, none its own.

    The j-th index is below ends[j]; these do not decrease, and the first is at least n.
    """
    numbers = np.empty((n, len(ends)), np.int64)
    choose_others(bits_of(rng), ends, numbers)
    return numbers
