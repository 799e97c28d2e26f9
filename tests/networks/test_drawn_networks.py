"""Networks with settings drawn from cells, layers, readouts and losses."""

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from helpers.strategies import check_refusal, drawn, few_and_many, network_settings
from hypothesis import strategies as st

from metarnn import Fitness, Network
from metarnn.engine import LOSSES


def built(settings):
    """Return a network, or None where a sentence says what does not go together."""
    try:
        return Network.build(2, 3, **settings)
    except (TypeError, ValueError) as error:
        check_refusal(error)
        return None


@few_and_many
def test_networks_are_built_or_refused(n):
    @drawn(2 * n, settings=network_settings(), seed=st.integers(0, 2**32))
    def check(settings, seed):
        network = built(settings)
        if network is None:
            return
        weights = network.init(np.random.default_rng(seed), 2)
        assert weights.shape == (2, network.n_weights)
        assert np.isfinite(weights).all()
        assert sum(block.size for block in network.unpack(weights[0]).values()) == network.n_weights
        assert str(network)
        assert Network.build(2, 3, **settings) == network


@pytest.mark.slow
def test_drawn_networks_have_gradients():
    """The gradient along a random direction is the slope of the loss."""

    @drawn(40, settings=network_settings(), loss=st.sampled_from(sorted(LOSSES)))
    def check(settings, loss):
        network = built({**settings, "dtype": "float64"})
        if network is None or network.scores_steps or network.decodes:
            return
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(7, 5, 2)), np.arange(7) % 3
        fitness = Fitness(network, X, y, loss=loss, lengths=rng.integers(1, 6, size=7))
        points = network.init(rng, 2)
        losses, gradients = fitness.gradient(points)
        np.testing.assert_allclose(fitness(points), losses, rtol=1e-9)
        direction = rng.normal(size=network.n_weights)
        slope = (fitness(points + 1e-6 * direction) - fitness(points - 1e-6 * direction)) / 2e-6
        if settings.get("activation") != "relu":
            np.testing.assert_allclose(gradients @ direction, slope, rtol=1e-3, atol=1e-6)
