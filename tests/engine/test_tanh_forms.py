"""Each form of tanh and sigmoid in float32 that this processor can run, over all numbers."""

import math
import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest
from helpers.routines import LANES, Variant, run
from numba import njit

from metarnn.engine.emission import elementwise
from metarnn.engine.jit import Reals, routine
from metarnn.engine.tanh_forms import FORMS, HOST_FORM
from metarnn.engine.vectors import WIDE

INFINITY = 0x7F800000
AVX2 = "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sse,+sse2,+sse3,+sse4.1,+sse4.2"


class Stated(NamedTuple):
    """Bounds: errors, and how far a value falls below that of the number before, in 2^-24."""

    absolute: float
    relative: float
    fall: float


STATED = {
    ("lookup", "tanh"): Stated(3e-7, 8.3e-7, 9),
    ("lookup", "sigmoid"): Stated(1.8e-7, 2.6e-7, 4),
    ("rational", "tanh"): Stated(4.3e-7, 4.3e-7, 8),
    ("rational", "sigmoid"): Stated(2.5e-7, 2.5e-7, 5),
}
# LLVM has no code for the lookup where the processor has none.
every_form = pytest.mark.parametrize(
    ("form", "name"), [key for key in STATED if WIDE or key[0] != "lookup"]
)


def _routine(form, inner, outer, summand):
    def formula(x):
        value = FORMS[form](x, inner, outer)
        return value + summand if summand else value

    applied = elementwise(formula)

    @routine
    def rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
        applied(x, out, n_rows, lanes)

    return rows


ROUTINES = {
    (form, name): _routine(form, *((1.0, 1.0, 0.0) if name == "tanh" else (0.5, 0.5, 0.5)))
    for form, name in STATED
}


def compiled(form, name, x):
    rows = np.concatenate([x, np.zeros(-len(x) % LANES, np.float32)])
    out = np.empty_like(rows)
    run(ROUTINES[form, name], Variant("float32"), rows, out, len(rows) // LANES, LANES)
    return out[: len(x)]


@njit
def survey(x, above, below, is_tanh, found):
    """Note the largest errors and falls at x >= 0 in ascending order, and at -x.

    The function is taken for its first terms, or for its limit, where it is. `found` is: absolute
    error, relative error, fall, falls of more than 2^-24, values at -x that are not the opposite of
    those at x, largest and smallest value.
    """
    for i in range(len(x)):
        a, v, w = np.float64(x[i]), np.float64(above[i]), np.float64(below[i])
        if is_tanh:
            exact = a - a * a * a / 3 if a < 2**-13 else math.tanh(a) if a < 20 else 1.0
            opposite = -exact
            found[4] += v != -w
        else:
            power = math.exp(a) if 2**-13 < a < 40 else 1.0
            exact = power / (1 + power) if power > 1 else 0.5 + a / 4 if a < 1 else 1.0
            opposite = 1 / (1 + power) if power > 1 else 1 - exact
        found[0] = max(found[0], abs(v - exact), abs(w - opposite))
        if exact > 1e-37:  # numbers below have fewer digits
            found[1] = max(found[1], abs(v / exact - 1))
        if i > 0:
            # In units of the last place of numbers from 1/2 to 1, or relative to smaller ones.
            scale = 2.0**24 / v if is_tanh and v > 0 else 2.0**24
            fall = max(np.float64(above[i - 1]) - v, w - np.float64(below[i - 1])) * scale
            found[2] = max(found[2], fall)
            found[3] += fall > 1
        found[5], found[6] = max(found[5], v, w), min(found[6], v, w)


def surveyed(form, name, blocks):
    """Return what a survey finds over blocks of patterns of bits."""
    found = np.zeros(7)
    for bits in blocks:
        x = bits.astype(np.uint32).view(np.float32)
        survey(x, compiled(form, name, x), compiled(form, name, -x), name == "tanh", found)
    return found


def holds(form, name, found):
    absolute, relative, fall, _, unlike, largest, smallest = found
    stated = STATED[form, name]
    assert stated.absolute / 1.1 < absolute <= stated.absolute
    assert relative <= stated.relative
    assert fall <= stated.fall
    assert unlike == 0
    assert largest <= 1
    assert smallest >= (-1 if name == "tanh" else 0)


@every_form
def test_a_form_is_as_exact_as_stated(form, name):
    rng = np.random.default_rng(0)
    starts = rng.integers(0, INFINITY, 400)
    # The last bits before 8, where the bounds lie, and around 0.13, where the lookup errs most.
    dense = [np.arange(at, at + 2**12) for at in (*starts, 0x40FBF800, 0x3E031000, 0x41A00000)]
    found = surveyed(form, name, [np.arange(0, INFINITY + 1, 509), *dense])
    stated = STATED[form, name]
    assert stated.absolute / 1.5 < found[0]  # otherwise too much is stated
    holds(form, name, [max(found[0], stated.absolute / 1.05), *found[1:]])


@every_form
@pytest.mark.slow
def test_a_form_is_as_exact_as_stated_at_every_number(form, name):
    size = 2**20
    starts = range(0, INFINITY + 1, size)
    # Blocks overlap by a number, so that no fall is missed.
    blocks = (np.arange(max(0, at - 1), min(at + size, INFINITY + 1)) for at in starts)
    holds(form, name, surveyed(form, name, blocks))


@every_form
def test_signs_infinities_and_nan(form, name):
    tiny = np.finfo(np.float32).smallest_subnormal * np.arange(1, 1000, dtype=np.float32)
    x = np.concatenate([tiny, -tiny, [0.0, -0.0]]).astype(np.float32)
    middle = 0.5 if name == "sigmoid" else x
    np.testing.assert_array_equal(compiled(form, name, x), middle)
    if name == "tanh":
        assert list(np.signbit(compiled(form, name, x[-2:]))) == [False, True]
    ends = compiled(form, name, np.array([np.inf, -np.inf, 3e38, -3e38], np.float32))
    lowest = 0 if name == "sigmoid" else -1
    np.testing.assert_allclose(ends, [1, lowest, 1, lowest], atol=STATED[form, name].absolute)
    assert np.isnan(compiled(form, name, np.full(33, np.nan, np.float32))).all()


PROGRAM = """
import hashlib
import numpy as np
from metarnn import Network
from metarnn.engine.tanh_forms import HOST_FORM

network = Network.build(1, 2, hidden=8)
points = network.init(np.random.default_rng(0), 3)
scores = network.scores(points, np.linspace(-3, 3, 160).reshape(40, 4, 1))
print(HOST_FORM, hashlib.sha256(scores.tobytes()).hexdigest())
"""


def in_a_process(settings, cache):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | settings | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(not WIDE, reason="for processors with AVX-512")
def test_the_form_is_that_of_the_processor_that_code_is_made_for(tmp_path):
    older = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": AVX2}
    own, alone = in_a_process({}, tmp_path / "shared"), in_a_process(older, tmp_path / "own")
    assert (own[0], alone[0]) == ("lookup", "rational") == (HOST_FORM, "rational")
    # Stored code of one is never loaded for the other.
    assert in_a_process(older, tmp_path / "shared") == alone
    assert in_a_process({}, tmp_path / "shared") == own
    assert own[1] != alone[1]
    assert in_a_process({"NUMBA_ENABLE_AVX": "0"}, tmp_path / "shared")[0] == "rational"
