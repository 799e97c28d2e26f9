"""The arithmetic on lanes: two blocks that do nearly all of the work, and elementwise code.

Matrices of numbers have 32 lanes as their last axis: (rows, 32). All weights that multiply
one set of rows are packed in the order in which they are read, in blocks of rows (see
:func:`affine_order`), so that the sums of a block stay in registers from the bias to the
activation.

Measured on two cores of 117 GFLOP/s each (``benchmarks.passes.forward``), whole passes in float32
do 23 % of that at H = 8, 54 % at 16, 71 % at 32 and 90 % at 128, which is 62, 96, 98 and 99 % of
what multiply-adds and tanh values together allow. Sums are exact to rounding: scores differ
from those in higher precision by 1e-6 (float32) or 2e-15 (float64) of the largest one.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from . import vector_math as functions
from .jit import LANES
from .vectors import INT, WIDE, Code, Integer, Pointer, Vector, fma
from .vectors import sums as folded

Positions = NDArray[np.int64]

# Rows and vectors of a block of sums: 16 registers of 32, or about 12 of 16.
ROWS, VECTORS = ((8, 4, 2, 1), 2) if WIDE else ((6, 4, 2, 1), 1)


def affine_order(bias: Positions | None, *matrices: Positions) -> Positions:
    """Return the order in which :func:`affine` reads its weights.

    Parameters
    ----------
    bias : (R,) int array or None
        Where each bias stands among the weights of a candidate; None for zeros.
    *matrices : (R, C) int arrays
        Where the weights of each row stand: those of x, then those of s.

    Returns
    -------
    order : (R * (1 + C + ...),) int array
        Positions, or -1 for a zero.
    """
    table = np.concatenate(matrices, axis=1)
    first = np.full((len(table), 1), -1) if bias is None else bias[:, None]
    table = np.concatenate([first, table], axis=1)
    blocks, row = [], 0
    for size in ROWS:
        while len(table) - row >= size:
            blocks.append(table[row : row + size].T.ravel())
            row += size
    return np.concatenate(blocks)


def emitted(write: Callable[..., None], name: str, n_arguments: int | None = None) -> Any:
    """Return the compiled function that ``write(code, *arguments)`` writes.

    Its arguments are integers and pointers, and it returns nothing. It is written once for each
    combination of pointer types.
    """
    n = n_arguments or len(inspect.signature(write).parameters) - 1

    def typed(typing_context: Any, *given: Any) -> Any:
        taken = [types.int64 if isinstance(t, types.Integer) else t for t in given]
        return types.void(*taken), generate

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = "_".join(str(t) for t in signature.args)
        unique = f"metarnn_{name}({kinds})"
        function = builder.module.globals.get(unique)
        if function is None:
            function_type = ir.FunctionType(ir.VoidType(), [value.type for value in values])
            function = ir.Function(builder.module, function_type, unique)
            function.linkage = "internal"
            inside = ir.IRBuilder(function.append_basic_block("entry"))
            arguments = [
                (Integer if argument.type == INT else Pointer)(inside, argument)
                for argument in function.args
            ]
            write(Code(inside), *arguments)
            inside.ret_void()
        builder.call(function, values)
        return context.get_dummy_value()

    # numba needs a signature with that many parameters.
    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY)
        for name in ("typing_context", *(f"argument_{i}" for i in range(n)))
    ]
    typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    typed.__name__ = name
    return intrinsic(typed)


# --- Products of weights and rows --------------------------------------------------------


def _affine_block(
    epilogue: Callable[..., Vector],
    rows: int,
    vectors: int,
    code: Code,
    w: Pointer,
    x: Pointer,
    n_x: Integer,
    s: Pointer,
    n_s: Integer,
    out: Pointer,
    read: Sequence[Pointer],
) -> None:
    """Compute some rows and vectors of :func:`affine`, in registers from bias to epilogue."""
    places = [(r, v * out.count) for r in range(rows) for v in range(vectors)]

    def add(n: Integer, w: Pointer, x: Pointer, sums: Sequence[Vector]) -> list[Any]:
        def column(k: Integer, w: Pointer, x: Pointer, *sums: Vector) -> list[Any]:
            terms = {lane: x.vector(lane) for _, lane in places[:vectors]}
            new = [
                fma(w.weight(r, lane), terms[lane], total)
                for (r, lane), total in zip(places, sums, strict=True)
            ]
            return [w + rows, x + LANES, *new]

        return code.loop(n, [w, x, *sums], column)

    w, x, *sums = add(n_x, w + rows, x, [w.weight(r, lane) for r, lane in places])
    w, s, *sums = add(n_s, w, s, sums)
    for (r, lane), total in zip(places, sums, strict=True):
        place = r * LANES + lane
        out.store(epilogue(total, *(pointer.vector(place) for pointer in read)), place)


def affine_with(epilogue: Callable[..., Vector]) -> Any:
    """Return an :func:`affine` that applies a function while sums are still in registers.

    The function takes a sum, and the numbers at the same place of other matrices, which are the
    last arguments of the result.
    """
    n_read = len(inspect.signature(epilogue).parameters) - 1

    def write(
        code: Code,
        w: Pointer,
        x: Pointer,
        n_x: Integer,
        s: Pointer,
        n_s: Integer,
        n: Integer,
        out: Pointer,
        n_rows: Integer,
        lanes: Integer,
        *read: Pointer,
    ) -> None:
        done = code.integer(0)
        for vectors in range(VECTORS, 0, -1):
            group = vectors * out.count

            def lane_group(
                k: Integer, done: Integer, vectors: int = vectors, group: int = group
            ) -> list[Any]:
                at_w, at_x, at_s = w.from_lane(done), x + done, s + done
                at_rows = [pointer + done for pointer in (out, *read)]
                left = n_rows
                for rows in ROWS:

                    def block(
                        k: Integer, at_w: Pointer, *at_rows: Pointer, rows: int = rows
                    ) -> list[Any]:
                        at_out, *at_read = at_rows
                        _affine_block(
                            epilogue, rows, vectors, code, at_w, at_x, n_x, at_s, n_s,
                            at_out, at_read,
                        )  # fmt: skip
                        below = [pointer + rows * LANES for pointer in at_rows]
                        return [at_w + (n + 1) * rows, *below]

                    n_blocks = left // rows
                    at_w, *at_rows = code.loop(n_blocks, [at_w, *at_rows], block)
                    left = left - n_blocks * rows
                return [done + group]

            (done,) = code.loop((lanes - done) // group, [done], lane_group)

    return emitted(write, f"affine_{epilogue.__name__}", 9 + n_read)


def identity(x: Vector) -> Vector:
    """Return x."""
    return x


def added(total: Vector, there: Vector) -> Vector:
    """Add a sum to the number that is there."""
    return there + total


#: affine(w, x, n_x, s, n_s, n, out, n_rows, lanes): out = b + W x + U s, of which x has n_x
#: rows and s has n_s. w is packed by :func:`affine_order` with n columns, so that with
#: n_s = 0 the other n - n_x are skipped: the state before the first step is zero.
affine = affine_with(identity)
affine_tanh = affine_with(functions.tanh)
affine_relu = affine_with(functions.relu)
affine_sigmoid = affine_with(functions.sigmoid)
affine_added = affine_with(added)


# --- Sums of products over time and lanes ------------------------------------------------


def _outer_block(
    rows: int,
    columns: int,
    ones: bool,
    code: Code,
    delta: Pointer,
    delta_stride: Integer,
    x: Pointer,
    x_stride: Integer,
    n_steps: Integer,
    sums: Pointer,
    n_columns: Integer,
    row_sums: Pointer,
    lanes: Integer,
) -> None:
    """Compute some rows and columns of :func:`outer`, in registers over steps and lanes."""
    # A last column of ones sums the rows themselves.
    places = [(r, c) for r in range(rows) for c in range(columns + ones)]
    zeros = [delta.splat(0.0)] * len(places)

    def over_steps(lane: Integer, totals: Sequence[Vector]) -> list[Vector]:
        def step(k: Integer, delta: Pointer, x: Pointer, *totals: Vector) -> list[Any]:
            left = [delta.vector(r * LANES) for r in range(rows)]
            right = [x.vector(c * LANES) for c in range(columns)]
            new = [
                fma(left[r], right[c], total) if c < columns else total + left[r]
                for (r, c), total in zip(places, totals, strict=True)
            ]
            return [delta + delta_stride, x + x_stride, *new]

        return code.loop(n_steps, [delta + lane, x + lane, *totals], step)[2:]

    def target(r: int, c: int) -> Pointer:
        return sums + (n_columns * r + c) if c < columns else row_sums + r

    def apart(k: Integer) -> list[Vector]:
        lane = k * delta.count
        for (r, c), total in zip(places, over_steps(lane, zeros), strict=True):
            there = target(r, c).flat + lane
            for i, part in enumerate(total.to_double()):
                there.add(part, i * there.count)
        return []

    def together(k: Integer, *totals: Vector) -> list[Vector]:
        return over_steps(k * delta.count, totals)

    n_vectors = lanes // delta.count
    if sums.own:
        code.loop(n_vectors, [], apart)
        return
    totals = code.loop(n_vectors, zeros, together)
    for first in range(0, len(places), delta.count):
        some = places[first : first + delta.count]
        of_lanes = folded(totals[first : first + delta.count])
        width = 4 if columns == 4 else 1
        for i in range(0, len(some), width):
            (row,) = of_lanes.taken(range(i, i + width)).to_double(halves=1)
            target(*some[i]).add(row)


def _outer(
    code: Code,
    delta: Pointer,
    delta_stride: Integer,
    n_rows: Integer,
    x: Pointer,
    x_stride: Integer,
    n_columns: Integer,
    n_steps: Integer,
    sums: Pointer,
    row_sums: Pointer,
    n_ones: Integer,
    lanes: Integer,
) -> None:
    def blocks(n: Integer, columns: int, ones: bool, x: Pointer, sums: Pointer) -> list[Any]:
        """Compute n blocks of columns, from these on."""

        def over_columns(k: Integer, x: Pointer, sums: Pointer) -> list[Any]:
            down, at = n_rows, [delta, sums, row_sums]
            for rows in (4, 1):

                def over_rows(
                    k: Integer, delta: Pointer, sums: Pointer, row_sums: Pointer, rows: int = rows
                ) -> list[Any]:
                    _outer_block(
                        rows, columns, ones, code, delta, delta_stride, x, x_stride, n_steps,
                        sums, n_columns, row_sums, lanes,
                    )  # fmt: skip
                    return [delta + rows * LANES, sums + n_columns * rows, row_sums + rows]

                at = code.loop(down // rows, at, over_rows)
                down = down % rows
            return [x + columns * LANES, sums + columns]

        return code.loop(n, [x, sums], over_columns)

    fours, left = n_columns // 4, n_columns % 4
    together = n_ones * ((left + 3) // 4)
    x, sums = blocks(fours, 4, False, x, sums)
    x, sums = blocks(together, 1, True, x, sums)
    x, sums = blocks(left - together, 1, False, x, sums)
    blocks(n_ones - together, 0, True, x, sums)


#: outer(delta, delta_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums, n_ones,
#: lanes): add the sum over steps and lanes of delta_t x_t' to sums (n_rows, n_columns) and,
#: if n_ones is 1, that of delta_t to row_sums (n_rows), in float64. If sums are kept for each
#: lane, the lanes are not added up.
outer = emitted(_outer, "outer")


# --- Elementwise code --------------------------------------------------------------------


def elementwise(formula: Callable[..., Any], n_results: int = 1, n_weights: int = 0) -> Any:
    """Return the compiled function that applies a formula to all numbers of matrices.

    Its arguments are pointers to the arguments of the formula, pointers to its results (a vector
    or a tuple of them), and the number of rows of all of these. The last `n_weights` arguments of
    the formula are weights, one for each row.
    """
    n_inputs = len(inspect.signature(formula).parameters)

    def write(code: Code, *arguments: Any) -> None:
        *pointers, n_rows = arguments
        rows = [pointer.by(LANES) for pointer in pointers]

        def row(k: Integer) -> list[Any]:
            taken = [pointer.vector(k * LANES) for pointer in rows[: n_inputs - n_weights]]
            taken += [pointer.weight(k, 0) for pointer in rows[n_inputs - n_weights : n_inputs]]
            results = formula(*taken)
            results = results if isinstance(results, tuple) else (results,)
            for pointer, result in zip(rows[n_inputs:], results, strict=True):
                pointer.store(result, k * LANES)
            return []

        code.loop(n_rows, [], row)

    return emitted(write, formula.__name__, n_inputs + n_results + 1)
