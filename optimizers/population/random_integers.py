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

#: The addresses of the functions that return 32 and 64 bits, and of the state they are given.
BitSource = tuple[int, int, int]
BITS = 0xFFFFFFFF


def bits_of(rng: np.random.Generator) -> BitSource:
    """Return where compiled code gets the bits of a Generator, as long as that exists."""
    return _bits_of(rng.bit_generator)


@lru_cache(maxsize=16)
def _bits_of(bit_generator: np.random.BitGenerator) -> BitSource:
    interface = bit_generator.ctypes
    functions = interface.next_uint32, interface.next_uint64
    half, whole = (int(ctypes.cast(function, ctypes.c_void_p).value or 0) for function in functions)
    return half, whole, int(interface.state_address)


def next_bits(source):
    """Return the next 32 bits, as an integer."""
    return ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)(source[0])(source[2])


def next_key(source):
    """Return the next 64 bits, as :func:`.random_stream.key_of` does."""
    return ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(source[1])(source[2])


def _call_of(n_bits: int, result: Any) -> Any:
    """Return what calls the function at an address, which returns so many bits."""

    @intrinsic
    def call(typing_context: Any, function: Any, state: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            c_type = ir.FunctionType(ir.IntType(n_bits), [ir.IntType(64)])
            bits = builder.call(builder.inttoptr(values[0], c_type.as_pointer()), [values[1]])
            return bits if n_bits == 64 else builder.zext(bits, ir.IntType(64))

        return result(types.int64, types.int64), generate

    return call


_call_half, _call_whole = _call_of(32, types.int64), _call_of(64, types.uint64)


@overload(next_bits)
def _compiled_next_bits(source):
    return lambda source: _call_half(source[0], source[2])


@overload(next_key)
def _compiled_next_key(source):
    return lambda source: _call_whole(source[1], source[2])


@kernel
def below(source, end):
    """Draw an integer from 0 to end - 1, where end is at most 2^31."""
    if end == 1:
        return 0
    product = next_bits(source) * end
    if product & BITS < end:
        while product & BITS < (BITS + 1 - end) % end:
            product = next_bits(source) * end
    return product >> 32


@kernel
def draw_below(source, end, n):
    """Draw n integers from 0 to end - 1."""
    drawn = np.empty(n, np.int64)
    for i in range(n):
        drawn[i] = below(source, end)
    return drawn


@kernel
def choose_others(bits, n, ends):
    """Draw indices (n, k) below `ends` (k,), those of a row all different and none its own.

    The ends do not decrease, and the first is at least n. A draw counts the indices that are left:
    without its own and those before.
    """
    numbers = np.empty((n, len(ends)), np.int64)
    for i in range(n):
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
    return numbers


def integers(end: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw n integers from 0 to end - 1: those of ``rng.integers(end, size=n)``."""
    drawn: NDArray[np.int64] = draw_below(bits_of(rng), end, n)
    return drawn
