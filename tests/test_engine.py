"""The compiled floor against NumPy: functions, blocks, losses, tiles."""

import itertools
import math

import numba
import numpy as np
import pytest
from naive import LOSS_GRADIENTS, central_differences
from naive import LOSSES as NAIVE_LOSSES
from scipy.optimize import minimize

from metarnn.engine import LANES, LOSSES, Tiles, functions
from metarnn.engine.blocks import affine, lane_sum, outer
from metarnn.engine.jit import OPTIONS
from metarnn.engine.losses import lane_losses
from metarnn.engine.tiles import from_lanes, to_lanes

DTYPES = ("float32", "float64")
WIDER = {"float32": np.float64, "float64": np.longdouble}
# Relative error of sums of a few numbers of size 1.
ROUNDING = {"float32": 2e-6, "float64": 4e-15}

# --- Functions ---------------------------------------------------------------------------

#: The largest errors that engine/functions.py states: relative for exp, else absolute.
STATED = {
    ("tanh", "float32"): 4e-7,
    ("tanh", "float64"): 4e-16,
    ("sigmoid", "float32"): 2e-7,
    ("sigmoid", "float64"): 2e-16,
    ("exp", "float32"): 2e-7,
    ("exp", "float64"): 4e-16,
}
#: Where compiled exp does not clamp.
EXP_RANGE = {"float32": (-87, 88), "float64": (-708, 709)}


def wide_sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


TWINS = {"exp": np.exp, "tanh": np.tanh, "sigmoid": wide_sigmoid}


@pytest.fixture(scope="module")
def compiled():
    """Return a function of NumPy arrays for each name, compiled as the engine is."""

    def array_function(function):
        # Not cached: numba would not notice a change in another file.
        @numba.njit(**(OPTIONS | {"cache": False}))
        def loop(x, out):
            for i in range(x.size):
                out[i] = function(x[i])

        def call(x):
            out = np.empty_like(x)
            loop(x, out)
            return out

        return call

    return {name: array_function(getattr(functions, name)) for name in TWINS}


def grid(dtype):
    """Return the real line: dense around 0, where polynomials meet, and at every exponent."""
    limits = np.finfo(dtype)
    exponents = np.linspace(np.log2(limits.smallest_subnormal) + 1, limits.maxexp - 1e-3, 200_001)
    positive = np.concatenate(
        [
            np.linspace(0, 30, 400_001),
            np.linspace(30, 720, 100_001),
            np.linspace(0, 0.01, 100_001),
            7.9 + np.linspace(-1e-4, 1e-4, 2001),
            np.log(2) * (np.arange(1000) + 0.5),
            np.exp2(exponents.astype(np.longdouble)).astype(dtype),
            [limits.smallest_subnormal, limits.smallest_normal, limits.max],
        ]
    ).astype(dtype)
    return np.concatenate([positive, -positive])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TWINS)
def test_function_is_as_exact_as_stated(name, dtype, compiled):
    x = grid(dtype)
    if name == "exp":
        low, high = EXP_RANGE[dtype]
        x = x[(x >= low) & (x <= high)]
    actual, expected = compiled[name](x), TWINS[name](x.astype(WIDER[dtype]))
    errors = np.abs(actual - expected)
    if name == "exp":
        errors /= expected
    assert errors.max() <= STATED[name, dtype], x[errors.argmax()]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TWINS)
def test_function_and_its_twin_in_python_agree(name, dtype, compiled):
    x = np.linspace(-20, 20, 1001).astype(dtype)
    np.testing.assert_allclose(
        compiled[name](x), getattr(functions, name)(x), rtol=1e-6 if name == "exp" else 0, atol=1e-6
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_at_the_ends(dtype, compiled):
    low, high = EXP_RANGE[dtype]
    x = np.array([-np.inf, np.inf, np.finfo(dtype).min, np.finfo(dtype).max], dtype)
    near = {"float32": 4e-7, "float64": 4e-16}[dtype]
    np.testing.assert_allclose(compiled["tanh"](x), [-1, 1, -1, 1], rtol=near)
    np.testing.assert_allclose(compiled["sigmoid"](x), [0, 1, 0, 1], atol=near)
    # exp stays among the normal numbers, so that nothing it enters is divided by 0.
    ends = compiled["exp"](np.array([low, high], dtype))
    np.testing.assert_array_equal(compiled["exp"](x), ends[[0, 1, 0, 1]])
    assert np.finfo(dtype).smallest_normal <= ends[0] < ends[1] < np.inf


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_at_zero(dtype, compiled):
    zeros = np.array([0.0, -0.0], dtype)
    np.testing.assert_array_equal(compiled["exp"](zeros), [1, 1])
    np.testing.assert_array_equal(compiled["sigmoid"](zeros), [0.5, 0.5])
    np.testing.assert_array_equal(compiled["tanh"](zeros), zeros)
    np.testing.assert_array_equal(np.signbit(compiled["tanh"](zeros)), [False, True])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TWINS)
