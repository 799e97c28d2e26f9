"""Every cell against its formulas in every wiring, and the properties that it is used for."""

import warnings
from typing import NamedTuple

import numpy as np
import pytest
from helpers.cells import every_cell
from reference import naive, twins

from metarnn import Fitness, Network
from metarnn.cells import CELLS
from metarnn.cells.unitary import permutation
from metarnn.engine.weight_block import shapes_of
from metarnn.layers import Recurrent

I, T, K = 3, 7, 3  # noqa: E741
of_a_matrix = pytest.mark.parametrize("cell", ["orthogonal", "unitary"])

#: By what a kind of code is made for: lanes are candidates or sequences.
FEW, MANY = 5, 9

WIRINGS = [
    {"hidden": (4,), "B": FEW},
    {"hidden": (9,), "B": MANY},
    {"hidden": (4, 3), "B": FEW, "bidirectional": True},
    {"hidden": (4, 3), "B": MANY, "bidirectional": True, "readout": "mean"},
    {"hidden": (2,), "B": MANY, "readout": "steps"},
]


class Problem(NamedTuple):
    """A population of three and a few sequences of unequal lengths, and how the twin is made."""

    network: Network
    settings: dict
    weights: np.ndarray
    X: np.ndarray
    y: np.ndarray
    lengths: np.ndarray

    @property
    def fitness(self):
        return Fitness(self.network, self.X, self.y, lengths=self.lengths)

    def blocks(self, candidate):
        return self.network.unpack(self.weights[candidate])


def problem(cell, dtype="float64", B=FEW, hidden=(4,), activation="tanh", **wiring):
    rng = np.random.default_rng(0)
    shared = {"cell": cell, "hidden": hidden, "activation": activation, **wiring}
    network = Network.build(I, K, dtype=dtype, **shared)
    weights = network.init(rng, 3)
    weights += 0.3 * rng.normal(size=weights.shape)
    y = rng.integers(K, size=B)
    if wiring.get("readout") == "steps":
        y = rng.integers(K, size=(B, T))
    settings = {"n_inputs": I, "n_outputs": K, "permutation": permutation, **shared}
    if cell == "scrn_learnt":
        settings |= {"cell": "scrn", "learnt_decay": True}
    lengths = np.array([T, 1, *rng.integers(1, T + 1, size=B - 2)])
    return Problem(network, settings, weights, rng.normal(size=(B, T, I)), y, lengths)


def check_against_twin(p, near):
    """Compare scores, and the derivative along a random direction of each block."""
    rng = np.random.default_rng(1)
    _, gradients = p.fitness.gradient(p.weights)
    scores = p.network.scores(p.weights, p.X, lengths=p.lengths)
    own = np.arange(T) < p.lengths[:, None]
    labels = np.where(own, p.y, -1) if p.y.ndim == 2 else p.y
    for candidate, gradient in enumerate(gradients):
        blocks = p.blocks(candidate)
        expected = twins.scores(p.settings, blocks, p.X, p.lengths)
        found = scores[candidate]
        if p.y.ndim == 2:
            found, expected = found[own], expected[own]
        assert naive.distance(found, expected) < near
        for name, slopes in p.network.unpack(gradient).items():
            along = rng.normal(size=slopes.shape)
            case = p.settings, blocks, p.X, labels, "cross_entropy", p.lengths
            expected = twins.derivatives(*case, direction={name: along}).mean()
            largest = max(1e-2, abs(slopes).max())
            assert abs((slopes * along).sum() - expected) < 10 * near * largest, name


@every_cell
def test_scores_and_gradients_are_those_of_the_formulas(cell):
    for wiring in WIRINGS:
        p = problem(cell, **wiring)
        assert p.network.shapes == twins.shapes(p.settings)
        check_against_twin(p, 1e-13)


@every_cell
def test_float32_is_near(cell):
    check_against_twin(problem(cell, "float32", B=MANY), 3e-6)


