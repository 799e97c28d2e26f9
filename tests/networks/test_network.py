"""Networks: shapes, initial weights, flat vectors and blocks, scores, errors."""

import dataclasses
import itertools
import pickle
import subprocess
import sys

import numpy as np
import pytest
from helpers import gradient_checks as checks
from helpers.cells import every_cell
from helpers.error_checks import one_sentence
from reference import naive, twins

from metarnn import Network
from metarnn.cells import ACTIVATIONS
from metarnn.layers import Recurrent

DTYPES = ("float32", "float64")


def build(**changes):
    return Network.build(**({"n_inputs": 2, "n_outputs": 3, "hidden": 4} | changes))


# --- Shapes ------------------------------------------------------------------------------


@every_cell
def test_blocks_and_their_number_of_weights(cell):
    for sizes in itertools.product([1, 3], [1, 8], [2, 5]):
        I, H, K = sizes  # noqa: E741
        network = Network.build(I, K, hidden=H, cell=cell)
        settings = {"n_inputs": I, "n_outputs": K, "hidden": H, "cell": cell}
        assert network.shapes == twins.shapes(checks.known_to_twins(settings))
        assert network.n_weights == sum(map(np.prod, network.shapes.values()))
        if cell == "elman":
            assert list(network.shapes) == [
                "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "weight_out", "bias_out",
            ]  # fmt: skip
            assert network.n_weights == H * I + H * H + H + K * H + K


def test_build_has_defaults():
    layer = Recurrent("elman", 16, "tanh", bidirectional=False, residual=False)
    assert Network.build(2, 3) == Network(2, 3, (layer,), "last", "float32", 1.0)


@pytest.mark.parametrize(
    "same",
    [
        {"hidden": (4,)},
        {"hidden": [4]},
        {"hidden": np.int64(4)},
        {"hidden": np.array([4])},
        {"n_inputs": np.int32(2)},
        {"dtype": np.float32},
        {"dtype": np.dtype("float32")},
        {"init_scale": 1},
    ],
    ids=str,
)
def test_networks_of_the_same_settings_are_equal(same):
    network = build(**same)
    assert network == build()
    assert hash(network) == hash(build())
    assert repr(network) == repr(build())


@pytest.mark.parametrize(
    "other",
    [
        {"n_inputs": 3},
        {"n_outputs": 2},
        {"hidden": 5},
        {"activation": "relu"},
        {"dtype": "float64"},
        {"init_scale": 2.0},
    ],
    ids=str,
)
def test_networks_of_other_settings_are_not_equal(other):
    assert build(**other) != build()


def test_a_network_cannot_be_changed():
    network = build()
    for field in dataclasses.fields(network):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(network, field.name, None)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_network_can_be_pickled(dtype):
    network = build(dtype=dtype, activation="relu", init_scale=3)
    copy = pickle.loads(pickle.dumps(network))
    assert copy == network
    weights = network.init(np.random.default_rng(0), 2)
    np.testing.assert_array_equal(copy.init(np.random.default_rng(0), 2), weights)
    X = np.ones((3, 2, 2))
    np.testing.assert_array_equal(copy.scores(weights, X), network.scores(weights, X))


# --- Initial weights ---------------------------------------------------------------------


@pytest.mark.parametrize("init_scale", [1.0, 3.0])
def test_initial_weights_are_normal_with_the_scale_of_their_block(init_scale):
    I, H, K, n = 3, 8, 2, 10_000  # noqa: E741
    network = Network.build(I, K, hidden=H, init_scale=init_scale)
    expected = {
        "weight_ih_l0": I**-0.5,
        "weight_hh_l0": H**-0.5,
        "bias_ih_l0": (I + H) ** -0.5,
        "weight_out": H**-0.5,
        "bias_out": H**-0.5,
    }
    weights = network.init(np.random.default_rng(0), n)
    assert weights.shape == (n, network.n_weights)
    assert weights.dtype == np.float64
    scales = network.unpack(network.space.scale)
    for name, block in network.unpack(weights).items():
        scale = init_scale * expected[name]
        np.testing.assert_allclose(scales[name], scale, rtol=1e-15)
        z = block / scale
        # Four standard errors of mean, variance and kurtosis.
        assert abs(z.mean()) < 4 * z.size**-0.5
        assert abs((z**2).mean() - 1) < 4 * (2 / z.size) ** 0.5
        assert abs((z**4).mean() - 3) < 4 * (96 / z.size) ** 0.5
    # No weight is another one's copy.
    correlations = np.corrcoef(weights.T) - np.eye(network.n_weights)
    assert np.abs(correlations).max() < 5.5 * n**-0.5


