"""How functions are compiled, and routines, which compiled code calls by address.

A routine is a compiled function that others call by its address. So the tables that describe a
network (``program.py``) name the cells, losses and tasks to run, and a new cell compiles alone.
Its arguments are integers and pointers. It is compiled once for each variant of the numbers that
the pointers lead to, when its address is first needed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple

from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic

from metarnn.compilation import Compiled, Stored, uninterrupted
from metarnn.compilation.dispatchers import OPTIONS

#: Sequences in a tile: the lanes that every row of numbers has.
LANES = 32


class Variant(NamedTuple):
    """A variant of a routine: what its pointers lead to."""

    real: str = "float32"  # or "float64": the type of the numbers that are computed
    #: Whether each lane has weights of its own, as the lanes are candidates, or all lanes share
    #: them, as the lanes are sequences of one candidate.
    own_weights: bool = False
    own_sums: bool = False  # whether each lane has sums of derivatives by weights of its own
    code: bool = True  # whether to compile; otherwise addresses are 0: only sizes are of interest


#: All that passes use: lanes are sequences, whose sums may be apart, or candidates.
VARIANTS = tuple(
    Variant(real, own_weights, own_sums)
    for real in ("float32", "float64")
    for own_weights, own_sums in ((False, False), (False, True), (True, True))
)


class Reals:
    """Annotation of a routine's parameter: pointer to numbers."""


class Weights:
    """Annotation: pointer to weights, each 1 number or, where lanes have their own, 32."""


class Sums:
    """Annotation: pointer to float64 sums, each 1 number or 32."""


class Totals:
    """Annotation: pointer to float64 losses, each 1 number or 32 like the weights."""


class Doubles:
    """Annotation: pointer to float64 numbers."""


def _types(variant: Variant) -> dict[type, types.Type]:
    real = types.float32 if variant.real == "float32" else types.float64

    def pointer(number: types.Type, own: bool) -> types.Type:
        return types.CPointer(types.UniTuple(number, LANES) if own else number)

    return {
        int: types.int64,
        Reals: pointer(real, False),
        Weights: pointer(real, variant.own_weights),
        Sums: pointer(types.float64, variant.own_sums),
        Totals: pointer(types.float64, variant.own_weights),
        Doubles: pointer(types.float64, False),
    }


# --- Compiled functions ------------------------------------------------------------------


def _compiled(dispatcher: type[Compiled] = Stored, **options: Any) -> Callable[..., Any]:
    return partial(dispatcher, targetoptions=OPTIONS | options)


# Functions that Python never calls.
INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

kernel = _compiled()
parallel_kernel = _compiled(parallel=True)
# Compiled into what calls it, and stored with that.
subroutine = _compiled(Compiled, **INNER)


# --- Routines ----------------------------------------------------------------------------


class Routine:
    """A function of integers and pointers that compiled code calls by its address.

    It returns nothing. Its parameters are int, Reals, Doubles, Weights, Sums or Totals, as
    annotated or, where many functions have the same, as given to :func:`routines_of`.
    """

    #: Those of this process, in the order in which they were made.
    all: ClassVar[list["Routine"]] = []

    def __init__(self, function: Callable[..., None], *parameters: type) -> None:
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        annotations = function.__annotations__.items()
        annotated = (annotation for name, annotation in annotations if name != "return")
        self._parameters = parameters or tuple(annotated)
        self._dispatcher = _compiled(**INNER)(function)
        self._addresses: dict[Variant, int] = {}
        self.all.append(self)

    def address(self, variant: Variant) -> int:
        """Return the address of the code of a variant in this process, compiled if it is new."""
        if not variant.code:
            return 0
        if variant not in self._addresses:
            self._addresses[variant] = uninterrupted(self._compile, variant)
        return self._addresses[variant]

    @property
    def key(self) -> str:
        """The name by which every process knows it."""
        return f"{self._dispatcher.__module__}.{self._dispatcher.__qualname__}"

    @property
    def variants(self) -> list[Variant]:
        """Variants that are all there is to compile: one of those with the same arguments."""
        found = {self._arguments(variant): variant for variant in VARIANTS}
        return list(found.values())

    def _arguments(self, variant: Variant) -> tuple[types.Type, ...]:
        type_of = _types(variant)
        return tuple(type_of[parameter] for parameter in self._parameters)

    def _compile(self, variant: Variant) -> int:
        arguments = self._arguments(variant)
        self._dispatcher.compile(arguments)
        compiled = self._dispatcher.get_compile_result(signature(types.none, *arguments))
        name = compiled.fndesc.llvm_func_name
        return int(compiled.library.get_pointer_to_function(name))


routine = Routine


def routines_of(*parameters: type) -> Callable[[Callable[..., None]], Routine]:
    """Return the decorator of routines with parameters of these types."""
    return lambda function: Routine(function, *parameters)


@intrinsic
def call(typing_context: Any, address: Any, arguments: Any) -> Any:
    """Call the routine at an address with a tuple of integers and pointers."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        # By numba's own calling convention: that of C would cost a wrapper, 5 ns.
        given = cgutils.unpack_tuple(builder, values[1], len(arguments))
        function = context.call_conv.get_function_type(types.none, arguments.types)
        pointer = builder.inttoptr(values[0], function.as_pointer())
        context.call_conv.call_function(builder, pointer, types.none, arguments.types, given)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), generate
