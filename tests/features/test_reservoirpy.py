"""Random networks beside the reservoirs of reservoirpy: the same states with the same weights."""

import numpy as np
import pytest

from metarnn import Network
from metarnn.engine.weight_block import unflatten
from metarnn.features import NetworkDistribution
from metarnn.features.population import RandomNetworks
from metarnn.networks.states import states

Reservoir = pytest.importorskip("reservoirpy.nodes").Reservoir
pytestmark = pytest.mark.optional

X = np.random.default_rng(0).normal(size=(3, 50, 2))
H = 20


def reservoir_states(W, U, bias, leak):
    """Return the states (B, T, H) of a reservoir for each sequence."""
    settings = {"lr": leak, "W": U, "Win": W, "bias": bias}
    return np.array([Reservoir(len(U), **settings).run(x) for x in X])


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(1)
    W, U = rng.normal(size=(H, 2)), rng.normal(size=(H, H)) / np.sqrt(H)
    return W, U, rng.normal(size=H), rng.uniform(0.05, 0.9, H)


def test_a_leaky_cell_is_a_leaky_reservoir(weights):
    W, U, bias, leak = weights
    network = Network.build(2, 1, cell="leaky", hidden=H, dtype="float64")
    zeros = {name: np.zeros(shape) for name, shape in network.shapes.items()}
    own = {"weight_ih_l0": W, "weight_hh_l0": U, "bias_ih_l0": bias}
    flat = network.pack(zeros | own | {"decay_l0": np.log((1 - leak) / leak)})
    found = states(network, flat, X)
    np.testing.assert_allclose(found, reservoir_states(W, U, bias, leak), atol=1e-12)


def test_a_gru_with_fixed_gates_is_a_leaky_reservoir(weights):
    W, U, bias, leak = weights
    network = Network.build(2, 1, cell="gru", hidden=H, dtype="float64")
    blocks = {name: np.zeros(shape) for name, shape in network.shapes.items()}
    blocks["weight_ih_l0"][2 * H :], blocks["weight_hh_l0"][2 * H :] = W, U
    biases = np.full(H, 40.0), np.log((1 - leak) / leak), bias  # the reset gate is open
    blocks["bias_ih_l0"][:] = np.concatenate(biases)
    found = states(network, network.pack(blocks), X)
    np.testing.assert_allclose(found, reservoir_states(W, U, bias, leak), atol=1e-12)


def test_features_are_pools_of_reservoirs():
    networks = RandomNetworks("leaky", 2, 8, False, ("max", "last"), "float64", np.empty((0, 0)))
    networks.weights = NetworkDistribution(density=1.0).draw(
        networks.program, "leaky", 3, np.random.default_rng(0)
    )
    found = networks.features(slice(None), X, None, None).reshape(3, 3, 2, 8)
    for p, own in enumerate(networks.weights):
        W, U, bias, decay = unflatten(own, networks.program.shapes).values()
        expected = reservoir_states(W, U, bias, 1 / (1 + np.exp(decay)))
        np.testing.assert_allclose(found[:, p, 0], expected.max(axis=1), atol=1e-12)
        np.testing.assert_allclose(found[:, p, 1], expected[:, -1], atol=1e-12)