def test_nan_stays_nan_and_disturbs_no_other_lane(name, dtype, compiled):
    x = np.linspace(-3, 3, 67).astype(dtype)
    expected = compiled[name](x)
    x[::7] = np.nan
    expected[::7] = np.nan
    np.testing.assert_array_equal(compiled[name](x), expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_and_sigmoid_stay_in_their_range(dtype, compiled):
    x = grid(dtype)
    assert np.abs(compiled["tanh"](x)).max() <= 1
    shares = compiled["sigmoid"](x)
    assert 0 <= shares.min() < 1e-6
    assert shares.max() <= 1


# --- Blocks ------------------------------------------------------------------------------

SIZES = (*range(1, 10), 17, 33)


@pytest.mark.parametrize("dtype", DTYPES)
def test_affine_adds_the_product(dtype):
    rng = np.random.default_rng(0)
    for rows, columns in itertools.product(SIZES, SIZES):
        weight = rng.normal(size=(rows, columns)).astype(dtype)
        x = rng.normal(size=(columns, LANES)).astype(dtype)
        out = rng.normal(size=(rows, LANES)).astype(dtype)
        expected = out + weight.astype(float) @ x.astype(float)
        affine(weight, x, out)
        np.testing.assert_allclose(out, expected, rtol=0, atol=4 * ROUNDING[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_outer_adds_the_weighted_sum(dtype):
    rng = np.random.default_rng(0)
    shapes = itertools.product((1, 2, 5, 9), SIZES, (1, 2, 3, 4, 5, 17), (0, 1))
    for rows, columns, steps, first in shapes:
        delta = rng.normal(size=(steps, rows, LANES)).astype(dtype)
        x = rng.normal(size=(steps, columns, LANES)).astype(dtype)
        lane_weights = rng.uniform(size=LANES) * rng.integers(2, size=LANES)
        grad = rng.normal(size=(rows, columns))
        expected = grad + np.einsum(
            "trl,tcl,l->rc",
            delta[first:].astype(float),
            x[: steps - first].astype(float),
            lane_weights,
        )
        outer(delta, x, first, lane_weights, np.empty((4, LANES), dtype), grad)
        np.testing.assert_allclose(grad, expected, rtol=0, atol=10 * ROUNDING[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_lane_sum_is_the_weighted_sum_in_float64(dtype):
    rng = np.random.default_rng(0)
    for _ in range(20):
        row, lane_weights = rng.normal(size=LANES).astype(dtype), rng.uniform(size=LANES)
        lane_weights[rng.integers(LANES, size=9)] = 0
        terms = [w * float(v) for w, v in zip(lane_weights, row, strict=True)]
        assert lane_sum(row, lane_weights) == pytest.approx(math.fsum(terms), abs=1e-14)
    for lane in range(LANES):
        spoilt = row.copy()
        spoilt[lane] = np.nan
        assert np.isnan(lane_sum(spoilt, np.ones(LANES)))


# --- Losses ------------------------------------------------------------------------------


def on_lanes(loss, scores, labels):
    """Return losses (32,) and derivatives (K, 32) of scores (K, 32), which stay as they are."""
    losses, delta = np.empty(LANES, scores.dtype), np.empty_like(scores)
    lane_losses(LOSSES[loss].code, scores.copy(), labels, losses, delta)
    return losses, delta


def naive_on_lanes(loss, scores, labels):
    pairs = [(s, y) for s, y in zip(scores.T.astype(np.longdouble), labels, strict=True)]
    losses = np.array([NAIVE_LOSSES[loss](s, y) for s, y in pairs])
    return losses, np.array([LOSS_GRADIENTS[loss](s, y) for s, y in pairs]).T


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("K", [2, 3, 11])
@pytest.mark.parametrize("size", [0.0, 0.1, 3.0, 30.0])
def test_losses_on_lanes(loss, dtype, K, size):
    rng = np.random.default_rng(K)
    scores = (size * rng.normal(size=(K, LANES))).astype(dtype)
    labels = rng.integers(K, size=LANES)
    losses, delta = on_lanes(loss, scores, labels)
    expected_losses, expected_delta = naive_on_lanes(loss, scores, labels)
    tolerance = ROUNDING[dtype] / 4
    np.testing.assert_allclose(losses, expected_losses, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(delta, expected_delta, rtol=0, atol=tolerance)


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
    tiles = zip(to_lanes(rows, dtype), to_lanes(labels, np.int64), strict=True)
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


@pytest.mark.parametrize(("loss", "output"), [("cross_entropy", np.exp), ("mse", wide_sigmoid)])
def test_probabilities_are_the_shares_of_the_outputs(loss, output):
    scores = 5 * np.random.default_rng(0).normal(size=(100, 3))
    outputs = output(scores)
    expected = outputs / outputs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(LOSSES[loss].probabilities(scores), expected, rtol=1e-13)
    # The outputs of such scores are 0 in float64; their shares are not.
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
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1), (0.2, 0.5, 0.3), (0.05,) * 20])
def test_loss_of_shares_is_that_of_the_best_constant_answer(loss, shares):
    def expected_loss(scores):
        return sum(p * NAIVE_LOSSES[loss](scores, k) for k, p in enumerate(shares))

    best = minimize(expected_loss, np.zeros(len(shares)), tol=1e-10)
    assert LOSSES[loss].of_shares(np.array(shares)) == pytest.approx(best.fun, rel=1e-8)


# --- Tiles -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("B", [1, 31, 32, 33, 70])
def test_tiles_hold_the_sequences_as_lanes(dtype, B):
    X = np.random.default_rng(B).normal(size=(B, 5, 2))
    tiles = Tiles.pack(X, dtype)
    assert tiles.n_sequences == B
    assert len(tiles) == -(-B // LANES)
    assert tiles.inputs.shape == (len(tiles), 5, 2, LANES)
    assert tiles.inputs.dtype == dtype
    assert tiles.inputs.flags.c_contiguous
    for i in range(len(tiles) * LANES):
        # The last sequence fills what is left.
        expected = X[min(i, B - 1)].astype(dtype)
        np.testing.assert_array_equal(tiles.inputs[i // LANES, ..., i % LANES], expected)


@pytest.mark.parametrize("B", [1, 31, 32, 33, 70])
def test_from_lanes_undoes_to_lanes(B):
    values = np.random.default_rng(B).normal(size=(3, B, 4))
    lanes = np.stack([to_lanes(v, float) for v in values])
    np.testing.assert_array_equal(from_lanes(lanes, B), values)
