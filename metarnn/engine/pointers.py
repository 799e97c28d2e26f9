"""Pointers in compiled code: moved, cast, and made of addresses."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic


def _result_by(cast: str) -> Callable[..., Any]:
    """Return the code that casts the first argument to the type of the result."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return getattr(builder, cast)(values[0], context.get_value_type(signature.return_type))

    return generate


@intrinsic
def at(typing_context: Any, pointer: Any, n: Any) -> Any:
    """Return the pointer to n elements further on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.gep(values[0], [values[1]])

    return pointer(pointer, types.int64), generate


@intrinsic
def pointer_to(typing_context: Any, address: Any, like: Any) -> Any:
    """Return an address as a pointer of the type of another one."""
    return like(types.int64, like), _result_by("inttoptr")


@intrinsic
def integers_at(typing_context: Any, address: Any) -> Any:
    """Return an address as a pointer to 64-bit integers."""
    return types.CPointer(types.int64)(types.int64), _result_by("inttoptr")


@intrinsic
def doubles_at(typing_context: Any, address: Any) -> Any:
    """Return an address as a pointer to float64 numbers."""
    return types.CPointer(types.float64)(types.int64), _result_by("inttoptr")


@intrinsic
def cast_like(typing_context: Any, pointer: Any, like: Any) -> Any:
    """Return a pointer as one of the type of another one."""
    return like(pointer, like), _result_by("bitcast")


@intrinsic
def scalar_pointer(typing_context: Any, pointer: Any) -> Any:
    """Return a pointer to numbers, where it may be one to 32 of them at a time."""
    number = pointer.dtype.dtype if isinstance(pointer.dtype, types.UniTuple) else pointer.dtype
    return types.CPointer(number)(pointer), _result_by("bitcast")


def records(dtype: np.dtype[Any]) -> Any:
    """Return the compiled function (address, i) -> record i of an array of records."""
    record = numba.from_dtype(dtype)

    @intrinsic
    def record_at(typing_context: Any, address: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            begin, n = values
            place = builder.add(begin, builder.mul(n, begin.type(dtype.itemsize)))
            return builder.inttoptr(place, context.get_value_type(record))

        return record(types.int64, types.int64), generate

    return record_at
