"""Vector code: loops, and compiled functions that are emitted from formulas."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .jit import LANES
from .vector_memory import Pointer
from .vectors import INT, Integer, Value, Vector


@dataclass
class Code:
    """The function that is being emitted."""

    builder: ir.IRBuilder

    def integer(self, n: int) -> Integer:
        """Return a constant."""
        return Integer(self.builder, INT(n))

    def loop(self, n: Integer, carry: Sequence[Value], body: Callable[..., Any]) -> list[Any]:
        """Repeat ``carry = body(k, *carry)`` for k in range(n); return the last carry."""
        builder, before = self.builder, self.builder.block
        function = builder.function
        head, inside, after = (
            function.append_basic_block(name) for name in ("head", "inside", "after")
        )
        builder.branch(head)
        builder.position_at_end(head)
        k = Integer(builder, builder.phi(INT))
        held = [value.like(builder.phi(value.value.type)) for value in carry]
        k.value.add_incoming(INT(0), before)
        for phi, value in zip(held, carry, strict=True):
            phi.value.add_incoming(value.value, before)
        builder.cbranch(builder.icmp_signed("<", k.value, n.value), inside, after)
        builder.position_at_end(inside)
        new = body(k, *held)
        k.value.add_incoming((k + 1).value, builder.block)
        for phi, value in zip(held, new, strict=True):
            phi.value.add_incoming(value.value, builder.block)
        builder.branch(head).set_metadata("llvm.loop", _rolled(builder.module))
        builder.position_at_end(after)
        return held


def _rolled(module: ir.Module) -> Any:
    """Return the metadata of a loop that LLVM does not unroll.

    Bodies are blocks of many instructions as they are. Unrolled by 8, as LLVM would, they gain
    nothing, and what is computed ahead of a loop takes long where it has few iterations.
    """
    rule = module.add_metadata(["llvm.loop.unroll.disable"])
    loop = module.add_metadata([rule, str(len(module.metadata))])  # which no other loop has
    loop.operands = loop, rule  # its first operand has to be itself
    return loop


class Emitted:
    """A function of integers and pointers that ``write(code, *arguments)`` writes.

    It returns nothing, and is written once for each combination of pointer types.
    """

    def __init__(self, write: Callable[..., None], name: str) -> None:
        self._write, self._name = write, name

    def __call__(self, code: Code, *arguments: Integer | Pointer) -> None:
        """Write a call of it."""
        builder = code.builder
        types_of = [argument.value.type for argument in arguments]
        unique = f"metarnn_{self._name}({'_'.join(map(str, types_of))})"
        function = builder.module.globals.get(unique)
        if function is None:
            function = ir.Function(builder.module, ir.FunctionType(ir.VoidType(), types_of), unique)
            function.linkage = "internal"
            inside = ir.IRBuilder(function.append_basic_block("entry"))
            own = [
                (Integer if argument.type == INT else Pointer)(inside, argument)
                for argument in function.args
            ]
            self._write(Code(inside), *own)
            inside.ret_void()
        builder.call(function, [argument.value for argument in arguments])


def emitted(write: Callable[..., None], name: str, n_arguments: int | None = None) -> Any:
    """Return the compiled function that ``write(code, *arguments)`` writes; see :class:`Emitted`.

    Its attribute `written` writes calls from other functions that are emitted.
    """
    n = n_arguments or len(inspect.signature(write).parameters) - 1
    written = Emitted(write, name)

    def typed(typing_context: Any, *given: Any) -> Any:
        taken = [types.int64 if isinstance(t, types.Integer) else t for t in given]
        return types.void(*taken), generate

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        arguments = [(Integer if x.type == INT else Pointer)(builder, x) for x in values]
        written(Code(builder), *arguments)
        return context.get_dummy_value()

    # numba needs a signature with that many parameters.
    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY)
        for name in ("typing_context", *(f"argument_{i}" for i in range(n)))
    ]
    typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    typed.__name__ = name
    compiled = intrinsic(typed)
    compiled.written = written
    return compiled


def elementwise(formula: Callable[..., Any], n_results: int = 1, n_weights: int = 0) -> Any:
    """Return the compiled function that applies a formula to all numbers of matrices.

    Its arguments are pointers to the arguments of the formula, pointers to its results (a vector
    or a tuple of them), the number of rows of all of these, and the lanes in use. The last
    `n_weights` arguments of the formula are weights, one for each row. A single lane is computed
    some rows at a time, with the same bits.
    """
    n_inputs = len(inspect.signature(formula).parameters)

    def write(code: Code, *arguments: Any) -> None:
        *pointers, n_rows, lanes = arguments
        first, count = n_inputs - n_weights, pointers[0].count
        rows, weights, own = pointers[:first], pointers[first:n_inputs], pointers[n_inputs:]

        def results_of(taken: list[Vector]) -> Any:
            results = formula(*taken)
            return zip(own, results if isinstance(results, tuple) else (results,), strict=True)

        def several(k: Integer) -> list[Any]:
            """Compute as many rows of a single lane as a vector has places."""
            begin = k * count
            taken = [(pointer + begin * LANES).down(count) for pointer in rows]
            taken += [pointer.vector(begin) for pointer in weights]
            for pointer, result in results_of(taken):
                (pointer + begin * LANES).store_down(result)
            return []

        done = code.integer(0)
        if not any(pointer.own for pointer in weights):
            n_times = n_rows // count * lanes.equals(1)
            code.loop(n_times, [], several)
            done = n_times * count

        def row(k: Integer) -> list[Any]:
            i = done + k

            def vector(n: Integer) -> list[Any]:
                lane = n * count
                taken = [pointer.vector(i * LANES + lane) for pointer in rows]
                taken += [(pointer + i).from_lane(lane).weight(0, 0) for pointer in weights]
                for pointer, result in results_of(taken):
                    pointer.store(result, i * LANES + lane)
                return []

            code.loop((lanes + (count - 1)) // count, [], vector)
            return []

        code.loop(n_rows - done, [], row)

    return emitted(write, formula.__name__, n_inputs + n_results + 2)