def test_attention_to_a_jordan_cell():
    p = problem("jordan", hidden=(K,), readout="attention")
    assert p.network.shapes == twins.shapes(p.settings)
    check_against_twin(p, 1e-13)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_jordan_cell_leaves_the_choice_of_its_function(activation):
    check_against_twin(problem("jordan", activation=activation), 1e-13)


@every_cell
@pytest.mark.parametrize("B", [FEW, MANY])
def test_a_candidate_has_the_same_bits_alone(cell, B):
    p = problem(cell, B=B)
    fitness = p.fitness
    losses, gradients = fitness.gradient(p.weights)
    np.testing.assert_array_equal(fitness(p.weights), losses)
    for weights, loss, gradient in zip(p.weights, losses, gradients, strict=True):
        alone = fitness.gradient(weights)
        assert alone[0] == loss
        np.testing.assert_array_equal(alone[1][0], gradient)


@every_cell
def test_gauss_newton_matrices(cell):
    p = problem(cell, B=MANY)
    weights, step = p.weights[:1], 1e-6
    _, gradients, (matrix,) = p.fitness.gauss_newton(weights)
    assert naive.distance(gradients, p.fitness.gradient(weights)[1]) < 1e-13
    moves = step * np.eye(p.network.n_weights)
    ahead, behind = (
        p.network.scores(weights + sign * moves, p.X, lengths=p.lengths) for sign in (1, -1)
    )
    slopes = (ahead - behind) / (2 * step)  # (D, B, K)
    shares = np.array(
        [twins.softmax(s) for s in p.network.scores(weights[0], p.X, lengths=p.lengths)]
    )
    curvatures = shares[:, :, None] * np.eye(K) - shares[:, :, None] * shares[:, None]
    expected = np.einsum("ibk,bkl,jbl->ij", slopes, curvatures, slopes) / MANY
    assert naive.distance(matrix, expected) < 1e-8


# --- SCRN, Jordan and IRNN ---------------------------------------------------------------


def test_slow_units_may_be_more_or_fewer():
    rng = np.random.default_rng(0)
    network = Network(I, K, (Recurrent("scrn_learnt", 4, second_size=2),), dtype="float64")
    settings = {"n_inputs": I, "n_outputs": K, "cell": "scrn", "hidden": 4}
    settings |= {"slow": 2, "learnt_decay": True}
    lengths, y = np.array([T, 1, 3]), np.array([0, 1, 2])
    weights = network.init(rng, 3)
    assert network.shapes["weight_sh_l0"] == (4, 2)
    X = rng.normal(size=(3, T, I))
    check_against_twin(Problem(network, settings, weights, X, y, lengths), 1e-13)


def test_slow_units_begin_with_the_fixed_decay():
    learnt, fixed = (Network.build(I, K, cell=name) for name in ("scrn_learnt", "scrn"))
    blocks = learnt.unpack(learnt.init(np.random.default_rng(0), 1000))
    np.testing.assert_allclose(np.median(blocks.pop("decay_l0")), np.log(19), atol=0.03)
    assert set(blocks) == set(fixed.shapes)


def test_a_jordan_network_scores_the_classes_itself():
    network = Network.build(I, K, cell="jordan", hidden=(4, 5))
    assert network.shapes["weight_oh_l0"] == (4, 4)
    assert network.shapes["weight_oh_l1"] == (5, K)
    assert "weight_out" not in network.shapes
    for wiring in ({"bidirectional": True}, {"hidden": K, "readout": "attention"}):
        assert "weight_out" in Network.build(I, K, cell="jordan", **wiring).shapes


def test_an_irnn_begins_as_the_identity_but_moves_in_steps_of_any_size():
    network = Network.build(I, K, cell="irnn", hidden=4)
    blocks = network.unpack(network.init(np.random.default_rng(0), 10))
    assert abs(blocks["weight_hh_l0"] - np.eye(4)).max() < 0.01
    assert np.ptp(blocks["weight_hh_l0"], axis=0).min() > 0
    np.testing.assert_array_equal(network.unpack(network.space.scale)["weight_hh_l0"], 0.5)


