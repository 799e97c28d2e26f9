"""Diagnostics against known results, and against each other."""

import numpy as np
import pytest
from helpers.cells import every_cell
from helpers.gradient_checks import known_to_twins
from reference import twins

from metarnn import Network
from metarnn.networks.diagnostics import (
    gradient_norms,
    jacobian_norms,
    jacobians,
    lyapunov_exponents,
    memory_curve,
    states,
)


def problem(T=9, B=6, n_inputs=2, seed=0, **settings):
    rng = np.random.default_rng(seed)
    network = Network.build(n_inputs, 3, dtype="float64", **({"hidden": 4} | settings))
    X, y = rng.normal(size=(B, T, n_inputs)), rng.integers(3, size=B)
    return network, network.init(rng, 1)[0], X, y


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_states_are_those_of_the_twin(cell, bidirectional):
    settings = {"cell": cell, "hidden": (4, 3), "bidirectional": bidirectional}
    network, weights, X, _ = problem(**settings)
    lengths = np.array([9, 1, 4, 9, 5, 2])
    known = twins.completed(
        known_to_twins({"n_inputs": 2, "n_outputs": 3, "readout": "mean"} | settings)
    )
    blocks = network.unpack(weights)
    n_scans = 4 if bidirectional else 2
    top = [
        states(network, weights, X, layer=layer, lengths=lengths)
        for layer in range(n_scans // 2, n_scans)
    ]
    for b, length in enumerate(lengths):
        outputs, _ = twins.stack(known, blocks, X[b, :length])
        expected = np.concatenate([part[b, :length] for part in top], axis=1)
        if cell == "jordan" and not bidirectional:
            continue  # the top layer of the twin that is read by a mean scores classes itself
        np.testing.assert_allclose(expected, outputs, rtol=1e-12, atol=1e-13)


@every_cell
def test_jacobians_lead_from_one_gradient_to_the_one_before(cell):
    network, weights, X, y = problem(cell=cell, seed=3)
    (norms,) = gradient_norms(network, weights, X, y)
    chain = list(jacobians(network, weights, X))
    n = chain[0].shape[1]
    (scan,) = [node for node in network.program.nodes if "weight_ih" in node.shapes]
    H = scan.cell.n_state
    blocks = network.unpack(weights)
    scores = network.scores(weights, X)
    d = np.exp(scores - scores.max(axis=1, keepdims=True))
    d = d / d.sum(axis=1, keepdims=True) - np.eye(3)[y]
    d_state = np.zeros((len(X), n))
    d_state[:, :H] = d @ blocks["weight_out"] if "weight_out" in blocks else d
    for t in range(X.shape[1] - 1, -1, -1):
        if norms[:, t].min() > 1e-6:
            expected = np.linalg.norm(d_state[:, :H], axis=1)
            np.testing.assert_allclose(norms[:, t], expected, rtol=1e-5, atol=1e-9)
        d_state = np.einsum("bij,bi->bj", chain[t], d_state)


def test_gradients_end_with_their_sequence():
    network, weights, X, y = problem(hidden=(4, 3))
    lengths = np.array([9, 1, 4, 9, 5, 2])
    both = gradient_norms(network, weights, X, y, lengths=lengths)
    assert len(both) == 2
    for norms in both:
        np.testing.assert_array_equal(np.isnan(norms), np.arange(9) >= lengths[:, None])
    for b, length in enumerate(lengths):
        alone = gradient_norms(network, weights, X[[b], :length], y[[b]])
        for norms, own in zip(both, alone, strict=True):
            np.testing.assert_allclose(norms[b, :length], own[0], rtol=1e-12)


def linear_relu(slope):
    """Return a network whose state is multiplied by a number at each step."""
    network = Network.build(1, 2, hidden=3, activation="relu", dtype="float64")
    blocks = {name: np.zeros(shape) for name, shape in network.shapes.items()}
    blocks["weight_ih_l0"][:] = 1.0
    blocks["weight_hh_l0"][:] = slope * np.eye(3)
    blocks["weight_out"][0] = 1.0
    return network, network.pack(blocks)


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.3])
def test_growth_of_a_linear_network_is_its_slope(slope):
    network, weights = linear_relu(slope)
    X, y = np.ones((2, 12, 1)), np.zeros(2, int)
    np.testing.assert_allclose(jacobian_norms(network, weights, X), slope, rtol=1e-8)
    np.testing.assert_allclose(lyapunov_exponents(network, weights, X), np.log(slope), atol=1e-8)
    (norms,) = gradient_norms(network, weights, X, y + 1)
    np.testing.assert_allclose(norms[:, :-1] / norms[:, 1:], slope, rtol=1e-9)


def test_growth_is_seen_also_where_states_are_huge():
    network, weights = linear_relu(4.0)
    X = np.ones((2, 80, 1))
    assert states(network, weights, X).max() > 1e40
    np.testing.assert_allclose(lyapunov_exponents(network, weights, X), np.log(4.0), rtol=1e-8)


def test_orthogonal_states_neither_grow_nor_shrink():
    network, weights, X, _ = problem(cell="orthogonal", hidden=8)
    blocks = network.unpack(weights)
    blocks["bias_l0"][:] = 0.0
    weights = network.pack(blocks)
    np.testing.assert_allclose(jacobian_norms(network, weights, X), 1, rtol=1e-7)
    np.testing.assert_allclose(lyapunov_exponents(network, weights, X), 0, atol=1e-7)


def test_a_shift_register_remembers_as_far_as_it_is_long():
    network = Network.build(1, 2, hidden=4, dtype="float64")
    blocks = {name: np.zeros(shape) for name, shape in network.shapes.items()}
    blocks["weight_ih_l0"][0] = 1.0
    blocks["weight_hh_l0"][1:, :-1] = 2 * np.eye(3)
    curve = memory_curve(network, network.pack(blocks), range(6))
    np.testing.assert_array_equal(curve[:4], 1)
    np.testing.assert_allclose(curve[4:], 0.5, atol=0.05)


def test_what_is_remembered_does_not_depend_on_the_size_of_states():
    network, weights, _, _ = problem(activation="relu", hidden=8, n_inputs=1)
    blocks = network.unpack(weights)
    curves = []
    for scale in (1.0, 1e-6):
        scaled = {name: np.array(block) for name, block in blocks.items()}
        scaled["weight_ih_l0"] *= scale
        scaled["bias_ih_l0"] *= scale
        curves.append(memory_curve(network, network.pack(scaled), range(0, 6, 2)))
    assert curves[0][0] > 0.9
    np.testing.assert_array_equal(*curves)


def test_there_is_no_such_layer():
    network, weights, X, _ = problem()
    with pytest.raises(ValueError, match="layer must be one of the 1 recurrent layers, got 1"):
        states(network, weights, X, layer=1)
