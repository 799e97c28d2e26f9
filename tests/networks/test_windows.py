"""Windows: several steps become one."""

import numpy as np
import pytest
from helpers.gradient_checks import check_network
from reference import naive

from metarnn import Fitness, Network
from metarnn.layers import Decoder, Layer, Recurrent, Stream, Windows
from metarnn.layers.readout import pooled
from metarnn.sequences import check_lengths

I, T, K = 3, 11, 4  # noqa: E741

WIRINGS = [
    {"hidden": (4, 3), "windows": 2},
    {"hidden": (3, 2, 4), "windows": (2, 3), "bidirectional": True},
    {"hidden": (3, 4), "windows": 3, "readout": "mean"},
    {"hidden": (3, 4), "windows": 3, "readout": "steps"},
    # The sizes are such that windows are added to what is made of them.
    {"hidden": (4, 8), "windows": 2, "residual": True},
    {"hidden": (4, 8), "windows": 2, "residual": True, "bidirectional": True},
]


def draw(B, n_scored=None):
    """Return sequences (B, T, I), classes (B,) or (B, steps), and lengths (B,)."""
    rng = np.random.default_rng(0)
    y = rng.integers(K, size=B)
    if n_scored is not None:
        y = rng.integers(-1, K, size=(B, n_scored))
        y[:, 0] = 1
    return rng.normal(size=(B, T, I)), y, rng.integers(1, T + 1, size=B)


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("B", [40, 5])  # lanes are sequences, or candidates
@pytest.mark.parametrize("wiring", WIRINGS, ids=str)
def test_gradients(wiring, B, unequal):
    X, y, lengths = draw(B, 4 if wiring.get("readout") == "steps" else None)
    settings = {"n_inputs": I, "n_outputs": K, **wiring}
    check_network(settings, X, y, lengths if unequal else None)


@pytest.mark.parametrize("B", [40, 5])
def test_a_layer_above_reads_what_one_of_such_inputs_would(B):
    # Folded by hand: the same numbers, step by step.
    X, y, lengths = draw(B)
    X[np.arange(T) >= lengths[:, None]] = 0
    by_hand = np.concatenate([X, np.zeros((B, 1, I))], axis=1).reshape(B, 4, 3 * I)
    folding = Network(I, K, (Windows(3), Recurrent(hidden=4)), dtype="float64")
    plain = Network(3 * I, K, (Recurrent(hidden=4),), dtype="float64")
    weights = plain.init(np.random.default_rng(0), 3)
    found = Fitness(folding, X, y, lengths=lengths).gradient(weights)
    expected = Fitness(plain, by_hand, y, lengths=-(-lengths // 3)).gradient(weights)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(
        folding.scores(weights, X, lengths=lengths),
        plain.scores(weights, by_hand, lengths=-(-lengths // 3)),
    )


class BothWays(Layer):
    """Windows, with the mean of what they are made of as what is known at the end."""

    def connect(self, builder, stream):
        folded = Windows(2).connect(builder, stream)
        return Stream(folded.steps, pooled(builder, stream, "mean"))


@pytest.mark.parametrize("B", [40, 5])
def test_derivatives_of_several_readers_add_up(B):
    rng = np.random.default_rng(0)
    X, _, lengths = draw(B)
    answers = rng.integers(-1, K - 1, size=(B, 3))
    answers.sort(axis=1)
    layers = Recurrent(hidden=3), BothWays(), Decoder(3, "elman", attention="dot")
    network = Network(I, K, layers, "steps", "float64")
    fitness = Fitness(network, X, answers[:, ::-1], lengths=lengths)
    weights = network.init(rng, 2)
    _, gradients = fitness.gradient(weights)
    for candidate, gradient in zip(weights, gradients, strict=True):
        expected = naive.central_differences(fitness, candidate)
        assert naive.distance(gradient, expected) < 1e-7


def test_windows_of_windows():
    twice = Network(I, K, (Windows(2), Windows(3), Recurrent(hidden=4)))
    once = Network(I, K, (Windows(6), Recurrent(hidden=4)))
    X, y, lengths = draw(40)
    weights = once.init(np.random.default_rng(0), 2)
    for a, b in zip(
        Fitness(twice, X, y, lengths=lengths).gradient(weights),
        Fitness(once, X, y, lengths=lengths).gradient(weights),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_what_follows_a_sequence_is_not_read():
    X, _, lengths = draw(40)
    after = np.arange(T) >= lengths[:, None]
    network = Network.build(I, K, hidden=(3, 4), windows=2, readout="steps")
    weights = network.init(np.random.default_rng(0), 1)
    first, second = (
        network.scores(weights, np.where(after[..., None], filling, X), lengths=lengths)
        for filling in (0.0, 1e6)
    )
    np.testing.assert_array_equal(first, second)
    ended = np.arange(6) >= -(-check_lengths(lengths, X) // 2)[:, None]
    assert not first[:, ended].any()
    assert first[:, ~ended].all()


def test_window_of_one_is_none():
    assert Network.build(I, K, hidden=(3, 4), windows=1) == Network.build(I, K, hidden=(3, 4))


@pytest.mark.parametrize(
    ("hidden", "windows", "message"),
    [
        (3, 2, "hidden must have two"),
        ((3, 4), (2, 3), "1 in all"),
        ((3, 4, 5), (2,), "2 in all"),
        ((3, 4), 0, "windows must be at least 1"),
        ((3, 4), 2.5, "windows must be an integer"),
    ],
)
def test_windows_that_fit_no_layers(hidden, windows, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Network.build(I, K, hidden=hidden, windows=windows)
