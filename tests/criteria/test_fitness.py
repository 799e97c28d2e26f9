"""The one fitness, for gradient and population alike; and early stopping on top of it."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from reference import naive

from metarnn import Fitness, Network, minimize
from metarnn.cells import ACTIVATIONS
from metarnn.engine import LOSSES
from metarnn.estimators.early_stopping import EarlyStopping
from metarnn.optimizers import Adam, Order, RandomSearch

DTYPES = ("float32", "float64")
NEAR = {"float32": 2e-6, "float64": 1e-14}
SIZES = (2, 5, 3)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
every_loss = pytest.mark.parametrize("loss", LOSSES)


def build(**changes):
    I, H, K = SIZES  # noqa: E741
    return Network.build(I, K, hidden=H, **changes)


def data(B=70, T=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(B, T, 2)), rng.integers(3, size=B)


def population(P=4, seed=1):
    return build().init(np.random.default_rng(seed), P)


def assert_same_bits(actual, expected):
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)


# --- Values ------------------------------------------------------------------------------


@every_dtype
@every_loss
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_losses_and_gradients_are_the_naive_ones(dtype, loss, activation):
    for alpha in (0.0, 0.7):
        for weighted in (False, True):
            X, y = data()
            sample_weight = (
                np.random.default_rng(2).uniform(size=len(y)) if weighted else np.ones(len(y))
            )
            fitness = Fitness(
                build(dtype=dtype, activation=activation),
                X,
                y,
                loss=loss,
                alpha=alpha,
                sample_weight=sample_weight if weighted else None,
            )
            points = population()
            losses, gradients = fitness.gradient(points)
            assert losses.shape == (4,)
            assert gradients.shape == points.shape
            assert losses.dtype == gradients.dtype == np.float64
            rest = (SIZES, activation, loss, X, y)
            for w, actual_loss, actual_gradient in zip(points, losses, gradients, strict=True):
                each = naive.elman_losses(w, *rest)
                expected = np.average(each, weights=sample_weight) + naive.penalty(w, SIZES, alpha)
                assert actual_loss == pytest.approx(expected, rel=NEAR[dtype])
                slopes = np.average(naive.elman_gradients(w, *rest), axis=0, weights=sample_weight)
                slopes += naive.complex_step(lambda w, a=alpha: naive.penalty(w, SIZES, a), w)
                assert naive.distance(actual_gradient, slopes) <= NEAR[dtype]


@every_loss
# With relu, differences would step over its kink.
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_gradient_is_that_of_the_losses(loss, activation, alpha):
    X, y = data()
    network = build(dtype="float64", activation=activation)
    fitness = Fitness(network, X, y, loss=loss, alpha=alpha)
    points = population()
    for point, gradient in zip(points, fitness.gradient(points)[1], strict=True):
        assert naive.distance(gradient, naive.central_differences(fitness, point)) < 1e-8


@every_dtype
@every_loss
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_call_and_gradient_tell_the_same_losses(dtype, loss, alpha):
    for n_threads in (None, 1, 2):
        X, y = data(B=300)
        fitness = Fitness(build(dtype=dtype), X, y, loss=loss, alpha=alpha, n_threads=n_threads)
        points = population(33)
        losses = fitness(points)
        assert losses.shape == (33,)
        np.testing.assert_array_equal(fitness.gradient(points)[0], losses)


@every_dtype
@every_loss
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_bits_of_a_candidate_do_not_depend_on_its_company(dtype, loss, alpha):
    X, y = data()
    fitness = Fitness(build(dtype=dtype), X, y, loss=loss, alpha=alpha)
    points = population(33)
    losses, gradients = fitness.gradient(points)
    for i in range(33):
        alone = points[i : i + 1]
        assert_same_bits([fitness(alone)], [losses[i : i + 1]])
        assert_same_bits(fitness.gradient(alone), [losses[i : i + 1], gradients[i : i + 1]])


@every_dtype
def test_penalty_leaves_out_the_biases(dtype):
    X, y = data()
    network = build(dtype=dtype)
    free, bound = Fitness(network, X, y), Fitness(network, X, y, alpha=2.0)
    points = population()
    seen = network.unpack(points)
    penalty = sum(
        (block**2).sum(axis=(1, 2)) for name, block in seen.items() if not name.startswith("bias")
    )
    np.testing.assert_allclose(bound(points) - free(points), penalty, rtol=1e-13)
    slopes = network.unpack(bound.gradient(points)[1] - free.gradient(points)[1])
    for name, block in slopes.items():
        expected = np.zeros_like(block) if name.startswith("bias") else 2 * seen[name]
        np.testing.assert_allclose(block, expected, rtol=0, atol=1e-14)


@every_loss
@every_dtype
def test_a_constant_prediction_reaches_the_baseline_loss(loss, dtype):
    X, _ = data(B=100)
    y = np.repeat([0, 1, 2], [50, 30, 20])
    frequencies = np.array([0.5, 0.3, 0.2])
    network = build(dtype=dtype)
    constant = {
        "cross_entropy": np.log(frequencies),
        "mse": np.log(frequencies / (1 - frequencies)),
    }[loss]
    blocks = network.unpack(np.zeros(network.n_weights)) | {"bias_out": constant}
    losses = Fitness(network, X, y, loss=loss)(network.pack(blocks))
    assert losses == pytest.approx([LOSSES[loss].baseline_loss(frequencies)], rel=1e-6)


# --- Weights of the sequences ------------------------------------------------------------
#
# All to the bit: a sequence of weight 2 is the sequence twice, one of weight 0 is as if it
# were not there, whatever it holds; their order does not matter; and a common factor that is
# a power of two changes nothing.


@every_dtype
@every_loss
def test_weight_of_two_is_the_sequence_twice(dtype, loss):
    X, y = data()
    counts = np.random.default_rng(0).integers(4, size=len(y))
    network, points = build(dtype=dtype), population()
    weighted = Fitness(network, X, y, loss=loss, sample_weight=counts)
    repeated = Fitness(network, np.repeat(X, counts, axis=0), np.repeat(y, counts), loss=loss)
    assert_same_bits(weighted.gradient(points), repeated.gradient(points))


@every_dtype
@every_loss
def test_order_of_the_sequences_does_not_matter(dtype, loss):
    X, y = data()
    rng = np.random.default_rng(0)
    sample_weight, order = rng.uniform(size=len(y)), rng.permutation(len(y))
    network, points = build(dtype=dtype), population()
    fitness = Fitness(network, X, y, loss=loss, sample_weight=sample_weight)
    shuffled = Fitness(network, X[order], y[order], loss=loss, sample_weight=sample_weight[order])
    assert_same_bits(shuffled.gradient(points), fitness.gradient(points))


@every_dtype
@every_loss
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_weight_of_zero_is_no_sequence(dtype, loss, activation):
    for content in (0.0, 1e30, 1e300, np.inf, np.nan):
        X, y = data()
        rng = np.random.default_rng(0)
        kept = rng.random(len(y)) < 0.7
        sample_weight = rng.uniform(size=len(y)) * kept
        network, points = build(dtype=dtype, activation=activation), population()
        without = Fitness(network, X[kept], y[kept], loss=loss, sample_weight=sample_weight[kept])
        X[~kept] = content
        ignored = Fitness(network, X, y, loss=loss, sample_weight=sample_weight)
        assert np.isfinite(ignored(points)).all()
        assert_same_bits([ignored(points)], [without(points)])
        assert_same_bits(ignored.gradient(points), without.gradient(points))


@every_dtype
def test_common_factor_of_the_weights_does_not_matter(dtype):
    X, y = data()
    sample_weight = np.random.default_rng(0).uniform(size=len(y))
    points = population()
    first, *others = [
        Fitness(build(dtype=dtype), X, y, alpha=0.1, sample_weight=factor * sample_weight).gradient(
            points
        )
        for factor in (1.0, 8.0, 2.0**-20, 2.0**200, 2.0**-200)
    ]
    for other in others:
        assert_same_bits(other, first)


# --- What is not finite ------------------------------------------------------------------


NOT_FINITE = [
    *((dtype, value) for dtype in DTYPES for value in (np.nan, np.inf, -np.inf)),
    # What float64 holds, but not float32.
    ("float32", 1e39),
    ("float32", -1e300),
]


@pytest.mark.parametrize(("dtype", "value"), NOT_FINITE)
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_are_not_finite_have_no_loss(dtype, value, alpha):
    for loss in LOSSES:
        for activation in ACTIVATIONS:
            X, y = data()
            fitness = Fitness(
                build(dtype=dtype, activation=activation), X, y, loss=loss, alpha=alpha
            )
            points = population(fitness.dim + 1)
            expected, slopes = fitness.gradient(points)
            np.fill_diagonal(points, value)
            losses, gradients = fitness.gradient(points)
            np.testing.assert_array_equal(fitness(points), losses)
            assert np.isnan(losses[:-1]).all()
            # The last candidate is below the diagonal.
            assert_same_bits([losses[-1], gradients[-1]], [expected[-1], slopes[-1]])


@pytest.mark.parametrize(("dtype", "value"), NOT_FINITE)
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.filterwarnings("error")
def test_weights_that_are_not_finite_cause_no_warning(dtype, value, alpha):
    X, y = data()
    fitness = Fitness(build(dtype=dtype), X, y, alpha=alpha)
    points = population(fitness.dim)
    np.fill_diagonal(points, value)
    losses, _ = fitness.gradient(points)
    assert np.isnan(losses).all()
    assert np.isnan(fitness(points)).all()


@every_dtype
@every_loss
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_states_that_overflow_have_no_finite_loss(dtype, loss):
    X, y = data()
    fitness = Fitness(build(dtype=dtype, activation="relu"), np.abs(X), y, loss=loss)
    large = {"float32": 1e20, "float64": 1e200}[dtype]
    points = large * np.abs(population())
    assert np.isfinite(points.astype(dtype)).all()
    assert not np.isfinite(fitness.network.scores(points, np.abs(X))).any()
    losses, _ = fitness.gradient(points)
    np.testing.assert_array_equal(fitness(points), losses)
    assert not np.isfinite(losses).any()


# --- What an optimizer needs -------------------------------------------------------------


def test_space_and_price():
    X, y = data()
    fitness = Fitness(build(), X, y)
    assert fitness.dim == build().n_weights == fitness.space.dim
    np.testing.assert_array_equal(fitness.space.scale, build().space.scale)
    assert fitness.cost(Order.VALUE) == 1
    assert fitness.cost(Order.GRADIENT) == 3
    dear = Fitness(build(), X, y, gradient_passes=5)
    assert dear.cost(Order.VALUE) == 1
    assert dear.cost(Order.GRADIENT) == 5


@pytest.mark.parametrize("gradient_passes", [1, 2, 3, 5.5])
def test_budget_is_spent_at_the_price_of_the_fitness(gradient_passes):
    X, y = data()
    fitness = Fitness(build(), X, y, gradient_passes=gradient_passes)
    by_gradient = minimize(fitness, Adam(), budget=60, seed=0)
    assert by_gradient.njev == int(60 / gradient_passes)
    # What is left buys plain losses.
    assert by_gradient.nfev <= 60 - by_gradient.njev * gradient_passes
    assert minimize(fitness, RandomSearch(), budget=60, seed=0).nfev == 60


def test_fitness_falls_when_minimized():
    X, _ = data()
    y = (X.sum(axis=(1, 2)) > 0).astype(int)
    fitness = Fitness(build(), X, y)
    result = minimize(fitness, Adam(), budget=1000, seed=0)
    assert result.fun < 0.5 * fitness(fitness.space.sample(20, np.random.default_rng(0))).min()
    assert fitness(result.x) == [result.fun]


def test_arguments_are_left_alone():
    X, y = data()
    sample_weight = np.ones(len(y))
    points = population()
    arrays = (X, y, sample_weight, points)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.setflags(write=False)
    fitness = Fitness(build(), X, y, sample_weight=sample_weight, alpha=0.1)
    fitness(points)
    fitness.gradient(points)
    assert_same_bits(arrays, before)


def test_later_changes_of_the_data_do_not_reach_the_fitness():
    X, y = data()
    sample_weight = np.ones(len(y))
    fitness = Fitness(build(dtype="float64"), X, y, sample_weight=sample_weight)
    before = fitness.gradient(population())
    X[:], y[:], sample_weight[:] = 0, 0, 5
    assert_same_bits(fitness.gradient(population()), before)


@every_dtype
@every_loss
def test_fitness_can_be_pickled(dtype, loss):
    X, y = data()
    fitness = Fitness(build(dtype=dtype), X, y, loss=loss, alpha=0.1, gradient_passes=2)
    copy = pickle.loads(pickle.dumps(fitness))
    points = population()
    assert_same_bits([copy(points)], [fitness(points)])
    assert_same_bits(copy.gradient(points), fitness.gradient(points))
    assert copy.cost(Order.GRADIENT) == 2
    assert copy.network == fitness.network


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64, list])
def test_any_integers_are_labels(kind):
    X, y = data()
    labels = y.tolist() if kind is list else y.astype(kind)
    points = population()
    assert_same_bits([Fitness(build(), X, labels)(points)], [Fitness(build(), X, y)(points)])


def test_rows_are_sequences_of_one_input():
    X, y = data()
    network = Network.build(1, 3, hidden=4)
    points = network.init(np.random.default_rng(0), 2)
    rows = Fitness(network, X[:, :, 0], y)
    assert_same_bits([rows(points)], [Fitness(network, X[:, :, :1], y)(points)])


# --- What is refused ---------------------------------------------------------------------


def spoilt(array, value):
    array = array.copy()
    array.flat[-1] = value
    return array


X, Y = data(B=5)
ONES = np.ones(5)


REFUSED = [
    ({"X": spoilt(X, np.nan)}, ValueError, ["X", "finite", "NaN"]),
    ({"X": spoilt(X, -np.inf)}, ValueError, ["X", "finite", "infinity"]),
    # The passes in float32 would see infinity.
    ({"X": spoilt(X, 1e300)}, ValueError, ["X", "finite"]),
    ({"X": X[:, :, :1]}, ValueError, ["X", "1 inputs", "takes 2"]),
    (
        {"X": X[:, :, :1], "sample_weight": [0, 1, 1, 1, 1]},
        ValueError,
        ["X", "1 inputs", "(5, 6, 1)"],
    ),
    ({"X": X[0, 0]}, ValueError, ["X", "1 axes", "(2,)"]),
    ({"X": X[:0], "y": Y[:0]}, ValueError, ["X", "empty"]),
    ({"y": Y[:-1]}, ValueError, ["y", "(5,)", "got (4,)"]),
    ({"y": Y[:, None]}, ValueError, ["y", "(5,)", "got (5, 1)"]),
    ({"y": 1}, ValueError, ["y", "(5,)", "got ()"]),
    ({"y": Y.astype(float)}, ValueError, ["y", "integers", "0 to 2", "float64"]),
    ({"y": list("abcab")}, ValueError, ["y", "integers", "0 to 2", "'a'"]),
    ({"y": Y.astype(object)}, ValueError, ["y", "integers", "0 to 2", "object"]),
    ({"y": spoilt(0 * Y, 3)}, ValueError, ["y", "integers", "0 to 2", "3"]),
    ({"y": spoilt(0 * Y, -7)}, ValueError, ["y", "integers", "0 to 2", "-7"]),
    ({"sample_weight": np.ones(4)}, ValueError, ["sample_weight", "(5,)", "got (4,)"]),
    ({"sample_weight": 2.0}, ValueError, ["sample_weight", "(5,)", "got ()"]),
    ({"sample_weight": spoilt(ONES, -1)}, ValueError, ["sample_weight", "negative"]),
    ({"sample_weight": 0 * ONES}, ValueError, ["sample_weight", "not all zero"]),
    ({"sample_weight": spoilt(ONES, np.nan)}, ValueError, ["sample_weight", "finite"]),
    ({"sample_weight": spoilt(ONES, np.inf)}, ValueError, ["sample_weight", "finite"]),
    ({"sample_weight": 1e308 * ONES}, ValueError, ["sample_weight", "finite"]),
    ({"loss": "log"}, ValueError, ["unknown loss", "'metarnn list losses'", "'log'"]),
    ({"loss": None}, ValueError, ["unknown loss", "'metarnn list losses'", "None"]),
    ({"alpha": -0.1}, ValueError, ["alpha", "at least 0", "-0.1"]),
    ({"alpha": np.nan}, ValueError, ["alpha", "finite", "nan"]),
    ({"alpha": np.inf}, ValueError, ["alpha", "finite", "inf"]),
    ({"alpha": "0.1"}, TypeError, ["alpha", "number", "'0.1'"]),
    ({"alpha": True}, TypeError, ["alpha", "number", "True"]),
    ({"gradient_passes": 0.9}, ValueError, ["gradient_passes", "at least 1", "0.9"]),
    ({"gradient_passes": np.inf}, ValueError, ["gradient_passes", "finite", "inf"]),
    ({"gradient_passes": None}, TypeError, ["gradient_passes", "number", "None"]),
    ({"n_threads": 0}, ValueError, ["n_threads", "at least 1", "0"]),
    ({"n_threads": -2}, ValueError, ["n_threads", "at least 1", "-2"]),
    ({"n_threads": 1.5}, ValueError, ["n_threads", "at least 1", "1.5"]),
]


@pytest.mark.parametrize(
    ("changes", "kind", "named"), REFUSED, ids=[", ".join(named) for *_, named in REFUSED]
)
def test_fitness_refuses_in_one_sentence(changes, kind, named):
    arguments = {"X": X, "y": Y} | changes
    with pytest.raises(kind) as error:
        Fitness(build(), **arguments)
    one_sentence(error, *named)


@pytest.mark.parametrize("method", ["__call__", "gradient"])
def test_points_of_another_shape_are_refused_in_one_sentence(method):
    fitness = Fitness(build(), X, Y)
    D = fitness.dim
    for shape in ((), (D - 1,), (2, D + 1), (D, 2), (1, 2, D)):
        with pytest.raises(ValueError, match="weights must have shape") as error:
            getattr(fitness, method)(np.zeros(shape))
        one_sentence(error, f"({D},)", f"(P, {D})", f"got {shape}")


# --- Early stopping ----------------------------------------------------------------------


class Scripted:
    """A validation fitness that knows the losses of weights by their first number."""

    def __init__(self, losses):
        self.losses = losses
        self.n_calls = 0

    def __call__(self, weights):
        self.n_calls += 1
        return np.array([self.losses[int(weights[0])]])

    @staticmethod
    def score(weights):
        """Return a quarter for each number, 1 at most."""
        return min(weights[0], 4) / 4


def follow(losses, steps, patience):
    """Show early stopping the weights named by each step; return it and how many it saw."""
    points = [np.array([float(i)]) for i in range(len(losses))]
    stopping = EarlyStopping(Scripted(losses), Scripted.score, patience)
    for seen, step in enumerate(steps, 1):
        try:
            stopping(intermediate_result=SimpleNamespace(x=points[step]))
        except StopIteration:
            return stopping, seen
    return stopping, len(steps)


@pytest.mark.parametrize(
    ("losses", "steps", "patience", "seen", "best"),
    [
        ([3, 2, 1, 0], [0, 1, 2, 3], 1, 4, 3),
        ([3, 3, 1], [0, 1, 2], 1, 2, 0),
        ([3, 3, 1], [0, 1, 2], 2, 3, 2),
        ([1, 2, 3, 4, 0], [0, 1, 2, 3, 4], 3, 4, 0),
        # An iteration counts as one, whether or not there are new weights.
        ([1, 2, 3, 0], [0, 0, 1, 1, 2, 3], 3, 4, 0),
        ([1, 2, 0, 3], [0, 0, 1, 2, 2, 2, 3], 3, 7, 2),
        ([1, 1, 1], [0, 0, 0, 0, 1], 10, 5, 0),
        # What is not finite is never the best.
        ([1, np.nan, np.inf, 0], [0, 1, 2, 3], 3, 4, 3),
        ([np.inf, 1], [0, 1], 2, 2, 1),
        ([np.nan, 1], [0, 1], 2, 2, 1),
    ],
    ids=str,
)
def test_patience_counts_iterations_and_the_best_is_kept(losses, steps, patience, seen, best):
    stopping, n = follow(losses, steps, patience)
    assert n == seen
    np.testing.assert_array_equal(stopping.losses, [losses[i] for i in steps[:n]])
    assert stopping.scores == [min(i, 4) / 4 for i in steps[:n]]
    assert stopping.best_loss == losses[best]
    np.testing.assert_array_equal(stopping.best_x, [best])
    stale = n - 1 - steps.index(best)
    assert stopping.halted == (stale >= patience)


@pytest.mark.parametrize("never_finite", [np.inf, np.nan])
def test_best_loss_is_one_that_was_seen(never_finite):
    stopping, _ = follow([never_finite] * 2, [0, 1], 5)
    np.testing.assert_array_equal(stopping.best_x, [0])
    np.testing.assert_array_equal(stopping.best_loss, never_finite)


def test_early_stopping_looks_at_the_same_weights_once():
    stopping, _ = follow([2, 1], [0, 0, 0, 1, 1], 10)
    assert stopping._fitness.n_calls == 2


@pytest.mark.parametrize("patience", [1, 5])
def test_early_stopping_halts_a_search_and_keeps_its_best(patience):
    X, y = data()
    held = Fitness(build(), X[:30], y[:30])

    def accuracy(weights):
        return (held.network.scores(weights, X[:30]).argmax(axis=1) == y[:30]).mean()

    stopping = EarlyStopping(held, accuracy, patience)
    # The labels are noise: what is learned about the others does not carry over.
    result = minimize(
        Fitness(build(), X[30:], y[30:]), Adam(), budget=3000, seed=0, callback=stopping
    )
    assert stopping.halted
    assert result.stop == "callback"
    assert result.passes < 3000
    assert len(stopping.losses) == len(stopping.scores) == result.nit
    assert stopping.losses.index(min(stopping.losses)) == result.nit - 1 - patience
    assert stopping.best_loss == min(stopping.losses)
    assert held(stopping.best_x) == [stopping.best_loss]
    assert stopping.scores[-1 - patience] == accuracy(stopping.best_x)


def test_early_stopping_is_not_charged():
    X, y = data()
    arguments = {"budget": 90, "seed": 0}
    fitness = Fitness(build(), X, y)
    stopping = EarlyStopping(Fitness(build(), X, y), lambda weights: 0.0, 1000)
    watched = minimize(fitness, Adam(), callback=stopping, **arguments)
    alone = minimize(fitness, Adam(), **arguments)
    assert not stopping.halted
    assert (watched.passes, watched.njev, watched.nfev) == (alone.passes, alone.njev, alone.nfev)
    np.testing.assert_array_equal(watched.x, alone.x)


def test_no_penalty_on_what_orthogonal_matrices_are_made_of():
    X, y = np.ones((8, 3, 2)), np.arange(8) % 3
    for cell in ("orthogonal", "unitary", "scrn_learnt"):
        network = Network.build(2, 3, cell=cell, hidden=4, dtype="float64")
        weights = network.init(np.random.default_rng(0), 1)
        plain, penalised = (Fitness(network, X, y, alpha=alpha)(weights)[0] for alpha in (0.0, 2.0))
        blocks = network.unpack(weights[0])
        squares = sum((block**2).sum() for name, block in blocks.items() if "weight" in name)
        assert penalised - plain == pytest.approx(squares, rel=1e-12)
