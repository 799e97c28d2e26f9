"""Rows of 32 lanes: copied, added, cleared, and held in lanes whose sequence has ended."""

from numba import carray

from .jit import LANES, subroutine


@subroutine
def clear(rows, n_rows):
    """Set all rows to 0."""
    a = carray(rows, n_rows * LANES)
    zero = a.dtype.type(0)
    for i in range(n_rows * LANES):
        a[i] = zero


@subroutine
def copy(source, n_rows, target):
    """Copy rows to others."""
    a, b = carray(source, n_rows * LANES), carray(target, n_rows * LANES)
    for i in range(n_rows * LANES):
        b[i] = a[i]


@subroutine
def add(source, n_rows, target):
    """Add rows to others."""
    a, b = carray(source, n_rows * LANES), carray(target, n_rows * LANES)
    for i in range(n_rows * LANES):
        b[i] += a[i]


@subroutine
def copy_or_add(source, n_rows, target, added):
    """Copy rows, or add them."""
    if added:
        add(source, n_rows, target)
    else:
        copy(source, n_rows, target)


@subroutine
def hold_ended(lengths, t, before, n_rows, after):
    """Restore the rows of the step before in lanes whose sequences have no step t."""
    ends = carray(lengths, LANES)
    a, b = carray(before, n_rows * LANES), carray(after, n_rows * LANES)
    for row in range(n_rows):
        for lane in range(LANES):
            k = row * LANES + lane
            b[k] = a[k] if ends[lane] <= t else b[k]


@subroutine
def clear_ended(lengths, t, n_rows, rows):
    """Set rows to 0 in lanes whose sequences have no step t."""
    ends, b = carray(lengths, LANES), carray(rows, n_rows * LANES)
    zero = b.dtype.type(0)
    for row in range(n_rows):
        for lane in range(LANES):
            k = row * LANES + lane
            b[k] = zero if ends[lane] <= t else b[k]