# --- Orthogonal and unitary matrices -----------------------------------------------------


def parameters(cell, size, P=3):
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(size=(P, *shape)) for name, shape in shapes_of(cell.blocks).items()}
    with np.errstate(over="ignore"):
        return {name: size * block for name, block in drawn.items()}


def matrix_of(cell, blocks):
    """Return the recurrent matrix of a cell that computes it."""
    found = cell.materialize(blocks)
    return found["reflected(v)" if "reflected(v)" in found else "weight_hh"]


@of_a_matrix
def test_matrices_are_orthogonal_for_any_weights(cell):
    for H in (1, 2, 8, 128):
        for size in (0.0, 1e-320, 1e-30, 1.0, 1e30, 1e300):
            made = CELLS[cell](I, H, "tanh", H)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                Q = matrix_of(made, parameters(made, size))
            identity = np.eye(Q.shape[1])
            assert abs(Q @ Q.swapaxes(1, 2) - identity).max() < 1e-14
            single = Q.astype(np.float32).astype(float)
            assert abs(single @ single.swapaxes(1, 2) - identity).max() < 3e-7


@of_a_matrix
def test_derivatives_by_any_weights_are_finite(cell):
    for size in (0.0, 1e-320, 1e-30, 1.0, 1e30, 1e300):
        made = CELLS[cell](I, 6, "tanh", 6)
        slopes = {name: np.ones((3, 2, *shape)) for name, shape in made.shapes.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = made.vjp(parameters(made, size), slopes)
        for name, shape in shapes_of(made.blocks).items():
            assert found[name].shape == (3, 2, *shape)
            assert np.isfinite(found[name]).all()
        if size == 0:
            assert not found["reflections"].any()


@of_a_matrix
def test_vectors_count_by_their_direction(cell):
    made = CELLS[cell](I, 6, "tanh", 6)
    blocks = parameters(made, 1.0)
    longer = {**blocks, "reflections": 1e40 * blocks["reflections"]}
    expected, found = matrix_of(made, blocks), matrix_of(made, longer)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_no_reflections_are_the_identity():
    made = CELLS["orthogonal"](I, 6, "tanh", 6)
    blocks = parameters(made, 0.0)
    np.testing.assert_array_equal(matrix_of(made, blocks), np.eye(6) * np.ones((3, 1, 1)))


@pytest.mark.parametrize("number", [np.inf, np.nan])
@pytest.mark.parametrize(
    ("cell", "name"),
    [
        *(("orthogonal", name) for name in ("weight_ih", "reflections", "bias")),
        *(("unitary", name) for name in ("weight_ih", "phases", "reflections", "bias")),
    ],
)
def test_weights_that_are_not_finite_are_no_network(cell, name, number):
    p = problem(cell)
    p.network.unpack(p.weights)[f"{name}_l0"].reshape(3, -1)[1, 0] = number
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses, _ = p.fitness.gradient(p.weights)
        np.testing.assert_array_equal(np.isnan(losses), [False, True, False])
        np.testing.assert_array_equal(p.fitness(p.weights), losses)


def test_the_order_of_a_unitary_cell_is_the_same_for_ever():
    np.testing.assert_array_equal(permutation(8), [6, 2, 1, 7, 3, 0, 5, 4])


@pytest.mark.parametrize("cell", ["orthogonal", "unitary"])
def test_states_keep_their_length(cell):
    # One input, then nothing for long, thresholds of zero.
    network = Network.build(1, 2, cell=cell, hidden=8, dtype="float64", readout="steps")
    blocks = network.unpack(network.init(np.random.default_rng(0), 1)[0])
    R = blocks["weight_out"].shape[1]
    blocks["bias_l0"][:] = 0
    network = Network.build(1, R, cell=cell, hidden=8, dtype="float64", readout="steps")
    blocks |= {"weight_out": np.eye(R), "bias_out": np.zeros(R)}
    X = np.eye(1, 300)[..., None]
    (states,) = network.scores(network.pack(blocks), X)
    lengths = np.linalg.norm(states, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-12)
