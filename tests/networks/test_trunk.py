"""A network without its last linear map."""

import pickle

import numpy as np
import pytest

from metarnn import Network
from metarnn.networks.trunk import Trunk

SETTINGS = [
    {"cell": "gru", "readout": "max+mean+last"},
    {"cell": "lstm", "readout": "last"},
    {"cell": "elman", "readout": "last", "bidirectional": True},
    {"cell": "lstm", "readout": "steps", "bidirectional": True},
    {"cell": "gru", "readout": "attention"},
    {"cell": "orthogonal", "readout": "mean", "hidden": (3, 4)},
]


def data(B=40, T=6):
    rng = np.random.default_rng(0)
    return rng.normal(size=(B, T, 2)), rng.integers(1, T + 1, B)


@pytest.mark.parametrize("settings", SETTINGS)
def test_its_scores_are_what_the_last_map_reads(settings):
    network = Network.build(2, 3, dtype="float64", **({"hidden": 4} | settings))
    trunk, (X, lengths) = Trunk.of(network), data()
    weights = network.init(np.random.default_rng(1), 5)
    own = weights[:, : trunk.n_weights]
    blocks = network.unpack(weights)
    features = trunk.scores(own, X, lengths=lengths)
    assert features.shape[-1] == trunk.n_features
    maps = (
        blocks["weight_out"].swapaxes(1, 2)[:, None]
        if features.ndim == 4
        else (blocks["weight_out"].swapaxes(1, 2))
    )
    scores = features @ maps + blocks["bias_out"].reshape(5, *[1] * (features.ndim - 2), 3)
    expected = network.scores(weights, X, lengths=lengths)
    if features.ndim == 4:  # 0 after the ends
        scores = scores * (np.arange(6) < lengths[:, None])[None, :, :, None]
    np.testing.assert_allclose(scores, expected, rtol=1e-12, atol=1e-13)
    joined = trunk.joined(own, blocks["weight_out"].swapaxes(1, 2), blocks["bias_out"])
    np.testing.assert_array_equal(joined, weights)


def test_travels_in_a_pickle():
    trunk = Trunk.of(Network.build(2, 3, hidden=4))
    again = pickle.loads(pickle.dumps(trunk))
    assert again == trunk
    assert again.shapes == trunk.shapes
    assert "weight_out" not in trunk.shapes


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"cell": "jordan"}, "scores by itself"),
        ({"decoder": "plain"}, "this network has a decoder"),
    ],
)
def test_refuses_what_has_no_linear_map_at_its_end(settings, says):
    with pytest.raises(ValueError, match=says):
        Trunk.of(Network.build(2, 3, hidden=4, **settings))
