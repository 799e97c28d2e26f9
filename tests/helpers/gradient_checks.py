"""What holds for the gradient of any network, by numbers that have nothing in common."""

import numpy as np
from reference import naive, twins

from metarnn import Fitness, Network
from metarnn.cells.unitary import permutation

#: Sequences that the twins, which are slow, are asked for.
FEW = 4
#: With no more sequences than this, lanes are candidates.
FEW_LANES = 7


def check_network(settings, X, y, lengths=None):
    """Check scores, losses, gradients and Gauss-Newton matrices of a network of such settings."""
    network = Network.build(dtype="float64", **settings)
    weights = network.init(np.random.default_rng(1), 3)
    fitness = Fitness(network, X, y, lengths=lengths)
    losses, gradients = fitness.gradient(weights)
    np.testing.assert_array_equal(losses, fitness(weights))
    for i, candidate in enumerate(weights):
        (loss,), (gradient,) = fitness.gradient(candidate)
        assert loss == losses[i]
        np.testing.assert_array_equal(gradient, gradients[i])
    expected = naive.central_differences(fitness, weights[0])
    assert naive.distance(gradients[0], expected) < 1e-7
    assert naive.distance(fitness.gauss_newton(weights)[1], gradients) < 1e-13
    if len(X) > FEW_LANES:  # compiling takes longer than all the rest
        single = Fitness(Network.build(**settings), X, y, lengths=lengths)
        assert naive.distance(single.gradient(weights)[1], gradients) < 2e-5
    check_against_twins(network, settings, weights[0], X, y, lengths)


def check_against_twins(network, settings, candidate, X, y, lengths):
    """Compare scores and gradients with those of the formulas."""
    X, y, lengths = X[:FEW], y[:FEW], None if lengths is None else lengths[:FEW]
    blocks, settings = network.unpack(candidate), known_to_twins(settings)
    scores = network.scores(candidate, X, lengths=lengths)
    assert naive.distance(scores, twins.scores(settings, blocks, X, lengths)) < 1e-13
    (gradient,) = Fitness(network, X, y, lengths=lengths).gradient(candidate)[1]
    directions = np.random.default_rng(2).normal(size=(2, len(candidate)))
    slopes = [
        twins.derivatives(
            settings, blocks, X, y, lengths=lengths, direction=network.unpack(direction)
        ).mean()
        for direction in directions
    ]
    assert naive.distance(directions @ gradient, np.array(slopes)) < 1e-12


def known_to_twins(settings):
    """Return settings as the twins have them."""
    cell = settings.get("cell")
    if cell == "scrn_learnt":
        return settings | {"cell": "scrn", "learnt_decay": True}
    return settings | ({"permutation": permutation} if cell == "unitary" else {})
