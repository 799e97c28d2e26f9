"""Subnormal numbers taken for 0 by a thread, for a while.

Below 1.2e-38 (float32) or 2.2e-308 (float64) numbers have fewer and fewer digits, and many
processors take many times as long over them. A gradient that vanishes over the steps gets there,
and to 0 a few steps later. So passes flush such numbers: results that would be subnormal are 0,
and so are operands.

The mode is a register of each thread, which OpenMP's threads do not inherit from the caller, and
NumPy must find it as it was: it is set, and restored, in the thread that computes. Nothing is set
on processors other than x86-64 and AArch64.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: MXCSR of x86: flush results to zero, and take subnormal operands for zeros.
X86_BITS = 1 << 15 | 1 << 6
#: FPCR of AArch64: FZ does both.
ARM_BITS = 1 << 24
MODE = ir.IntType(64)


def _is_x86(builder: ir.IRBuilder) -> bool:
    return _machine(builder) in ("x86_64", "amd64")


def _is_arm(builder: ir.IRBuilder) -> bool:
    return _machine(builder) in ("aarch64", "arm64")


def _machine(builder: ir.IRBuilder) -> str:
    return str(builder.module.triple).split("-")[0].lower()


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, arguments)


def _read(builder: ir.IRBuilder) -> Any:
    """Return the thread's mode; 0 where it is not known how to read it."""
    if _is_x86(builder):
        place = cgutils.alloca_once(builder, ir.IntType(32))
        at = builder.bitcast(place, ir.IntType(8).as_pointer())
        _call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), at)
        return builder.zext(builder.load(place), MODE)
    return _call(builder, "llvm.aarch64.get.fpcr", MODE) if _is_arm(builder) else MODE(0)


def _write(builder: ir.IRBuilder, mode: Any) -> None:
    if _is_x86(builder):
        place = cgutils.alloca_once(builder, ir.IntType(32))
        builder.store(builder.trunc(mode, ir.IntType(32)), place)
        at = builder.bitcast(place, ir.IntType(8).as_pointer())
        _call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), at)
    elif _is_arm(builder):
        _call(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), mode)


@intrinsic
def flush_subnormals(typing_context: Any) -> Any:
    """Take subnormal numbers for 0 in this thread from now on; return the mode before."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        mode = _read(builder)
        bits = X86_BITS if _is_x86(builder) else ARM_BITS
        _write(builder, builder.or_(mode, MODE(bits)))
        return mode

    return types.int64(), generate


@intrinsic
def restore_mode(typing_context: Any, mode: Any) -> Any:
    """Put this thread's mode back to what :func:`flush_subnormals` returned."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _write(builder, values[0])
        return context.get_dummy_value()

    return types.void(types.int64), generate
