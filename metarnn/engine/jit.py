"""The compiler options, in one place."""

from typing import Any

from numba import njit

# A division by zero gives inf, as in NumPy: with Python's exception no loop vectorises.
# "contract" allows fused multiply-adds and nothing else, so NaN and inf keep their meaning.
OPTIONS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "nogil": True,
}

kernel = njit(**OPTIONS)
parallel_kernel = njit(parallel=True, **OPTIONS)
# Sums over the lanes of a tile: their order is the compiler's, but always the same.
lane_sum_kernel = njit(**(OPTIONS | {"fastmath": {"contract", "reassoc", "nsz"}}))
