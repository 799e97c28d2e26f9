"""The compiled floor against NumPy: functions, blocks, losses, tiles."""

import itertools

import numpy as np
import pytest
from helpers.routines import Variant, as_lanes, run
from reference.naive import LOSS_CURVATURES, LOSS_GRADIENTS, central_differences
from reference.naive import LOSSES as NAIVE_LOSSES
from scipy.optimize import minimize

from metarnn.engine import LANES, LOSSES, Tiles
from metarnn.engine import vector_math as functions
from metarnn.engine.affine import (
    affine,
    affine_order,
    affine_with,
)
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import Reals, Sums, Weights, routine
from metarnn.engine.outer import outer
from metarnn.engine.signals import BY_INPUTS
from metarnn.engine.vectors import WIDTH

DTYPES = ("float32", "float64")
WIDER = {"float32": np.float64, "float64": np.longdouble}
# Relative error of sums of a few numbers of size 1.
ROUNDING = {"float32": 2e-6, "float64": 4e-15}
every_dtype = pytest.mark.parametrize("dtype", DTYPES)

# --- Functions ---------------------------------------------------------------------------

tanh_of, sigmoid_of, exp_of, log_of, relu_of = (
    elementwise(getattr(functions, name)) for name in ("tanh", "sigmoid", "exp", "log", "relu")
)


@routine
def tanh_rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
    tanh_of(x, out, n_rows, lanes)


@routine
def sigmoid_rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
    sigmoid_of(x, out, n_rows, lanes)


@routine
def exp_rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
    exp_of(x, out, n_rows, lanes)


@routine
def log_rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
    log_of(x, out, n_rows, lanes)


@routine
def relu_rows(x: Reals, out: Reals, n_rows: int, lanes: int) -> None:
    relu_of(x, out, n_rows, lanes)


ROUTINES = {
    "tanh": tanh_rows,
    "sigmoid": sigmoid_rows,
    "exp": exp_rows,
    "log": log_rows,
    "relu": relu_rows,
}


def compiled(name, x):
    """Return a function of all numbers of an array."""
    rows = as_lanes(x, x.dtype)
    out = np.full_like(rows, -7)
    run(ROUTINES[name], Variant(x.dtype.name), rows, out, len(rows), LANES)
    return out.ravel()[: len(x)]


def wide_sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


TWINS = {"tanh": np.tanh, "sigmoid": wide_sigmoid, "exp": np.exp, "log": np.log}
every_function = pytest.mark.parametrize("name", TWINS)

#: The largest errors that engine/vector_math.py states, on any processor.
STATED = {
    ("tanh", "float32"): ("absolute", 4.3e-7),
    ("tanh", "float64"): ("relative", 5e-16),
    ("sigmoid", "float32"): ("absolute", 2.5e-7),
    ("sigmoid", "float64"): ("relative", 4e-16),
    ("exp", "float32"): ("relative", 2e-7),
    ("exp", "float64"): ("relative", 4e-16),
    ("log", "float32"): ("relative", 3e-7),
    ("log", "float64"): ("relative", 5e-16),
}
#: Where the emitted function is not the function, but a bound.
DOMAINS = {
    ("exp", "float32"): (-87, 88),
    ("exp", "float64"): (-708, 709),
    ("sigmoid", "float64"): (-709, np.inf),
    ("log", "float32"): (np.finfo("float32").smallest_subnormal, np.inf),
    ("log", "float64"): (np.finfo("float64").smallest_subnormal, np.inf),
}


def every_bit_pattern(dtype, step):
    """Return one number in so many of all that there are, of each sign and exponent."""
    if dtype == "float32":
        return np.arange(0, 2**32, step, np.uint32).view(dtype)
    n = 2**32 // step
    return np.random.default_rng(step).integers(2**64, size=n, dtype=np.uint64).view(dtype)


def grid(dtype):
    """Return the real line: dense around 0, where polynomials meet, and at every exponent."""
    limits = np.finfo(dtype)
    exponents = np.linspace(np.log2(limits.smallest_subnormal) + 1, limits.maxexp - 1e-3, 100_001)
    positive = np.concatenate(
        [
            np.linspace(0, 30, 200_001),
            np.linspace(30, 720, 50_001),
            np.linspace(0, 0.01, 50_001),
            np.linspace(0.5, 2, 100_001),
            1 + np.linspace(-1e-3, 1e-3, 20_001),
            7.9 + np.linspace(-1e-4, 1e-4, 2001),
            15.8 + np.linspace(-1e-4, 1e-4, 2001),
            19.5 + np.linspace(-1e-4, 1e-4, 2001),
            np.log(2) * (np.arange(1000) + 0.5),
            np.exp2(exponents.astype(np.longdouble)).astype(dtype),
            [limits.smallest_subnormal, limits.smallest_normal, limits.max],
        ]
    ).astype(dtype)
    return np.concatenate([positive, -positive])


