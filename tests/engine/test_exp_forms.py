"""Each form of exp in float32 that this processor can run, over all numbers between its bounds."""

import math

import numpy as np
import pytest
from helpers.routines import LANES, Variant, run
from numba import njit

from metarnn.engine.emission import elementwise
from metarnn.engine.jit import Reals, routine
from metarnn.engine.vector_math import EXP_BOUNDS, exp_by_lookup, exp_by_polynomial
from metarnn.engine.vectors import WIDE

#: Largest relative errors. Of the forms, LLVM has code for the lookup with AVX-512 only.
STATED = {"exp_by_polynomial": 1e-7, **({"exp_by_lookup": 1.2e-7} if WIDE else {})}
every_form = pytest.mark.parametrize("form", STATED)
LAST = {np.sign(bound): int(np.abs(np.float32(bound)).view(np.uint32)) for bound in EXP_BOUNDS[0]}


def _routine(form):
    applied = elementwise(form)

    @routine
    def rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
        applied(x, out, n_rows, lanes)

    return rows


ROUTINES = {form.__name__: _routine(form) for form in (exp_by_polynomial, exp_by_lookup)}


def compiled(form, x):
    rows = np.concatenate([x, np.zeros(-len(x) % LANES, np.float32)])
    out = np.empty_like(rows)
    run(ROUTINES[form], Variant("float32"), rows, out, len(rows) // LANES, LANES)
    return out[: len(x)]


@njit
def largest_error(x, values):
    worst = 0.0
    for i in range(len(x)):
        worst = max(worst, abs(np.float64(values[i]) / math.exp(np.float64(x[i])) - 1))
    return worst


def surveyed(form, bits_of):
    """Return the largest relative error over blocks of patterns of bits, with either sign."""
    worst = 0.0
    for sign, last in LAST.items():
        for bits in bits_of(last):
            x = np.float32(sign) * np.minimum(bits, last).astype(np.uint32).view(np.float32)
            values = compiled(form, x)
            assert (values >= np.finfo(np.float32).tiny).all()
            worst = max(worst, largest_error(x, values))
    return worst


@every_form
def test_a_form_is_as_exact_as_stated(form):
    starts = np.random.default_rng(0).integers(0x3C000000, LAST[1.0], 200)

    def bits_of(last):
        return [np.arange(0, last + 509, 509), *(np.arange(at, at + 2**12) for at in starts)]

    assert STATED[form] / 1.5 < surveyed(form, bits_of) <= STATED[form]


@every_form
@pytest.mark.slow
def test_a_form_is_as_exact_as_stated_at_every_number(form):
    size = 2**20
    worst = surveyed(form, lambda last: (np.arange(i, i + size) for i in range(0, last + 1, size)))
    assert STATED[form] / 1.2 < worst <= STATED[form]


@every_form
def test_zeros_tiny_numbers_and_nan(form):
    tiny = np.finfo(np.float32).smallest_subnormal * np.arange(1000, dtype=np.float32)
    np.testing.assert_array_equal(compiled(form, np.concatenate([tiny, -tiny])), 1)
    payloads = (0x7F800001 + np.arange(0, 2**23 - 1, 4099)).astype(np.uint32)
    nans = np.concatenate([payloads, payloads | 0x80000000]).astype(np.uint32).view(np.float32)
    assert np.isnan(compiled(form, nans)).all()
