"""Cells that scan images from their corners, against their formulas."""

import numpy as np
import pytest
from reference import naive, twins

from metarnn import Fitness, Network
from metarnn.layers import Grid, Recurrent, Windows

I, K = 2, 3  # noqa: E741
FEW, MANY = 5, 9  # images: lanes are candidates, or images

WIRINGS = [
    {"hidden": (3,), "grid": 1, "shape": (3, 4), "B": FEW},
    {"hidden": (3,), "grid": 2, "shape": (4, 3), "B": MANY},
    {"hidden": (2, 3), "grid": 4, "shape": (2, 5), "B": FEW, "readout": "steps"},
    {"hidden": (2, 2), "grid": 4, "shape": (3, 2), "B": MANY, "readout": "mean"},
    {"hidden": (9,), "grid": 4, "shape": (1, 5), "B": MANY},
    {"hidden": (2,), "grid": 4, "shape": (5, 1), "B": FEW, "readout": "max"},
    {"hidden": (2,), "grid": 4, "shape": (1, 1), "B": FEW},
]


def problem(cell, wiring, dtype="float64", activation="tanh"):
    """Return a network, how the twin is made, a population of two, images and labels."""
    rng = np.random.default_rng(0)
    rest = {name: wiring[name] for name in wiring if name not in ("shape", "B")}
    settings = {"n_inputs": I, "n_outputs": K, "cell": cell, "activation": activation, **rest}
    layers = tuple(Grid(cell, H, wiring["grid"], activation) for H in wiring["hidden"])
    network = Network(I, K, layers, wiring.get("readout", "last"), dtype)
    weights = network.init(rng, 2)
    weights += 0.3 * rng.normal(size=weights.shape)
    R, C = wiring["shape"]
    X = rng.normal(size=(wiring["B"], R, C, I))
    of_steps = (R * C,) if wiring.get("readout") == "steps" else ()
    return network, settings, weights, X, rng.integers(K, size=(len(X), *of_steps))


def check_against_twin(network, settings, weights, X, y, near):
    rng = np.random.default_rng(1)
    assert network.shapes == twins.shapes(settings)
    fitness, scores = Fitness(network, X, y), network.scores(weights, X)
    losses, gradients = fitness.gradient(weights)
    np.testing.assert_array_equal(fitness(weights), losses)
    for candidate, found, gradient in zip(weights, scores, gradients, strict=True):
        np.testing.assert_array_equal(fitness.gradient(candidate)[1][0], gradient)
        blocks = network.unpack(candidate)
        assert naive.distance(found, twins.scores(settings, blocks, X)) < near
        for name, slopes in network.unpack(gradient).items():
            along = rng.normal(size=slopes.shape)
            expected = twins.derivatives(settings, blocks, X, y, direction={name: along}).mean()
            largest = max(1e-2, abs(slopes).max())
            assert abs((slopes * along).sum() - expected) < 10 * near * largest, name


@pytest.mark.parametrize("cell", ["elman", "lstm"])
@pytest.mark.parametrize("wiring", WIRINGS, ids=str)
def test_scores_and_gradients_are_those_of_the_formulas(cell, wiring):
    check_against_twin(*problem(cell, wiring), near=1e-13)


@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_float32_is_near(cell):
    check_against_twin(*problem(cell, WIRINGS[3], "float32"), near=3e-6)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_elman_cells_leave_the_choice_of_the_function(activation):
    check_against_twin(*problem("elman", WIRINGS[0], activation=activation), near=1e-13)


@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_gauss_newton_gradients(cell):
    network, _, weights, X, y = problem(cell, WIRINGS[1])
    fitness = Fitness(network, X, y)
    _, gradients, matrices = fitness.gauss_newton(weights)
    assert naive.distance(gradients, fitness.gradient(weights)[1]) < 1e-13
    assert np.linalg.eigvalsh(matrices).min() > -1e-12


def test_each_corner_sees_the_image_turned():
    # Scores of a corner are those of the first one, of the image seen from there.
    network, _, weights, X, _ = problem(
        "lstm", {"hidden": (3,), "grid": 1, "shape": (3, 4), "B": 9}
    )
    all_corners = Network(I, 12, (Grid("lstm", 3, 4),), dtype="float64")
    first = {n.removesuffix("_l0_c0"): b for n, b in network.unpack(weights[0]).items()}
    blocks = {"weight_out": np.eye(12), "bias_out": np.zeros(12)}
    for corner in range(4):
        for name in ("weight_ih", "weight_hh", "bias_ih"):
            blocks[f"{name}_l0_c{corner}"] = first[name]
    found = all_corners.scores(all_corners.pack(blocks), X).reshape(9, 4, 3)
    for corner, turned in enumerate((X, X[:, :, ::-1], X[:, ::-1], X[:, ::-1, ::-1])):
        expected = found[:, corner] @ first["weight_out"].T + first["bias_out"]
        np.testing.assert_allclose(network.scores(weights[0], turned), expected, atol=1e-14)


def test_one_row_is_a_sequence():
    # Nothing is above it, so half of the recurrent weights do not matter.
    network, _, weights, X, _ = problem("elman", WIRINGS[4] | {"grid": 1})
    H = 9
    plain = Network.build(I, K, hidden=H, dtype="float64")
    blocks = {n.replace("_c0", ""): b for n, b in network.unpack(weights).items()}
    blocks["weight_hh_l0"] = blocks["weight_hh_l0"][..., :H]
    expected = plain.scores(plain.pack(blocks), X[:, 0])
    np.testing.assert_allclose(network.scores(weights, X), expected, atol=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "gru"}, "unknown cell 'gru'; expected one of elman, lstm."),
        ({"corners": 3}, "corners must be 1, 2 or 4, got 3."),
        ({"hidden": 0}, "hidden must be at least 1, got 0."),
        ({"activation": "sin"}, "unknown activation 'sin'; expected one of tanh, relu, sigmoid."),
    ],
)
def test_layers_that_there_are_not(arguments, message):
    with pytest.raises(ValueError, match=message):
        Grid(**arguments)


def test_data_that_are_no_images():
    network = Network(I, K, (Grid(hidden=2),))
    weights = network.init(np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="must be images"):
        network.scores(weights, np.zeros((4, 5, I)))
    above = Network(I, K, (Recurrent(hidden=2), Grid(hidden=2)))
    with pytest.raises(ValueError, match="A grid reads images"):
        above.scores(above.init(np.random.default_rng(0), 1), np.zeros((4, 5, I)))
    with pytest.raises(ValueError, match="cannot follow windows"):
        Network(I, K, (Grid(hidden=2), Windows(2), Grid(hidden=2)))
