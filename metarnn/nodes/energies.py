"""Energies of attention: how keys are compared with a query, each form with its derivative.

A form is a routine and the derivative of it. :class:`~metarnn.nodes.Attend` calls both by their
addresses, as a scan does with a cell, so each form compiles alone.
"""

from metarnn.engine.jit import LANES, Reals, Sums, Weights, call, routines_of
from metarnn.engine.pointers import at
from metarnn.engine.row_kernels import add, clear
from metarnn.engine.softmax_kernels import (
    add_multiples,
    additive_energies,
    additive_energies_back,
    dot_products,
    scaled,
)

from .scan_loop import CHUNK

energies_routine = routines_of(Weights, Reals, Reals, int, int, int, Reals, Reals)
derivative_routine = routines_of(
    Weights, Reals, Reals, int, int, int, Reals, Reals, Reals, int, Reals, Sums, int, int
)


@energies_routine
def dot(w, q, k, stride, n_rows, n, spare, energies):
    """Compute q . k_s / sqrt(A), which has ordinary size for any A (A. Vaswani et al. 2017)."""
    scaled(q, n_rows, spare)
    dot_products(k, stride, spare, n_rows, n, energies)


@derivative_routine
def dot_back(w, q, k, stride, n_rows, n, d, d_q, d_k, d_stride, spare, sums, outer, lanes):
    """Add the derivatives by query and keys."""
    scaled(q, n_rows, spare)
    add_multiples(d, spare, 0, n_rows, n, d_k, d_stride)
    clear(spare, n_rows)
    add_multiples(d, k, stride, n_rows, n, spare, 0)
    scaled(spare, n_rows, spare)
    add(spare, n_rows, d_q)


@energies_routine
def additive(w, q, k, stride, n_rows, n, spare, energies):
    """Compute v . tanh(q + k_s)."""
    additive_energies(w, q, k, stride, n_rows, n, energies)


@derivative_routine
def additive_back(w, q, k, stride, n_rows, n, d, d_q, d_k, d_stride, spare, sums, outer, lanes):
    """Add the derivatives by query, keys and v."""
    for begin in range(0, n, CHUNK):
        some, d_some = min(CHUNK, n - begin), at(d, begin * LANES)
        keys, d_keys = at(k, begin * stride), at(d_k, begin * d_stride)
        additive_energies_back(
            w, q, keys, stride, n_rows, some, d_some, d_q, d_keys, d_stride, spare
        )
        call(outer, (spare, 0, n_rows, spare, 0, 0, 1, sums, sums, 1, lanes))


#: Every form by its name in settings: the energies, and their derivative.
FORMS = {"dot": (dot, dot_back), "additive": (additive, additive_back)}
