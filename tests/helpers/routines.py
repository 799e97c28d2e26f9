"""The engine's routines, called from Python with arrays."""

import numpy as np

from metarnn.compilation import compiling
from metarnn.engine.jit import LANES, Variant, call, kernel


@kernel
def _call(address, arguments):
    call(address, arguments)


def run(routine, kind, *arguments):
    """Call a routine with integers and arrays, which it may write to."""
    for argument in arguments:
        assert isinstance(argument, int) or argument.flags.c_contiguous
    values = (a if isinstance(a, int) else a.ctypes.data for a in arguments)
    address = routine.address(kind)
    with compiling():
        _call(address, tuple(values))


def as_lanes(values, dtype):
    """Return values (B, ...) as rows of lanes (N, ..., 32); zeros fill what is left."""
    values = np.asarray(values)
    rest = np.zeros((-len(values) % LANES, *values.shape[1:]), values.dtype)
    lanes = np.concatenate([values, rest]).reshape(-1, LANES, *values.shape[1:])
    return np.ascontiguousarray(np.moveaxis(lanes, 1, -1), dtype)


__all__ = ["LANES", "Variant", "as_lanes", "run"]