def errors(name, x):
    """Return the errors of a function where it is finite, and the numbers that they are at."""
    dtype = x.dtype.name
    kind, _ = STATED[name, dtype]
    low, high = DOMAINS.get((name, dtype), (-np.inf, np.inf))
    x = x[np.isfinite(x) & (x >= low) & (x <= high)]
    actual, expected = compiled(name, x), TWINS[name](x.astype(WIDER[dtype]))
    error = np.abs(actual - expected)
    if kind == "relative":
        error = np.where(expected == 0, error, error / np.abs(np.where(expected == 0, 1, expected)))
    return error, x


@every_dtype
@every_function
def test_function_is_as_exact_as_stated(name, dtype):
    for x in (grid(dtype), every_bit_pattern(dtype, 1021 if dtype == "float32" else 2**14)):
        error, x = errors(name, x)
        assert error.max() <= STATED[name, dtype][1], x[error.argmax()]


@pytest.mark.slow
@pytest.mark.parametrize("name", TWINS)
def test_function_is_as_exact_as_stated_of_any_number(name):
    for first in range(0, 2**32, 2**24):
        x = np.arange(first, first + 2**24, 3, np.int64).astype(np.uint32).view(np.float32)
        error, x = errors(name, x)
        assert error.max(initial=0) <= STATED[name, "float32"][1], x[error.argmax()]


@every_dtype
def test_relu_is_exact(dtype):
    x = np.concatenate([grid(dtype), every_bit_pattern(dtype, 2**14 + 1)])
    x = x[~np.isnan(x)]
    np.testing.assert_array_equal(compiled("relu", x), np.maximum(x, 0))


@every_dtype
def test_functions_at_the_ends(dtype):
    low, high = DOMAINS["exp", dtype]
    x = np.array([-np.inf, np.inf, np.finfo(dtype).min, np.finfo(dtype).max], dtype)
    near = {"float32": 4e-7, "float64": 4e-16}[dtype]
    np.testing.assert_allclose(compiled("tanh", x), [-1, 1, -1, 1], rtol=near)
    np.testing.assert_allclose(compiled("sigmoid", x), [0, 1, 0, 1], atol=near)
    # exp stays among the normal numbers, so that nothing it enters is divided by 0.
    ends = compiled("exp", np.array([low, high], dtype))
    np.testing.assert_array_equal(compiled("exp", x), ends[[0, 1, 0, 1]])
    assert np.finfo(dtype).smallest_normal <= ends[0] < ends[1] < np.inf
    largest = np.log(WIDER[dtype](np.finfo(dtype).max)).astype(dtype)
    actual = compiled("log", x)
    np.testing.assert_allclose(actual, [np.nan, np.inf, np.nan, largest], rtol=near)
    np.testing.assert_array_equal(compiled("relu", x), [0, np.inf, 0, x[3]])


@every_dtype
def test_functions_at_zero(dtype):
    zeros = np.array([0.0, -0.0], dtype)
    np.testing.assert_array_equal(compiled("exp", zeros), [1, 1])
    np.testing.assert_array_equal(compiled("sigmoid", zeros), [0.5, 0.5])
    np.testing.assert_array_equal(compiled("tanh", zeros), zeros)
    np.testing.assert_array_equal(compiled("log", zeros), [-np.inf, -np.inf])
    np.testing.assert_array_equal(compiled("relu", zeros), [0, 0])


@every_dtype
def test_functions_of_tiny_numbers(dtype):
    tiny = np.finfo(dtype).smallest_subnormal * np.arange(1, 1000, dtype=dtype)
    x = np.concatenate([tiny, -tiny])
    np.testing.assert_array_equal(compiled("exp", x), 1)
    np.testing.assert_array_equal(compiled("sigmoid", x), 0.5)
    np.testing.assert_array_equal(compiled("tanh", x), x)
    assert np.isnan(compiled("log", -tiny)).all()


@every_dtype
def test_tanh_of_small_numbers_is_relatively_exact(dtype):
    x = grid(dtype)
    x = x[(np.abs(x) < 0.5) & (x != 0)]
    expected = np.tanh(x.astype(WIDER[dtype]))
    relative = np.abs(compiled("tanh", x) / expected - 1)
    # The subnormals themselves are further apart than that.
    normal = np.abs(x) > 4 * np.finfo(dtype).smallest_normal
    # Of the ranges of the lookup, the second one errs most, relatively: near 0.13.
    assert relative[normal].max() < (7 if dtype == "float32" else 4) * np.finfo(dtype).eps


