"""Gauss-Newton matrices, mini-batches and what is not finite: the fitness beyond its gradient."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from reference import naive

from metarnn import Fitness, Network
from metarnn.cells import ACTIVATIONS
from metarnn.engine import LOSSES
from metarnn.optimizers import Order

NEAR = {"float32": 5e-6, "float64": 1e-12}
every_dtype = pytest.mark.parametrize("dtype", NEAR)
every_loss = pytest.mark.parametrize("loss", LOSSES)


def build(I=2, H=5, K=3, **changes):  # noqa: E741
    return Network.build(I, K, hidden=H, **changes)


def data(B=70, T=6, I=2, K=3, seed=0, unequal=False):  # noqa: E741
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(B, T, I)).astype(np.float32).astype(float), rng.integers(K, size=B)
    sample_weight = rng.uniform(0.1, 2, size=B)
    lengths = rng.integers(1, T + 1, size=B) if unequal else None
    if unequal:
        for row, length in zip(X, lengths, strict=True):
            row[length:] = np.nan
    return X, y, {"sample_weight": sample_weight, "lengths": lengths}


def population(network, P, seed=1):
    return network.init(np.random.default_rng(seed), P).astype(np.float32).astype(float)


# --- Gauss-Newton ------------------------------------------------------------------------


def expected_matrix(fitness, weights, X, sample_weight, lengths):
    """Return J' L J, the mean over the sequences, with alpha on the diagonal."""
    network = fitness.network
    hidden = tuple(layer.hidden for layer in network.layers)
    sizes = network.n_inputs, hidden, network.n_outputs
    steps = np.full(len(X), X.shape[1]) if lengths is None else lengths
    X = np.where((np.arange(X.shape[1]) >= steps[:, None])[..., None], 0, X)

    def scores(points):
        return naive.stack_scores(points, sizes, network.layers[0].activation, X, steps)

    D = len(weights)
    slopes = scores(weights + 1e-30j * np.eye(D)).imag / 1e-30  # (D, B, K)
    factors = [naive.LOSS_CURVATURES[fitness.loss](s) for s in scores(weights[None])[0]]
    matrix = np.einsum("ibk,bkl,jbl,b->ij", slopes, factors, slopes, sample_weight, optimize=True)
    bias = np.concatenate(
        [np.full(np.prod(shape), "bias" in name) for name, shape in network.shapes.items()]
    )
    return matrix / sample_weight.sum() + fitness.alpha * np.diag(~bias)


SHAPES = [
    # B, T, I, H, K
    (70, 6, 2, 5, 3),
    (70, 6, 2, 5, 2),
    (8, 1, 1, 1, 2),
    (1, 4, 2, 3, 3),
    (7, 9, 3, 2, 11),
    (33, 40, 1, 4, 2),
    (300, 3, 2, 3, 4),
]


