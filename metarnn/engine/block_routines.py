"""The two blocks as routines: compiled once for all their callers."""

from .affine import affine, affine_added
from .jit import Reals, Sums, Weights, routine
from .outer import outer


@routine
def affine_rows(
    w: Weights,
    x: Reals,
    n_x: int,
    s: Reals,
    n_s: int,
    n: int,
    out: Reals,
    n_rows: int,
    lanes: int,
) -> None:
    """Compute out = b + W x + U s: :func:`affine`."""
    affine(w, x, n_x, s, n_s, n, out, n_rows, lanes)


@routine
def affine_added_rows(
    w: Weights,
    x: Reals,
    n_x: int,
    s: Reals,
    n_s: int,
    n: int,
    out: Reals,
    n_rows: int,
    lanes: int,
) -> None:
    """Add b + W x + U s to out: :func:`affine_added`."""
    affine_added(w, x, n_x, s, n_s, n, out, n_rows, lanes, out)


@routine
def outer_rows(
    delta: Reals,
    delta_stride: int,
    n_rows: int,
    x: Reals,
    x_stride: int,
    n_columns: int,
    n_steps: int,
    sums: Sums,
    row_sums: Sums,
    n_ones: int,
    lanes: int,
) -> None:
    """Add sums of delta x' and of delta: :func:`outer`."""
    outer(
        delta, delta_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums, n_ones, lanes
    )