@every_dtype
@pytest.mark.parametrize("name", ROUTINES)
def test_nan_stays_nan_and_disturbs_no_other_lane(name, dtype):
    x = np.linspace(-3, 3, 67).astype(dtype)
    expected = compiled(name, x)
    one = 23 if dtype == "float32" else 52
    bits = np.dtype(f"u{x.itemsize}").type
    # Quiet and signalling ones, of both signs.
    exponent = bits((2 ** (8 * x.itemsize - 1 - one) - 1) << one)
    nans = [exponent | bits(1 << (one - 1)), exponent | bits(1), exponent | bits((1 << one) - 1)]
    nans += [nan | bits(1 << (8 * x.itemsize - 1)) for nan in nans]
    for nan in nans:
        for first in range(7):
            spoilt, wanted = x.copy(), expected.copy()
            spoilt.view(bits)[first::7] = nan
            wanted[first::7] = np.nan
            np.testing.assert_array_equal(compiled(name, spoilt), wanted)


@every_dtype
@pytest.mark.parametrize("name", ROUTINES)
def test_no_number_disturbs_another_lane(name, dtype):
    for value in (np.inf, -np.inf, 1e30, -1e30, 0.0):
        x = np.linspace(-3, 3, 64).astype(dtype)
        expected = compiled(name, x)
        for lane in range(64):
            spoilt = x.copy()
            spoilt[lane] = value
            others = np.arange(64) != lane
            np.testing.assert_array_equal(compiled(name, spoilt)[others], expected[others])


@every_dtype
def test_tanh_and_sigmoid_stay_in_their_range(dtype):
    x = np.concatenate([grid(dtype), every_bit_pattern(dtype, 4093)])
    x = x[~np.isnan(x)]
    assert np.abs(compiled("tanh", x)).max() <= 1
    outputs = compiled("sigmoid", x)
    assert 0 <= outputs.min() < 1e-6
    assert outputs.max() <= 1


@every_dtype
def test_elementwise_code_writes_its_rows_and_lanes_only(dtype):
    for n_rows, lanes in itertools.product(range(5), lanes_in_use(dtype)):
        x = np.ones((7, LANES), dtype)
        out = np.full_like(x, -7)
        run(relu_rows, Variant(dtype), x, out, n_rows, lanes)
        np.testing.assert_array_equal(out[:n_rows, :lanes], 1)
        np.testing.assert_array_equal(out[n_rows:], -7)
        np.testing.assert_array_equal(out[:, lanes:], -7)


# --- Blocks ------------------------------------------------------------------------------


@routine
def affine_rows(
    w: Weights, x: Reals, n_x: int, s: Reals, n_s: int, n: int, out: Reals, n_rows: int, lanes: int
) -> None:
    affine(w, x, n_x, s, n_s, n, out, n_rows, lanes)


affine_tanh = affine_with(functions.tanh)
affine_relu = affine_with(functions.relu)
affine_sigmoid = affine_with(functions.sigmoid)


@routine
def affine_tanh_rows(
    w: Weights, x: Reals, n_x: int, s: Reals, n_s: int, n: int, out: Reals, n_rows: int, lanes: int
) -> None:
    affine_tanh(w, x, n_x, s, n_s, n, out, n_rows, lanes)


@routine
def affine_relu_rows(
    w: Weights, x: Reals, n_x: int, s: Reals, n_s: int, n: int, out: Reals, n_rows: int, lanes: int
) -> None:
    affine_relu(w, x, n_x, s, n_s, n, out, n_rows, lanes)


@routine
def affine_sigmoid_rows(
    w: Weights, x: Reals, n_x: int, s: Reals, n_s: int, n: int, out: Reals, n_rows: int, lanes: int
) -> None:
    affine_sigmoid(w, x, n_x, s, n_s, n, out, n_rows, lanes)


AFFINE = {
    "identity": (affine_rows, lambda a: a),
    "tanh": (affine_tanh_rows, np.tanh),
    "relu": (affine_relu_rows, lambda a: np.maximum(a, 0)),
    "sigmoid": (affine_sigmoid_rows, wide_sigmoid),
}


def minus_twice(a, b):
    return a - 2.0 * b


affine_difference = affine_with(minus_twice)
UNTOUCHED = -7.0
NOTHING = np.nan


def lanes_in_use(dtype):
    """Return the numbers of lanes that may be in use: whole vectors."""
    group = WIDTH // np.dtype(dtype).itemsize
    return range(group, LANES + 1, group)


def normal(rng, shape, dtype):
    return rng.normal(size=shape).astype(dtype)