@pytest.mark.parametrize("unequal", [False, True], ids=["equal", "unequal"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@every_loss
@every_dtype
def test_matrix_is_the_one_of_the_twin(dtype, loss, activation, unequal):
    for B, T, I, H, K in SHAPES:  # noqa: E741
        network = build(I, H, K, dtype=dtype, activation=activation)
        X, y, rest = data(B, T, I, K, unequal=unequal)
        for alpha in (0.0, 0.7):
            fitness = Fitness(network, X, y, loss=loss, alpha=alpha, **rest)
            points = population(network, 3)
            losses, gradients, matrices = fitness.gauss_newton(points)
            D = network.n_weights
            assert losses.shape == (3,)
            assert gradients.shape == (3, D)
            assert matrices.shape == (3, D, D)
            # Each one is symmetric, and none of its directions is of negative curvature.
            for matrix, point in zip(matrices, points, strict=True):
                expected = expected_matrix(fitness, point, X, **rest)
                assert naive.distance(matrix, expected) <= NEAR[dtype]
                largest = np.abs(matrix).max()
                near = {"float32": 1e-6, "float64": 1e-14}[dtype] * largest
                np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=near)
                assert np.linalg.eigvalsh(matrix).min() >= -D * near
            by_gradient = fitness.gradient(points)
            np.testing.assert_allclose(losses, by_gradient[0], rtol=1e-12)
            assert naive.distance(gradients, by_gradient[1]) <= min(NEAR[dtype], 2e-6)


@every_loss
@every_dtype
def test_a_candidates_matrix_does_not_depend_on_its_company_or_the_threads(dtype, loss):
    X, y, rest = data(300, unequal=True)
    network = build(dtype=dtype)
    points = population(network, 9)
    alone = Fitness(network, X, y, loss=loss, alpha=0.1, n_threads=1, **rest)
    together = alone.gauss_newton(points)
    for n_threads in (1, 2, None):
        fitness = Fitness(network, X, y, loss=loss, alpha=0.1, n_threads=n_threads, **rest)
        for some in ([4], [8, 0], list(range(9))):
            for one, other in zip(fitness.gauss_newton(points[some]), together, strict=True):
                np.testing.assert_array_equal(one, other[some])


@every_loss
def test_matrix_of_cross_entropy_is_the_hessian_where_the_network_is_linear(loss):
    # Relu units that are all at work, one step, and a readout that is not trained: J is constant.
    rng = np.random.default_rng(0)
    network = build(activation="relu", dtype="float64")
    blocks = network.unpack(population(network, 1)[0])
    point = network.pack(blocks | {"bias_ih_l0": np.full(5, 50.0)})
    X, y = rng.normal(size=(40, 1, 2)), rng.integers(3, size=40)
    fitness = Fitness(network, X, y, loss=loss)
    names = np.concatenate([np.full(np.prod(s), n) for n, s in network.shapes.items()])
    readout = np.flatnonzero(np.char.endswith(names, "_out"))
    (matrix,) = fitness.gauss_newton(point[None])[2]
    step = 1e-5
    shifts = step * np.eye(len(point))[readout]
    above, below = (fitness.gradient(point + s)[1][:, readout] for s in (shifts, -shifts))
    hessian = (above - below) / (2 * step)
    if loss == "cross_entropy":
        assert naive.distance(matrix[np.ix_(readout, readout)], hessian) < 1e-5
    else:  # which leaves out the curvature of the outputs
        assert naive.distance(matrix[np.ix_(readout, readout)], hessian) > 1e-3


def test_price_of_a_matrix():
    X, y, _ = data(T=6)
    network = build()
    fitness = Fitness(network, X, y, gradient_passes=4)
    # A forward pass, four ways back of three passes each, three outer products for each step.
    D = network.n_weights
    assert fitness.cost(Order.GAUSS_NEWTON) == pytest.approx(1 + 4 * 3 + 3 * D / 6)
    half = fitness.batch(np.arange(35))
    assert half.cost(Order.GAUSS_NEWTON) == pytest.approx(0.5 * fitness.cost(Order.GAUSS_NEWTON))


@every_dtype
def test_a_single_point_is_a_population_of_one(dtype):
    X, y, rest = data()
    fitness = Fitness(build(dtype=dtype), X, y, **rest)
    (point,) = population(fitness.network, 1)
    for method in (fitness.gauss_newton, fitness.gradient, lambda points: (fitness(points),)):
        for one, other in zip(method(point), method(point[None]), strict=True):
            np.testing.assert_array_equal(one, other)


# --- Mini-batches ------------------------------------------------------------------------


def assert_same_fitness(one, other):
    points = population(one.network, 3)
    results = [
        (f(points), *f.gradient(points), *f.gauss_newton(points), f.n_sequences, f.dim)
        for f in (one, other)
    ]
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


ROWS = [[0], [5, 3, 60], list(range(7)), list(range(8)), list(range(69, -1, -2)), [4, 4, 4, 9]]


@every_dtype
@every_loss
@pytest.mark.parametrize("unequal", [False, True], ids=["equal", "unequal"])
def test_a_batch_is_the_fitness_of_its_rows(dtype, loss, unequal):
    X, y, rest = data(unequal=unequal)
    network = build(dtype=dtype)
    whole = Fitness(network, X, y, loss=loss, alpha=0.3, gradient_passes=4, **rest)
    for rows in ROWS:
        some = {name: None if v is None else v[rows] for name, v in rest.items()}
        expected = Fitness(network, X[rows], y[rows], loss=loss, alpha=0.3, **some)
        batch = whole.batch(np.array(rows))
        assert_same_fitness(batch, expected)
        fraction = len(rows) / 70
        assert batch.n_sequences == len(rows)
        assert batch.cost(Order.VALUE) == pytest.approx(fraction)
        assert batch.cost(Order.GRADIENT) == pytest.approx(4 * fraction)
    # It has changed nothing about the fitness that it is of.
    assert whole.cost(Order.VALUE) == 1
    assert_same_fitness(whole, Fitness(network, X, y, loss=loss, alpha=0.3, **rest))


@every_dtype
def test_a_batch_of_a_batch(dtype):
    X, y, rest = data(unequal=True)
    whole = Fitness(build(dtype=dtype), X, y, **rest)
    half = whole.batch(np.arange(0, 70, 2))
    points = population(whole.network, 2)
    half(points)  # its own passes must not reach what is made of it
    part = half.batch(np.array([1, 3, 20]))
    assert_same_fitness(part, whole.batch(np.array([2, 6, 40])))
    assert part.cost(Order.VALUE) == pytest.approx(3 / 70)


def test_rows_of_a_batch_are_counted_among_the_sequences_of_some_weight():
    X, y, rest = data()
    sample_weight = rest["sample_weight"]
    sample_weight[::3] = 0
    kept = np.flatnonzero(sample_weight)
    whole = Fitness(build(), X, y, **rest)
    assert whole.n_sequences == len(kept)
    batch = whole.batch(np.array([0, 7]))
    rows = kept[[0, 7]]
    expected = Fitness(build(), X[rows], y[rows], sample_weight=sample_weight[rows])
    assert_same_fitness(batch, expected)
    assert batch.cost(Order.VALUE) == pytest.approx(2 / len(kept))


@every_dtype
def test_a_batch_of_light_sequences_is_the_fitness_of_its_rows(dtype):
    X, y, rest = data()
    rest["sample_weight"][:10] *= 1e-60
    whole = Fitness(build(dtype=dtype), X, y, **rest)
    rows = np.arange(10)
    expected = Fitness(build(dtype=dtype), X[:10], y[:10], sample_weight=rest["sample_weight"][:10])
    points = population(whole.network, 3)
    actual = whole.batch(rows).gradient(points)
    for one, other in zip(actual, expected.gradient(points), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([], "at least one"),
        ([0.0], "float64"),
        ([[0]], "(1, 1)"),
        ([0, 10_000], "10000"),
        ([-1], "-1"),
    ],
)
def test_rows_that_are_none_are_refused_in_one_sentence(rows, names):
    X, y, rest = data()
    with pytest.raises(ValueError, match="rows must be") as error:
        Fitness(build(), X, y, **rest).batch(rows)
    one_sentence(error, "rows", names)