def test_initial_weights_are_seeded():
    network = build()
    first, again, other = (network.init(np.random.default_rng(s), 3) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(other, first).any()


def test_first_rows_of_a_larger_draw_are_a_smaller_one():
    network = build()
    rng = np.random.default_rng(0)
    few = network.init(rng, 3)
    more = network.init(np.random.default_rng(0), 50)
    np.testing.assert_array_equal(few, more[:3])
    # And the generator goes on where it stopped.
    np.testing.assert_array_equal(network.init(rng, 2), more[3:5])


def test_space_is_where_the_weights_are():
    network = build(init_scale=2)
    space = network.space
    assert space.dim == network.n_weights
    assert space.bounds is None
    np.testing.assert_array_equal(
        space.sample(4, np.random.default_rng(0)), network.init(np.random.default_rng(0), 4)
    )
    np.testing.assert_allclose(space.scale, 2 * build().space.scale, rtol=1e-15)


# --- Flat vectors and blocks -------------------------------------------------------------


@pytest.mark.parametrize("leading", [(), (1,), (5,)])
def test_pack_undoes_unpack(leading):
    network = build()
    weights = np.random.default_rng(0).normal(size=(*leading, network.n_weights))
    blocks = network.unpack(weights)
    assert list(blocks) == list(network.shapes)
    for name, block in blocks.items():
        assert block.shape == (*leading, *network.shapes[name])
        assert np.shares_memory(block, weights)
    np.testing.assert_array_equal(network.pack(blocks), weights)
    # By name, not by position.
    shuffled = dict(reversed(list(blocks.items())))
    np.testing.assert_array_equal(network.pack(shuffled), weights)


def test_unpack_cuts_in_row_major_order():
    network = build()
    I, H, K = 2, 4, 3  # noqa: E741
    blocks = network.unpack(np.arange(network.n_weights))
    for actual, expected in zip(
        blocks.values(), naive.blocks(np.arange(network.n_weights), I, H, K), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


def test_pack_takes_lists():
    network = build(n_inputs=1, n_outputs=2, hidden=1)
    weights = network.pack(
        {
            "weight_ih_l0": [[1]],
            "weight_hh_l0": [[2]],
            "bias_ih_l0": [3],
            "weight_out": [[4], [5]],
            "bias_out": [6, 7],
        }
    )
    np.testing.assert_array_equal(weights, [1, 2, 3, 4, 5, 6, 7])


# --- Scores ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scores_of_one_candidate_and_of_a_population(activation, dtype):
    network = build(activation=activation, dtype=dtype)
    rng = np.random.default_rng(0)
    weights, X = network.init(rng, 3), rng.normal(size=(40, 5, 2))
    scores = network.scores(weights, X)
    assert scores.shape == (3, 40, 3)
    assert scores.dtype == dtype
    for one, expected in zip(weights, scores, strict=True):
        alone = network.scores(one, X)
        assert alone.shape == (40, 3)
        np.testing.assert_array_equal(alone, expected)
        # A population of one is a population.
        np.testing.assert_array_equal(network.scores(one[None], X), expected[None])
        twin = naive.elman_scores(one, (2, 4, 3), activation, X)
        assert naive.distance(alone, twin) < {"float32": 2e-6, "float64": 1e-14}[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_take_any_layout_and_leave_it_alone(dtype):
    network = build(dtype=dtype, n_inputs=1)
    rng = np.random.default_rng(0)
    weights, X = network.init(rng, 3), rng.normal(size=(5, 7))
    expected = network.scores(weights, X[:, :, None])
    before = weights.copy(), X.copy()
    for array in (weights, X):
        array.setflags(write=False)
    for same in (
        network.scores(weights, X),
        network.scores(weights.tolist(), X.tolist()),
        network.scores(np.asfortranarray(weights), np.asfortranarray(X)),
        network.scores(weights[::-1], X)[::-1],
        network.scores(weights, X, n_threads=1),
    ):
        np.testing.assert_array_equal(same, expected)
    np.testing.assert_array_equal(weights, before[0])
    np.testing.assert_array_equal(X, before[1])


# --- Errors ------------------------------------------------------------------------------


REFUSED = [
    ({"n_inputs": 0}, ValueError, ["n_inputs", "at least 1", "0"]),
    ({"n_inputs": 2.0}, TypeError, ["n_inputs", "integer", "2.0"]),
    ({"n_inputs": True}, TypeError, ["n_inputs", "integer", "True"]),
    ({"n_inputs": "2"}, TypeError, ["n_inputs", "integer", "'2'"]),
    ({"n_outputs": 0}, ValueError, ["n_outputs", "at least 1", "0"]),
    ({"n_outputs": None}, TypeError, ["n_outputs", "integer", "None"]),
    ({"hidden": 0}, ValueError, ["hidden", "at least 1", "0"]),
    ({"hidden": (-3,)}, ValueError, ["hidden", "at least 1", "-3"]),
    ({"hidden": 4.0}, TypeError, ["hidden", "integer", "4.0"]),
    ({"hidden": "4"}, TypeError, ["hidden", "integer", "'4'"]),
    ({"hidden": None}, TypeError, ["hidden", "integer", "None"]),
    ({"hidden": ()}, ValueError, ["hidden", "a layer", "none"]),
    ({"hidden": (4, 0)}, ValueError, ["hidden", "at least 1", "0"]),
    ({"cell": "GRU"}, ValueError, ["cell", "did you mean 'gru'", "'GRU'"]),
    ({"readout": "first"}, ValueError, ["readout", "list readouts", "'first'"]),
    ({"readout": "max+men"}, ValueError, ["readout", "did you mean 'mean'", "'men'"]),
    ({"readout": "max+max"}, ValueError, ["twice", "'max+max'"]),
    ({"readout": "max+steps"}, ValueError, ["'steps'", "'max+steps'"]),
    ({"activation": "Tanh"}, ValueError, ["activation", "tanh, relu, sigmoid", "'Tanh'"]),
    ({"dtype": "float16"}, ValueError, ["dtype", "float32, float64", "'float16'"]),
    ({"dtype": int}, ValueError, ["dtype", "float32, float64", "int"]),
    ({"dtype": "double precision"}, ValueError, ["dtype", "float32, float64", "precision"]),
    ({"init_scale": 0}, ValueError, ["init_scale", "positive", "0"]),
    ({"init_scale": -1.0}, ValueError, ["init_scale", "positive", "-1.0"]),
    ({"init_scale": np.nan}, ValueError, ["init_scale", "positive", "nan"]),
    ({"init_scale": np.inf}, ValueError, ["init_scale", "positive", "inf"]),
    ({"init_scale": "large"}, (TypeError, ValueError), ["init_scale", "positive", "'large'"]),
    ({"init_scale": None}, (TypeError, ValueError), ["init_scale", "positive", "None"]),
]


@pytest.mark.parametrize(
    ("changes", "kind", "named"), REFUSED, ids=[", ".join(named) for *_, named in REFUSED]
)
def test_build_refuses_in_one_sentence(changes, kind, named):
    with pytest.raises(kind) as error:
        build(**changes)
    one_sentence(error, *named)


def blocks_with(**changes):
    network = build()
    blocks = network.unpack(np.zeros(network.n_weights)) | changes
    return {name: block for name, block in blocks.items() if block is not None}


@pytest.mark.parametrize(
    ("blocks", "named"),
    [
        ({}, ["weight_ih_l0, weight_hh_l0, bias_ih_l0, weight_out, bias_out", "none"]),
        (blocks_with(bias_out=None), ["bias_out", "got weight_ih_l0"]),
        (blocks_with(bias_hh_l0=np.zeros(4)), ["weight_out", "bias_hh_l0"]),
        (blocks_with(weight_out=np.zeros((4, 3))), ["weight_out", "(3, 4)", "(4, 3)"]),
        (blocks_with(bias_out=np.zeros(2)), ["bias_out", "(3,)", "(2,)"]),
        (blocks_with(bias_out=0.0), ["bias_out", "(3,)", "()"]),
        (blocks_with(weight_out=np.zeros(4)), ["weight_out", "(3, 4)", "(4,)"]),
        # One block for a population of two, the others for one candidate.
        (blocks_with(bias_out=np.zeros((2, 3))), ["bias_out", "(2, 3)"]),
    ],
    ids=lambda value: ", ".join(value)[:60],
)
def test_pack_refuses_in_one_sentence(blocks, named):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        build().pack(blocks)
    one_sentence(error, *named)


D = build().n_weights


@pytest.mark.parametrize("shape", [(), (D - 1,), (D + 1,), (3, D - 1), (D, 3), (2, 3, D)], ids=str)
def test_weights_of_another_shape_are_refused_in_one_sentence(shape):
    for method in (build().unpack, lambda weights: build().scores(weights, np.zeros((2, 5, 2)))):
        with pytest.raises(ValueError, match="weights") as error:
            method(np.zeros(shape))
        one_sentence(error, f"({D},)", f"(P, {D})", f"got {shape}")


@pytest.mark.parametrize(
    ("X", "named"),
    [
        (np.zeros((4, 5, 3)), ["3 inputs", "(4, 5, 3)", "takes 2"]),
        (np.zeros((4, 6)), ["6 inputs", "(4, 6)", "takes 2"]),
        (np.zeros(6), ["1 axes", "(6,)"]),
        (np.zeros((0, 5, 2)), ["empty", "(0, 5, 2)"]),
        (np.full((4, 5, 2), np.nan), ["finite", "NaN"]),
        (np.full((4, 5, 2), -np.inf), ["finite", "infinity"]),
        (np.full((4, 5, 2), 1e39), ["finite", "float32"]),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else "",
)
def test_scores_refuse_other_sequences_in_one_sentence(X, named):
    with pytest.raises(ValueError, match="X") as error:
        build().scores(np.zeros(D), X)
    one_sentence(error, *named)


@pytest.mark.filterwarnings("error")
def test_scores_take_in_float64_what_float32_cannot_hold():
    X = np.full((4, 5, 2), 1e39)
    assert np.isfinite(build(dtype="float64").scores(np.ones(D), X)).all()


@pytest.mark.parametrize("n_threads", [0, -1, 1.5, "2"])
def test_scores_refuse_other_numbers_of_threads_in_one_sentence(n_threads):
    with pytest.raises((TypeError, ValueError)) as error:
        build().scores(np.zeros(D), np.zeros((4, 5, 2)), n_threads=n_threads)
    one_sentence(error, "n_threads", "at least 1", repr(n_threads))


# --- Imports -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import metarnn", ["numba", "pandas", "matplotlib", "deap", "sklearn"]),
        ("import metarnn.optimizers", ["numba", "metarnn.networks.network", "metarnn.engine"]),
        ("import metarnn.datasets", ["numba", "metarnn.networks.network", "metarnn.engine"]),
    ],
)
def test_imports_load_no_more_than_they_need(statement, absent):
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "metarnn" in loaded
    assert not set(absent) & set(loaded)
