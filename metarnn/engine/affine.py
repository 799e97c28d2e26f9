"""The first of the two blocks that do nearly all of the work: products of weights and rows.

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
from numpy.typing import NDArray

from .emission import Code, emitted
from .jit import LANES, Reals, Weights, routine
from .vector_memory import Pointer
from .vectors import WIDE, Integer, Vector, fma

Positions = NDArray[np.int64]

# Rows and vectors of a block of sums: 16 registers of 32, or about 12 of 16.
ROWS, VECTORS = ((8, 4, 2, 1), 2) if WIDE else ((6, 4, 2, 1), 1)

# Of a single lane: the rows of a block, and how many blocks are computed side by side.
SINGLE = (ROWS[0], 4), *((rows, 1) for rows in ROWS)


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


def _affine_block(
    epilogue: Callable[..., Vector], rows: int, vectors: int, code: Code, w: Pointer, x: Pointer,
    n_x: Integer, s: Pointer, n_s: Integer, out: Pointer, read: Sequence[Pointer],
) -> None:  # fmt: skip
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


def _single_block(
    epilogue: Callable[..., Vector], rows: int, n_blocks: int, code: Code, w: Pointer, x: Pointer,
    n_x: Integer, s: Pointer, n_s: Integer, n: Integer, out: Pointer, read: Sequence[Pointer],
) -> None:  # fmt: skip
    """Compute blocks of :func:`affine` for one lane, side by side: the rows are in vectors.

    The sums are the same to the bit. They are stored in all lanes of a vector, as if these had
    the same numbers.
    """
    blocks = [(n + 1) * (rows * block) for block in range(n_blocks)]

    def add(n: Integer, w: Pointer, x: Pointer, sums: Sequence[Vector]) -> list[Any]:
        def column(k: Integer, w: Pointer, x: Pointer, *sums: Vector) -> list[Any]:
            term = x.by(rows).broadcast()
            new = [
                fma(w.by(rows).vector(block), term, total)
                for block, total in zip(blocks, sums, strict=True)
            ]
            return [w + rows, x + LANES, *new]

        return code.loop(n, [w, x, *sums], column)

    w, x, *sums = add(n_x, w + rows, x, [w.by(rows).vector(block) for block in blocks])
    w, s, *sums = add(n_s, w, s, sums)
    for block, total in enumerate(sums):
        place = block * rows * LANES
        (out + place).store_down(epilogue(total, *((p + place).down(rows) for p in read)))


def affine_with(epilogue: Callable[..., Vector]) -> Any:
    """Return an :func:`affine` that applies a function while sums are still in registers.

    The function takes a sum, and the numbers at the same place of other matrices, which are the
    last arguments of the result.
    """
    n_read = len(inspect.signature(epilogue).parameters) - 1

    def write(
        code: Code, w: Pointer, x: Pointer, n_x: Integer, s: Pointer, n_s: Integer, n: Integer,
        out: Pointer, n_rows: Integer, lanes: Integer, *read: Pointer,
    ) -> None:  # fmt: skip
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
        if w.own:
            return

        def single(k: Integer) -> list[Any]:
            at_w, at_rows, left = w, [out, *read], n_rows
            for rows, n_blocks in SINGLE:

                def blocks(
                    k: Integer, at_w: Pointer, *at_rows: Pointer, rows: int = rows,
                    n_blocks: int = n_blocks,
                ) -> list[Any]:  # fmt: skip
                    at_out, *at_read = at_rows
                    _single_block(
                        epilogue, rows, n_blocks, code, at_w, x, n_x, s, n_s, n, at_out, at_read
                    )
                    done = rows * n_blocks
                    below = [pointer + done * LANES for pointer in at_rows]
                    return [at_w + (n + 1) * done, *below]

                n_times = left // (rows * n_blocks)
                at_w, *at_rows = code.loop(n_times, [at_w, *at_rows], blocks)
                left = left - n_times * (rows * n_blocks)
            return []

        code.loop(lanes.equals(1), [], single)

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
affine_added = affine_with(added)


@routine
def affine_rows(
    w: Weights, x: Reals, n_x: int, s: Reals, n_s: int, n: int, out: Reals, n_rows: int, lanes: int
) -> None:
    """Compute out = b + W x + U s, compiled once for all callers."""
    affine(w, x, n_x, s, n_s, n, out, n_rows, lanes)


@routine
def affine_added_rows(
    w: Weights, x: Reals, n_x: int, s: Reals, n_s: int, n: int, out: Reals, n_rows: int, lanes: int
) -> None:
    """Add b + W x + U s to out, compiled once for all callers."""
    affine_added(w, x, n_x, s, n_s, n, out, n_rows, lanes, out)