# --- What is not finite ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        *((dtype, value) for dtype in NEAR for value in (np.nan, np.inf, -np.inf)),
        ("float32", 1e39),
        ("float32", -1e300),
    ],
)
@every_loss
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_weight_that_is_not_finite_spoils_its_candidate_alone(dtype, value, loss):
    for B in (5, 70):
        for activation in ACTIVATIONS:
            X, y, rest = data(B, unequal=True)
            network = build(dtype=dtype, activation=activation)
            fitness = Fitness(network, X, y, loss=loss, alpha=0.1, **rest)
            D = fitness.dim
            good = population(network, 2 * D)
            points = good.copy()
            # Each weight of some candidate, and whole others.
            points[np.arange(D), np.arange(D)] = value
            expected = (fitness(good), *fitness.gradient(good), *fitness.gauss_newton(good))
            actual = (fitness(points), *fitness.gradient(points), *fitness.gauss_newton(points))
            for k, (a, e) in enumerate(zip(actual, expected, strict=True)):
                np.testing.assert_array_equal(a[D:], e[D:])
                if k in (0, 1, 3):
                    assert not np.isfinite(a[:D]).any()
            scores = network.scores(points, np.where(np.isnan(X), 0, X), lengths=rest["lengths"])
            clean = network.scores(good, np.where(np.isnan(X), 0, X), lengths=rest["lengths"])
            np.testing.assert_array_equal(scores[D:], clean[D:])


@every_dtype
@pytest.mark.parametrize("B", [5, 70])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_all_candidates_may_be_not_finite(dtype, B):
    X, y, rest = data(B)
    fitness = Fitness(build(dtype=dtype), X, y, **rest)
    points = np.full((40, fitness.dim), np.nan)
    assert np.isnan(fitness(points)).all()
    assert np.isnan(fitness.gradient(points)[0]).all()
    assert np.isnan(fitness.gauss_newton(points)[0]).all()
    # and leave nothing behind in the memory that the next call uses.
    good = population(fitness.network, 3)
    fresh = Fitness(build(dtype=dtype), X, y, **rest)
    assert np.isfinite(fitness(good)).all()
    assert_same_fitness(fitness, fresh)
