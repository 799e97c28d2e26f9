"""The second block: sums of products over time and lanes, for derivatives by weights."""

from collections.abc import Sequence
from typing import Any

from .emission import Code, emitted
from .jit import LANES, Reals, Sums, routine
from .vector_memory import Pointer
from .vectors import Integer, Vector, fma
from .vectors import sums as sums_of

#: Four rows, and four more for each time that their steps fit into PANEL, are multiplied with all
#: columns before the next rows are, so that the first cache holds them (12 rows at 32 steps, 44 at
#: 8). Otherwise all rows would come from the second one for every four columns: at H = 128 a
#: gradient took 6 (Elman, GRU) to 11 % (LSTM) longer on an Intel Xeon.
PANEL = 88


def _outer_block(
    rows: int, columns: int, ones: bool, code: Code, delta: Pointer, delta_stride: Integer,
    x: Pointer, x_stride: Integer, n_steps: Integer, sums: Pointer, n_columns: Integer,
    row_sums: Pointer, lanes: Integer,
) -> None:  # fmt: skip
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
        of_lanes = sums_of(totals[first : first + delta.count])
        width = 4 if columns == 4 else 1
        for i in range(0, len(some), width):
            (row,) = of_lanes.taken(range(i, i + width)).to_double(halves=1)
            target(*some[i]).add(row)


def _outer(
    code: Code, delta: Pointer, delta_stride: Integer, n_rows: Integer, x: Pointer,
    x_stride: Integer, n_columns: Integer, n_steps: Integer, sums: Pointer, row_sums: Pointer,
    n_ones: Integer, lanes: Integer,
) -> None:  # fmt: skip
    def panel(k: Integer, left: Integer, delta: Pointer, sums: Pointer, row_sums: Pointer) -> Any:
        """Compute some rows, which stay in the first cache from column to column."""
        n = smaller(left, most)

        def blocks(n_blocks: Integer, columns: int, ones: bool, x: Pointer, sums: Pointer) -> Any:
            """Compute n blocks of columns, from these on."""

            def over_columns(k: Integer, x: Pointer, sums: Pointer) -> list[Any]:
                down, at = n, [delta, sums, row_sums]
                for rows in (4, 1):

                    def over_rows(
                        k: Integer, delta: Pointer, sums: Pointer, row_sums: Pointer,
                        rows: int = rows,
                    ) -> list[Any]:  # fmt: skip
                        _outer_block(
                            rows, columns, ones, code, delta, delta_stride, x, x_stride, n_steps,
                            sums, n_columns, row_sums, lanes,
                        )  # fmt: skip
                        return [delta + rows * LANES, sums + n_columns * rows, row_sums + rows]

                    at = code.loop(down // rows, at, over_rows)
                    down = down % rows
                return [x + columns * LANES, sums + columns]

            return code.loop(n_blocks, [x, sums], over_columns)

        at_x, at = blocks(fours, 4, False, x, sums)
        at_x, at = blocks(together, 1, True, at_x, at)
        at_x, at = blocks(others - together, 1, False, at_x, at)
        blocks(n_ones - together, 0, True, at_x, at)
        return [left - n, delta + n * LANES, sums + n_columns * n, row_sums + n]

    fours, others = n_columns // 4, n_columns % 4
    together = n_ones * ((others + 3) // 4)
    most = (code.integer(PANEL) // (n_steps + 1)) * 4 + 4  # there may be no steps
    n_panels = (n_rows + most - 1) // most
    is_single = lanes.equals(1)
    code.loop(n_panels - n_panels * is_single, [n_rows, delta, sums, row_sums], panel)
    if sums.own:
        return

    def single(k: Integer) -> list[Any]:
        _single_lane(
            code, delta, delta_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums,
            n_ones,
        )  # fmt: skip
        return []

    code.loop(is_single, [], single)


#: Rows and columns of a block of a single lane.
SINGLE = 8


def _single_lane(
    code: Code, delta: Pointer, delta_stride: Integer, n_rows: Integer, x: Pointer,
    x_stride: Integer, n_columns: Integer, n_steps: Integer, sums: Pointer, row_sums: Pointer,
    n_ones: Integer,
) -> None:  # fmt: skip
    """Compute :func:`outer` of one lane: the columns are in vectors; the same to the bit."""

    def block(rows: int, columns: int, delta: Pointer, x: Pointer, sums: Pointer) -> None:
        def step(k: Integer, delta: Pointer, x: Pointer, *totals: Vector) -> list[Any]:
            right = x.down(columns)
            left = [(delta + r * LANES).by(columns).broadcast() for r in range(rows)]
            new = [fma(a, right, total) for a, total in zip(left, totals, strict=True)]
            return [delta + delta_stride, x + x_stride, *new]

        zeros = [x.by(columns).splat(0.0)] * rows
        _, _, *totals = code.loop(n_steps, [delta, x, *zeros], step)
        for r, total in enumerate(totals):
            (row,) = total.to_double(halves=1)
            (sums + n_columns * r).add(row)

    at, left = [delta, sums, row_sums], n_rows
    for rows in (SINGLE, 1):

        def over_rows(
            k: Integer, delta: Pointer, sums: Pointer, row_sums: Pointer, rows: int = rows
        ) -> list[Any]:
            place, others = [x, sums], n_columns
            for columns in (SINGLE, 1):

                def over_columns(
                    k: Integer, x: Pointer, sums: Pointer, columns: int = columns
                ) -> list[Any]:
                    block(rows, columns, delta, x, sums)
                    return [x + columns * LANES, sums + columns]

                place = code.loop(others // columns, place, over_columns)
                others = others % columns

            def ones(k: Integer) -> list[Any]:
                def step(k: Integer, delta: Pointer, total: Vector) -> list[Any]:
                    return [delta + delta_stride, total + delta.down(rows)]

                _, total = code.loop(n_steps, [delta, delta.by(rows).splat(0.0)], step)
                (row,) = total.to_double(halves=1)
                row_sums.add(row)
                return []

            code.loop(n_ones, [], ones)
            return [delta + rows * LANES, sums + n_columns * rows, row_sums + rows]

        at = code.loop(left // rows, at, over_rows)
        left = left % rows


def smaller(a: Integer, b: Integer) -> Integer:
    """Return the smaller one of two integers."""
    builder = a.builder
    is_less = builder.icmp_signed("<", a.value, b.value)
    return a.like(builder.select(is_less, a.value, b.value))


#: outer(delta, delta_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums, n_ones,
#: lanes): add the sum over steps and lanes of delta_t x_t' to sums (n_rows, n_columns) and,
#: if n_ones is 1, that of delta_t to row_sums (n_rows), in float64. If sums are kept for each
#: lane, the lanes are not added up.
outer = emitted(_outer, "outer")


@routine
def outer_rows(
    d: Reals, d_stride: int, n_rows: int, x: Reals, x_stride: int, n_columns: int, n_steps: int,
    sums: Sums, row_sums: Sums, n_ones: int, lanes: int,
) -> None:  # fmt: skip
    """Do what :func:`outer` does, compiled once for all callers."""
    outer(d, d_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums, n_ones, lanes)
