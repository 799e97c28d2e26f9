"""How things are compiled: options, the disk cache, and routines known by their address.

A routine is a function in machine code that others call by its address, so the tables that
describe a network (``program.py``) can name the cells, losses and passes that they run, and
a new cell compiles alone. Its arguments are integers and pointers, and it is compiled once
for each kind of number that the pointers lead to, when its address is first asked for.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.typing import signature
from numba.extending import intrinsic

#: Sequences in a tile: the lanes that every row of numbers has.
LANES = 32

# A division by zero gives inf, as in NumPy, and code runs beside Python's other threads.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}


class Kind(NamedTuple):
    """What the pointers of a routine lead to.

    Attributes
    ----------
    real : {"float32", "float64"}
        What is computed in.
    own_weights : bool
        Whether each lane has weights of its own (the lanes are candidates) rather than all
        of them the same (the lanes are sequences of one candidate).
    own_sums : bool
        Whether derivatives by the weights are kept apart for each lane.
    code : bool
        Whether code is wanted. Without it all addresses are 0, and nothing is compiled: for
        tables that only tell where everything would be.
    """

    real: str = "float32"
    own_weights: bool = False
    own_sums: bool = False
    code: bool = True


class Reals:
    """Annotation of a routine's argument: pointer to numbers."""


class Weights:
    """Annotation: pointer to weights, each one number or, if lanes have their own, 32."""


class Sums:
    """Annotation: pointer to float64 sums, each one number or 32."""


class Totals:
    """Annotation: pointer to float64 losses, one number or 32 like the weights."""


class Doubles:
    """Annotation: pointer to float64 numbers."""


def _types(kind: Kind) -> dict[type, types.Type]:
    real = types.float32 if kind.real == "float32" else types.float64

    def pointer(number: types.Type, own: bool) -> types.Type:
        return types.CPointer(types.UniTuple(number, LANES) if own else number)

    return {
        int: types.int64,
        Reals: pointer(real, False),
        Weights: pointer(real, kind.own_weights),
        Sums: pointer(types.float64, kind.own_sums),
        Totals: pointer(types.float64, kind.own_weights),
        Doubles: pointer(types.float64, False),
    }


# --- The disk cache ----------------------------------------------------------------------


def _fingerprint() -> str:
    """Return a hash of all that is compiled."""
    package = Path(__file__).parent.parent
    folders = "engine", "cells", "nodes", "layers"
    sources = sorted(source for name in folders for source in package.glob(f"{name}/*.py"))
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


FINGERPRINT = _fingerprint()


def _cached(compiled: Any) -> Any:
    """Keep the code on disk, until any file of the engine changes.

    numba renews what it has on disk when a function's own file changes, but a function
    also holds the code of those that it calls, from other files.
    """
    compiled.enable_caching()
    cache_file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if cache_file is not None:
        cache_file._source_stamp = FINGERPRINT
    return compiled


@contextmanager
def compiling() -> Iterator[None]:
    """Compile also under NUMBA_DISABLE_JIT: vector code has no form that Python could run."""
    with global_compiler_lock:
        disabled = numba.config.DISABLE_JIT
        numba.config.DISABLE_JIT = 0
        try:
            yield
        finally:
            numba.config.DISABLE_JIT = disabled


def _compiled(kept: bool = True, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    def decorate(function: Callable[..., Any]) -> Any:
        with compiling():
            compiled = numba.njit(**(OPTIONS | options))(function)
        # Also what is compiled later, when it is first called.
        compiled.compile = compiling()(compiled.compile)
        return _cached(compiled) if kept else compiled

    return decorate


# What no Python object is ever handed to.
INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

kernel = _compiled()
parallel_kernel = _compiled(parallel=True)
# A part of what calls it, and kept with that.
part = _compiled(kept=False, **INNER)


# --- Routines ----------------------------------------------------------------------------


class Routine:
    """A function of integers and pointers that compiled code calls by its address.

    It returns nothing. Its parameters are int, Reals, Doubles, Weights, Sums or Totals: as
    they are annotated, or, where many functions have the same, as :func:`routines_of` is told.
    """

    def __init__(self, function: Callable[..., None], *parameters: type) -> None:
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        annotations = function.__annotations__.items()
        annotated = (annotation for name, annotation in annotations if name != "return")
        self._parameters = parameters or tuple(annotated)
        self._dispatcher = _compiled(**INNER)(function)
        self._addresses: dict[Kind, int] = {}

    def address(self, kind: Kind) -> int:
        """Return where the code for this kind of numbers is, in this process."""
        if not kind.code:
            return 0
        if kind not in self._addresses:
            named = _types(kind)
            arguments = tuple(named[parameter] for parameter in self._parameters)
            self._dispatcher.compile(arguments)
            compiled = self._dispatcher.get_compile_result(signature(types.none, *arguments))
            name = compiled.fndesc.llvm_func_name
            self._addresses[kind] = int(compiled.library.get_pointer_to_function(name))
        return self._addresses[kind]


routine = Routine


def routines_of(*parameters: type) -> Callable[[Callable[..., None]], Routine]:
    """Return the decorator of routines that have parameters of these types."""

    def decorate(function: Callable[..., None]) -> Routine:
        return Routine(function, *parameters)

    return decorate


@intrinsic
def call(typing_context: Any, address: Any, arguments: Any) -> Any:
    """Call the routine at an address with a tuple of integers and pointers."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        # By numba's own convention: the one of C would cost a wrapper, five nanoseconds.
        given = cgutils.unpack_tuple(builder, values[1], len(arguments))
        function = context.call_conv.get_function_type(types.none, arguments.types)
        pointer = builder.inttoptr(values[0], function.as_pointer())
        context.call_conv.call_function(builder, pointer, types.none, arguments.types, given)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), generate


# --- Pointers in compiled code -----------------------------------------------------------


@intrinsic
def at(typing_context: Any, pointer: Any, n: Any) -> Any:
    """Return the pointer n numbers further on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.gep(values[0], [values[1]])

    return pointer(pointer, types.int64), generate


@intrinsic
def pointer_to(typing_context: Any, address: Any, like: Any) -> Any:
    """Return an address as a pointer of the type that another one has."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(like))

    return like(types.int64, like), generate


@intrinsic
def integers_at(typing_context: Any, address: Any) -> Any:
    """Return an address as a pointer to 64-bit integers."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

    return types.CPointer(types.int64)(types.int64), generate


@intrinsic
def recast(typing_context: Any, pointer: Any, like: Any) -> Any:
    """Return a pointer as one of the type that another one has."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], context.get_value_type(like))

    return like(pointer, like), generate


@intrinsic
def flat(typing_context: Any, pointer: Any) -> Any:
    """Return a pointer to numbers, also where it is one to 32 of them at a time."""
    number = pointer.dtype.dtype if isinstance(pointer.dtype, types.UniTuple) else pointer.dtype

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], context.get_value_type(signature.return_type))

    return types.CPointer(number)(pointer), generate


def records(dtype: np.dtype[Any]) -> Any:
    """Return the compiled function (address, i) for record i of those that begin there."""
    record = numba.from_dtype(dtype)

    @intrinsic
    def record_at(typing_context: Any, address: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            begin, n = values
            place = builder.add(begin, builder.mul(n, begin.type(dtype.itemsize)))
            return builder.inttoptr(place, context.get_value_type(record))

        return record(types.int64, types.int64), generate

    return record_at