@every_dtype
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
@pytest.mark.parametrize("activation", AFFINE)
def test_affine_is_the_product(activation, own, dtype):
    rng = np.random.default_rng(0)
    block, function = AFFINE[activation]
    sizes = range(6) if activation == "identity" else (0, 2, 5)
    for rows, n_x, n_s in itertools.product(range(1, 21), sizes, sizes):
        n_weights = rows * (1 + n_x + n_s)
        places = rng.permutation(n_weights)  # wherever the weights of a candidate are
        b, W, U = np.split(places, [rows, rows * (1 + n_x)])
        W, U = W.reshape(rows, n_x), U.reshape(rows, n_s)
        weights = normal(rng, (n_weights, LANES), dtype)
        if not own:
            weights[:] = weights[:, :1]
        biased = rng.random() < 0.7
        order = affine_order(b if biased else None, W, U)
        packed = np.where((order >= 0)[:, None], weights[order], 0)
        packed = np.ascontiguousarray(packed if own else packed[:, 0])
        x, s = normal(rng, (n_x, LANES), dtype), normal(rng, (n_s, LANES), dtype)
        wide = weights.astype(float)
        for n_before in {n_s, 0}:
            expected = np.einsum("rxl,xl->rl", wide[W], x)
            expected += np.einsum("rsl,sl->rl", wide[U[:, :n_before]], s[:n_before])
            expected = function(expected + (wide[b] if biased else 0))
            for lanes in lanes_in_use(dtype):
                out = np.full((rows + 1, LANES), UNTOUCHED, dtype)
                # What is not in use is not looked at.
                x_in, s_in = x.copy(), s.copy()
                x_in[:, lanes:], s_in[:, lanes:], s_in[n_before:] = NOTHING, NOTHING, NOTHING
                arguments = (packed, x_in, n_x, s_in, n_before, n_x + n_s, out, rows, lanes)
                run(block, Variant(dtype, own), *arguments)
                error = np.abs(out[:rows, :lanes] - expected[:, :lanes]).max()
                assert error <= 4 * ROUNDING[dtype], (rows, n_x, n_before, n_s, lanes, biased)
                assert (out[rows] == UNTOUCHED).all()
                assert (out[:, lanes:] == UNTOUCHED).all()


@every_dtype
def test_affine_is_the_same_of_shared_and_of_own_weights(dtype):
    rng = np.random.default_rng(0)
    for rows, n_x in itertools.product(range(1, 21), (0, 1, 5)):
        packed = normal(rng, rows * (1 + n_x), dtype)
        x = normal(rng, (n_x, LANES), dtype)
        for lanes in lanes_in_use(dtype):
            both = []
            for own in (False, True):
                out = np.zeros((rows, LANES), dtype)
                w = np.repeat(packed[:, None], LANES, axis=1) if own else packed
                run(
                    affine_tanh_rows,
                    Variant(dtype, own),
                    w,
                    x,
                    n_x,
                    x,
                    0,
                    n_x,
                    out,
                    rows,
                    lanes,
                )
                both.append(out)
            np.testing.assert_array_equal(*both)


@routine
def affine_difference_rows(
    w: Weights, x: Reals, n_x: int, out: Reals, n_rows: int, lanes: int, other: Reals
) -> None:
    affine_difference(w, x, n_x, x, 0, n_x, out, n_rows, lanes, other)


@every_dtype
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_affine_may_look_at_another_matrix_last(dtype, own):
    rng = np.random.default_rng(0)
    for rows, n_x in itertools.product(range(1, 21), (0, 1, 5)):
        x, other = normal(rng, (n_x, LANES), dtype), normal(rng, (rows, LANES), dtype)
        weights = normal(rng, (rows * (1 + n_x), LANES if own else 1), dtype)
        places = np.arange(len(weights))
        order = affine_order(places[:rows], places[rows:].reshape(rows, n_x))
        packed = np.ascontiguousarray(weights[order])
        wide = weights.astype(float)
        products = np.broadcast_to(wide[rows:], (rows * n_x, LANES)).reshape(rows, n_x, LANES)
        expected = wide[:rows] + np.einsum("rxl,xl->rl", products, x) - 2.0 * other
        for lanes in lanes_in_use(dtype):
            out = np.full((rows + 1, LANES), UNTOUCHED, dtype)
            run(
                affine_difference_rows,
                Variant(dtype, own),
                packed,
                x,
                n_x,
                out,
                rows,
                lanes,
                other,
            )
            error = np.abs(out[:rows, :lanes] - expected[:, :lanes]).max()
            assert error <= 4 * ROUNDING[dtype], (rows, n_x, lanes)
            assert (out[rows] == UNTOUCHED).all()
            assert (out[:, lanes:] == UNTOUCHED).all()


def test_affine_order_names_each_weight_once():
    for rows in (*range(1, 21), 40):
        for matrices in ((1,), (3,), (2, 5), (1, 0), (4, 1, 2)):
            n = rows * (1 + sum(matrices))
            places = np.random.default_rng(rows).permutation(n)
            ends = rows * np.cumsum((1, *matrices))
            b, *parts = np.split(places, ends[:-1])
            parts = [part.reshape(rows, -1) for part in parts]
            order = affine_order(b, *parts)
            assert sorted(order) == list(range(n))
            without = affine_order(None, *parts)
            # Zeros stand where the biases would.
            np.testing.assert_array_equal(without, np.where(np.isin(order, b), -1, order))


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
    outer(
        delta, delta_stride, n_rows, x, x_stride, n_columns, n_steps, sums, row_sums, n_ones, lanes
    )


STEPS = (0, 1, 2, 3, 7, 8, 31, 32, 33, 40)


@every_dtype
@pytest.mark.parametrize("own", [False, True], ids=["together", "apart"])
def test_outer_adds_the_sum_over_steps_and_lanes(dtype, own):
    rng = np.random.default_rng(0)
    cases = [(*shape, rng.choice(STEPS)) for shape in itertools.product(range(1, 10), range(10))]
    cases += [(*rng.integers(1, 10, size=2), steps) for steps in range(41)]
    for (rows, columns, steps), lanes in itertools.product(cases, lanes_in_use(dtype)):
        rows, columns, steps = int(rows), int(columns), int(steps)
        # One step to the next is further than what is read of it; or no way at all.
        more, beside = rng.integers(3, size=2)
        still = rng.random() < 0.2
        delta = normal(rng, (steps, rows + more, LANES), dtype)
        x = normal(rng, (steps, columns + beside, LANES), dtype)
        if still:
            x[:] = x[:1]
        target = rng.normal(size=(rows * columns + 1, LANES if own else 1))
        of_rows = rng.normal(size=(rows + 1, LANES if own else 1))
        n_ones = int(rng.integers(2))
        delta[:, rows:], x[:, columns:] = NOTHING, NOTHING
        delta[:, :, lanes:], x[:, :, lanes:] = NOTHING, NOTHING
        left, right = (a.astype(float)[..., :lanes] for a in (delta[:, :rows], x[:, :columns]))
        products = np.einsum("trl,tcl->rcl", left, right).reshape(-1, lanes)
        added = [(target, products), (of_rows, n_ones * left.sum(axis=0))]
        expected = []
        for before, sums in added:
            after = before.copy()
            if own:
                after[:-1, :lanes] += sums
            else:
                after[:-1, 0] += sums.sum(axis=-1)
            expected.append(after)
        run(
            outer_rows,
            Variant(dtype, False, own),
            *(delta, delta.strides[0] // delta.itemsize, rows),
            *(x, 0 if still else x.strides[0] // x.itemsize, columns),
            *(steps, target, of_rows, n_ones, lanes),
        )
        for actual, wanted in zip((target, of_rows), expected, strict=True):
            largest = max(1, np.abs(wanted).max())
            error = np.abs(actual - wanted).max()
            assert error <= 4 * ROUNDING[dtype] * largest, (rows, columns, steps, lanes, n_ones)
            np.testing.assert_array_equal(actual[-1], wanted[-1])
            np.testing.assert_array_equal(actual[:, lanes:], wanted[:, lanes:])


# --- Losses ------------------------------------------------------------------------------


def on_lanes(loss, scores, labels, weights=None):
    """Return losses (32,) and derivatives (K, 32) of scores (K, 32), which stay as they are.

    The derivatives are those of weight times loss.
    """
    dtype, K = scores.dtype.name, len(scores)
    given, labels = scores.copy(), np.asarray(labels).astype(dtype)
    losses, alone = np.full((2, LANES), UNTOUCHED, dtype)
    weights = np.ones(LANES, dtype) if weights is None else weights
    delta = np.full((K + 1, LANES), UNTOUCHED, dtype)
    run(LOSSES[loss].gradients, Variant(dtype), given, K, labels, losses, weights, delta)
    run(LOSSES[loss].losses, Variant(dtype), given, K, labels, alone)
    np.testing.assert_array_equal(alone, losses)
    np.testing.assert_array_equal(given, scores)
    np.testing.assert_array_equal(delta[K], UNTOUCHED)
    return losses, delta[:K]


def factors_on_lanes(loss, scores, weights=None):
    """Return the columns (K, K, 32) of a square root of weight times the second derivative."""
    K = len(scores)
    columns = np.full((K, K + 1, LANES), UNTOUCHED, scores.dtype)
    weights = np.ones(LANES, scores.dtype) if weights is None else weights
    for k, column in enumerate(columns):
        run(LOSSES[loss].factor, Variant(scores.dtype.name), scores, K, weights, k, column)
        np.testing.assert_array_equal(column[K], UNTOUCHED)
    return columns[:, :K]


def naive_on_lanes(loss, scores, labels):
    pairs = [(s, y) for s, y in zip(scores.T.astype(np.longdouble), labels, strict=True)]
    losses = np.array([NAIVE_LOSSES[loss](s, y) for s, y in pairs])
    return losses, np.array([LOSS_GRADIENTS[loss](s, y) for s, y in pairs]).T


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_on_lanes(loss, dtype):
    for K in (2, 3, 11):
        for size in (0.0, 0.1, 3.0, 30.0):
            rng = np.random.default_rng(K)
            scores = (size * rng.normal(size=(K, LANES))).astype(dtype)
            labels = rng.integers(K, size=LANES)
            losses, delta = on_lanes(loss, scores, labels)
            expected_losses, expected_delta = naive_on_lanes(loss, scores, labels)
            tolerance = ROUNDING[dtype] / 4
            np.testing.assert_allclose(losses, expected_losses, rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(delta, expected_delta, rtol=0, atol=tolerance)


@every_dtype
@pytest.mark.parametrize("loss", LOSSES)
def test_derivatives_on_lanes_are_weighted(loss, dtype):
    rng = np.random.default_rng(0)
    scores, labels = normal(rng, (3, LANES), dtype), rng.integers(3, size=LANES)
    weights = (rng.uniform(size=LANES) * rng.integers(2, size=LANES)).astype(dtype)
    losses, delta = on_lanes(loss, scores, labels)
    same, weighted = on_lanes(loss, scores, labels, weights)
    np.testing.assert_array_equal(same, losses)
    near = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(weighted, weights * delta, rtol=near, atol=0)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("K", [2, 3, 11])
def test_derivatives_are_those_of_the_losses(loss, K):
    rng = np.random.default_rng(K)
    scores, labels = rng.normal(size=(K, LANES)), rng.integers(K, size=LANES)
    _, delta = on_lanes(loss, scores, labels)
    for lane in range(LANES):

        def lone(points, lane=lane):
            # One loss for each point, a point being the scores of this lane.
            tiles = [np.where(np.arange(LANES) == lane, p[:, None], scores) for p in points]
            return np.array([on_lanes(loss, tile, labels)[0][lane] for tile in tiles])

        expected = central_differences(lone, scores[:, lane])
        np.testing.assert_allclose(delta[:, lane], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_extreme_scores_have_their_exact_loss(loss, dtype, size):
    # 0, size and -size in each of three places, with each label.
    rows = np.repeat(list(itertools.product((0, size, -size), repeat=3)), 3, axis=0)
    labels = np.tile(np.arange(3), 27)
    tiles = zip(as_lanes(rows, dtype), as_lanes(labels, np.int64), strict=True)
    for scores, tile_labels in tiles:
        losses, delta = on_lanes(loss, scores, tile_labels)
        with np.errstate(over="ignore"):
            expected_losses, expected_delta = naive_on_lanes(loss, scores, tile_labels)
        near = ROUNDING[dtype] / 4
        np.testing.assert_allclose(losses, expected_losses, rtol=near, atol=near)
        np.testing.assert_allclose(delta, expected_delta, rtol=0, atol=near)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_have_no_finite_loss(loss, dtype, value):
    scores = np.random.default_rng(0).normal(size=(3, LANES)).astype(dtype)
    for place, label in itertools.product(range(3), range(3)):
        labels = np.full(LANES, label)
        losses, delta = on_lanes(loss, scores, labels)
        lane = 5 * place + label
        spoilt = scores.copy()
        spoilt[place, lane] = value
        spoilt_losses, spoilt_delta = on_lanes(loss, spoilt, labels)
        assert not np.isfinite(spoilt_losses[lane]), f"score {place} of class {label}"
        others = np.arange(LANES) != lane
        np.testing.assert_array_equal(spoilt_losses[others], losses[others])
        np.testing.assert_array_equal(spoilt_delta[:, others], delta[:, others])


@every_dtype
@pytest.mark.parametrize("loss", LOSSES)
def test_factors_are_a_root_of_the_second_derivative(loss, dtype):
    for K in (2, 3, 11):
        for size in (0.0, 0.1, 3.0, 30.0, 1e4):
            scores = normal(np.random.default_rng(K), (K, LANES), dtype) * np.dtype(dtype).type(
                size
            )
            weights = np.random.default_rng(0).uniform(size=LANES).astype(dtype)
            columns = factors_on_lanes(loss, scores, weights).astype(float)
            matrices = np.einsum("kil,kjl->lij", columns, columns)
            with np.errstate(over="ignore"):
                expected = [LOSS_CURVATURES[loss](s) for s in scores.T.astype(float)]
            expected = weights[:, None, None] * expected
            np.testing.assert_allclose(matrices, expected, rtol=0, atol=ROUNDING[dtype] / 4)


@pytest.mark.parametrize("K", [2, 3, 11])
def test_factors_of_cross_entropy_are_the_derivative_of_its_slopes(K):
    rng = np.random.default_rng(K)
    scores, labels = rng.normal(size=(K, LANES)), rng.integers(K, size=LANES)
    columns = factors_on_lanes("cross_entropy", scores)
    step = 1e-6
    for i in range(K):
        shift = step * (np.arange(K) == i)[:, None]
        above, below = (on_lanes("cross_entropy", scores + s, labels)[1] for s in (shift, -shift))
        expected = (above - below) / (2 * step)
        actual = np.einsum("kl,kjl->jl", columns[:, i], columns)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("loss", "output"), [("cross_entropy", np.exp), ("mse", wide_sigmoid)])
def test_probabilities_are_the_shares_of_the_outputs(loss, output):
    scores = 5 * np.random.default_rng(0).normal(size=(100, 3))
    outputs = output(scores)
    expected = outputs / outputs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(LOSSES[loss].probabilities(scores), expected, rtol=1e-13)
    # The outputs of such scores are 0 in float64; their probabilities are not.
    low = LOSSES[loss].probabilities(np.array([-1000.0, -1001.0]))
    np.testing.assert_allclose(low, np.array([1, np.exp(-1)]) / (1 + np.exp(-1)), rtol=1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_probabilities_sum_to_one_and_rank_as_scores_do(loss, dtype):
    rng = np.random.default_rng(0)
    for shape, size in itertools.product([(50, 2), (50, 3), (2, 50, 11)], [0.1, 3.0, 10.0]):
        scores = (size * rng.uniform(-1, 1, size=shape)).astype(dtype)
        p = LOSSES[loss].probabilities(scores)
        assert p.shape == shape
        assert p.min() > 0
        np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=ROUNDING[dtype])
        np.testing.assert_array_equal(p.argsort(axis=-1), scores.argsort(axis=-1))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", [30.0, 100.0, 1e4])
def test_probabilities_of_large_scores_rank_as_scores_do(loss, size):
    scores = size * np.random.default_rng(0).uniform(-1, 1, size=(200, 3))
    p = LOSSES[loss].probabilities(scores)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-14)
    # Logistic outputs of large scores are all 1: the highest score has no rival, but company.
    winners = np.take_along_axis(p, scores.argmax(axis=-1)[:, None], axis=-1)[:, 0]
    np.testing.assert_array_equal(winners, p.max(axis=-1))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("frequencies", [(0.5, 0.5), (0.9, 0.1), (0.2, 0.5, 0.3), (0.05,) * 20])
def test_baseline_loss_is_that_of_the_best_constant_scores(loss, frequencies):
    def expected_loss(scores):
        return sum(p * NAIVE_LOSSES[loss](scores, k) for k, p in enumerate(frequencies))

    best = minimize(expected_loss, np.zeros(len(frequencies)), tol=1e-10)
    assert LOSSES[loss].baseline_loss(np.array(frequencies)) == pytest.approx(best.fun, rel=1e-8)


# --- Tiles -------------------------------------------------------------------------------


def lanes_of(tiles, n):
    """Return the inputs (T, I, 32) of tile n."""
    numbers, starts, _ = tiles.inputs
    return numbers[starts[n] : starts[n + 1]].reshape(-1, 2, LANES)


def rows_of(series):
    """Return what belongs to each sequence as a whole, (N, 32)."""
    return series.numbers.reshape(-1, LANES)


def table_of(tiles):
    """Return the table of tiles, and the clocks of their inputs; and what holds them."""
    table, clocks, steps = tiles.table((BY_INPUTS,))
    return table, clocks[:, 0], (clocks, steps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("B", [8, 31, 32, 33, 70])
def test_tiles_hold_the_sequences_as_lanes(dtype, B):
    rng = np.random.default_rng(B)
    X, y, sample_weight = rng.normal(size=(B, 5, 2)), rng.integers(9, size=B), rng.uniform(size=B)
    tiles = Tiles.pack(X, dtype, labels=y, weights=sample_weight)
    assert not tiles.lanes_are_candidates
    assert len(tiles) == -(-B // LANES)
    for array in (tiles.inputs.numbers, tiles.labels.numbers, tiles.inputs.lengths):
        assert array.dtype == dtype
    weights = rows_of(tiles.double_weights)
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(rows_of(tiles.weights), weights.astype(dtype))
    assert tiles.steps.inputs == 5
    np.testing.assert_array_equal(tiles.place, np.arange(B))
    np.testing.assert_array_equal(tiles.inputs.lengths, 5)
    for i in range(len(tiles) * LANES):
        # The last sequence fills what is left, and weighs nothing.
        b = min(i, B - 1)
        n, lane = divmod(i, LANES)
        np.testing.assert_array_equal(lanes_of(tiles, n)[..., lane], X[b].astype(dtype))
        assert rows_of(tiles.labels)[n, lane] == y[b]
        assert weights[n, lane] == (sample_weight[b] if i < B else 0)
    assert tiles.n_used.sum() == B
    group = WIDTH // np.dtype(dtype).itemsize
    table, *_ = table_of(tiles)
    np.testing.assert_array_equal(table["lanes"], -(-tiles.n_used // group) * group)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("B", [8, 31, 32, 33, 70])
def test_sequences_of_like_length_share_a_tile_that_ends_with_them(dtype, B):
    rng = np.random.default_rng(B)
    X, y, sample_weight = rng.normal(size=(B, 9, 2)), rng.integers(9, size=B), rng.uniform(size=B)
    lengths = rng.integers(1, 9, size=B)
    for b in range(B):
        X[b, lengths[b] :] = rng.choice([np.nan, np.inf, 1e300])
    with np.errstate(over="ignore"):
        tiles = Tiles.pack(X, dtype, labels=y, weights=sample_weight, lengths=lengths)
    assert tiles.steps.inputs == lengths.max()
    assert np.isfinite(tiles.inputs.numbers).all()
    assert sorted(tiles.place) == list(range(B))
    _, clocks, _ = table_of(tiles)
    assert (np.diff(clocks["n_steps"]) <= 0).all()
    weights = rows_of(tiles.double_weights)
    for b in range(B):
        n, lane = divmod(tiles.place[b], LANES)
        held = lanes_of(tiles, n)
        assert len(held) == clocks["n_steps"][n] >= lengths[b] >= clocks["shortest"][n]
        np.testing.assert_array_equal(held[: lengths[b], :, lane], X[b, : lengths[b]].astype(dtype))
        np.testing.assert_array_equal(held[lengths[b] :, :, lane], 0)
        assert tiles.inputs.lengths[n, lane] == lengths[b]
        assert rows_of(tiles.labels)[n, lane] == y[b]
        assert weights[n, lane] == sample_weight[b]
    assert weights.sum() == pytest.approx(sample_weight.sum(), rel=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("B", [1, 2, 7])
def test_few_sequences_fill_all_lanes_each(dtype, B):
    rng = np.random.default_rng(B)
    X, y, sample_weight = rng.normal(size=(B, 5, 2)), rng.integers(9, size=B), rng.uniform(size=B)
    lengths = rng.integers(1, 6, size=B)
    tiles = Tiles.pack(X, dtype, labels=y, weights=sample_weight, lengths=lengths)
    assert tiles.lanes_are_candidates
    assert len(tiles) == B
    for b in range(B):
        expected = np.repeat(X[b, : lengths[b], :, None].astype(dtype), LANES, axis=2)
        np.testing.assert_array_equal(lanes_of(tiles, b), expected)
        np.testing.assert_array_equal(tiles.inputs.lengths[b], lengths[b])
        np.testing.assert_array_equal(rows_of(tiles.labels)[b], y[b])
        np.testing.assert_array_equal(rows_of(tiles.double_weights)[b], sample_weight[b])
    np.testing.assert_array_equal(table_of(tiles)[0]["lanes"], LANES)
    sequences_as_lanes = Tiles.pack(X, dtype, lanes_are_candidates=False)
    assert len(sequences_as_lanes) == 1


def test_weights_whose_output_nobody_reads_are_refused():
    from metarnn.engine.graph import Builder
    from metarnn.engine.signals import inputs
    from metarnn.layers.dense import linear

    builder = Builder(2, 3)
    read = linear(builder, inputs(2), 3, "_out")
    assert len(builder.program(read).nodes) == 1
    linear(builder, inputs(2), 4, "_spare")
    with pytest.raises(ValueError, match=r"Nothing reads .* weight_spare, bias_spare"):
        builder.program(read)
