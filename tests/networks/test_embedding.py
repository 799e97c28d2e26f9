"""Embeddings: vectors for tokens, trained with the network or given."""

import pickle

import numpy as np
import pytest
from helpers.gradient_checks import check_network
from reference import naive

from metarnn import Fitness, Network, warmup
from metarnn.layers import Dense, Embedding, Recurrent
from metarnn.optimizers import Adam, minimize

V, E, T, K = 6, 3, 7, 4


def draw(B, seed=0):
    """Return tokens (B, T), classes (B,) and lengths (B,)."""
    rng = np.random.default_rng(seed)
    return rng.integers(V, size=(B, T)), rng.integers(K, size=B), rng.integers(1, T + 1, size=B)


def vectors(seed=0):
    return np.random.default_rng(seed).normal(size=(V, E))


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("B", [40, 5])  # lanes are sequences, or candidates
@pytest.mark.parametrize("wiring", [{}, {"bidirectional": True, "readout": "mean"}], ids=str)
def test_gradients(wiring, B, unequal):
    X, y, lengths = draw(B)
    settings = {"n_inputs": V, "n_outputs": K, "hidden": 4, "embedding": E, **wiring}
    check_network(settings, X, y, lengths if unequal else None)


def test_looking_up_is_multiplying_with_ones_in_one_place():
    X, y, lengths = draw(40)
    table = vectors()
    looked_up = Network.build(V, K, embedding=E, dtype="float64")
    plain = Network.build(E, K, dtype="float64")
    weights = looked_up.init(np.random.default_rng(0), 2)
    weights[:, : table.size] = table.ravel()
    rest = weights[:, table.size :]
    np.testing.assert_array_equal(
        looked_up.scores(weights, X, lengths=lengths), plain.scores(rest, table[X], lengths=lengths)
    )
    losses, gradients = Fitness(looked_up, X, y, lengths=lengths).gradient(weights)
    expected_losses, expected = Fitness(plain, table[X], y, lengths=lengths).gradient(rest)
    assert losses == pytest.approx(expected_losses, rel=1e-14)
    assert naive.distance(gradients[:, table.size :], expected) < 1e-13


@pytest.mark.parametrize("B", [40, 5])  # lanes are sequences, or candidates
def test_the_unknown_token_is_a_vector_of_zeros(B):
    X, y, lengths = draw(B)
    X[::2, 1::2] = -1
    table = vectors()
    rows = np.where(X[..., None] == -1, 0, table[X])
    plain = Network.build(E, K, dtype="float64")
    rest = plain.init(np.random.default_rng(0), 3)
    expected_losses, expected = Fitness(plain, rows, y, lengths=lengths).gradient(rest)
    for frozen in (False, True):
        embedding = Embedding(vectors=table, frozen=frozen)
        network = Network.build(V, K, embedding=embedding, dtype="float64")
        weights = rest
        if not frozen:
            weights = np.concatenate([np.tile(table.ravel(), (3, 1)), rest], axis=1)
        losses, gradients = Fitness(network, X, y, lengths=lengths).gradient(weights)
        assert losses == pytest.approx(expected_losses, rel=1e-14)
        assert naive.distance(gradients[:, -plain.n_weights :], expected) < 1e-13
        np.testing.assert_array_equal(
            network.scores(weights, X, lengths=lengths), plain.scores(rest, rows, lengths=lengths)
        )
    network = Network.build(V, K, embedding=E, dtype="float64")
    weights = network.init(np.random.default_rng(0), 2)
    slopes = Fitness(network, np.full_like(X, -1), y).gradient(weights)[1]
    assert not network.unpack(slopes)["embedding"].any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_frozen_vectors_are_no_weights(dtype):
    X, y, lengths = draw(40)
    table = vectors().astype(dtype)
    trained = Network.build(V, K, embedding=E, dtype=dtype)
    frozen = Network.build(V, K, embedding=Embedding(vectors=table, frozen=True), dtype=dtype)
    assert dict(frozen.shapes) == {n: s for n, s in trained.shapes.items() if n != "embedding"}
    weights = trained.init(np.random.default_rng(0), 2)
    weights[:, : table.size] = table.ravel()
    fitness = Fitness(frozen, X, y, lengths=lengths)
    losses, gradients = Fitness(trained, X, y, lengths=lengths).gradient(weights)
    frozen_losses, frozen_gradients = fitness.gradient(weights[:, table.size :])
    np.testing.assert_array_equal(frozen_losses, losses)
    np.testing.assert_array_equal(frozen_gradients, gradients[:, table.size :])


@pytest.mark.parametrize("B", [40, 5])
def test_what_is_not_read_gets_no_derivative(B):
    X, y, lengths = draw(B)
    X[X == 0] = 1
    X[X == 4] = 5
    after = np.arange(T) >= lengths[:, None]
    network = Network.build(V, K, embedding=E, dtype="float64")
    weights = network.init(np.random.default_rng(0), 2)
    ends = []
    for token in (0, 4):  # neither is read before a sequence's end
        tokens = np.where(after, token, X)
        losses, gradients = Fitness(network, tokens, y, lengths=lengths).gradient(weights)
        slopes = network.unpack(gradients)["embedding"]
        assert not slopes[:, [0, 4]].any()
        assert slopes[:, [1, 5]].all()
        ends.append((losses.tobytes(), gradients.tobytes()))
    assert ends[0] == ends[1]


def test_training_begins_at_the_vectors():
    table = vectors()
    network = Network.build(V, K, embedding=Embedding(vectors=table))
    drawn = network.unpack(network.init(np.random.default_rng(0), 2000))["embedding"]
    assert np.abs(drawn.mean(axis=0) - table).max() < 0.02
    assert drawn.std(axis=0) == pytest.approx(np.full((V, E), 0.1 * table.std()), rel=0.2)


def test_it_learns_which_token_was_there():
    X = np.random.default_rng(0).integers(1, V, size=(60, T))
    y = np.arange(60) % 2
    X[y == 1, 2] = 0
    fitness = Fitness(Network.build(V, 2, hidden=4, embedding=2), X, y)
    result = minimize(fitness, Adam(learning_rate=0.05), budget=900, seed=0)
    assert result.fun < 0.05


def test_vectors_are_compared_by_their_content():
    table = vectors()
    one, same = Embedding(vectors=table), Embedding(E, table.copy())
    assert one == same
    assert hash(one) == hash(same)
    assert one != Embedding(vectors=table + 1)
    assert one != Embedding(vectors=table, frozen=True)
    assert one != Embedding(E)
    table[0] = 0
    assert one == same  # what was given is copied
    network = Network.build(V, K, embedding=one)
    again = pickle.loads(pickle.dumps(network))
    assert again == network
    assert again.program is network.program


def test_warming_up_reads_tokens():
    warmup(Network.build(V, K, embedding=E, dtype="float64"))
    frozen = Embedding(vectors=[[1.0, 2.0]], frozen=True)
    warmup(Network.build(1, K, embedding=frozen, dtype="float64"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs a size or vectors, got neither"),
        ({"size": 0}, "size must be at least 1"),
        ({"size": 2.5}, "size must be an integer"),
        ({"size": 2, "frozen": True}, "frozen=True needs vectors"),
        ({"vectors": [1.0, 2.0]}, "axes"),
        ({"vectors": np.ones((0, 2))}, "axes"),
        ({"vectors": [[np.nan]]}, "finite"),
        ({"size": 4, "vectors": vectors()}, "size=4 columns, got 3"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Embedding(**arguments)


def test_networks_and_data_that_do_not_fit():
    with pytest.raises(ValueError, match="a row for each of the 9 tokens, got 6"):
        Network.build(9, K, embedding=Embedding(vectors=vectors()))
    with pytest.raises(ValueError, match="must be the first layer"):
        Network(V, K, (Dense(2), Embedding(3), Recurrent()))
    network = Network.build(V, K, embedding=E)
    weights = np.zeros(network.n_weights)
    for X, message in [
        (np.zeros((2, 3, 1), int), "axes"),
        (np.full((2, 3), 0.5), "integers"),
        (np.full((2, 3), V), "from 0 to 5, or -1 for unknown ones, got 6"),
        (np.full((2, 3), -2), "from 0 to 5, or -1 for unknown ones, got -2"),
    ]:
        with pytest.raises(ValueError, match=message):
            network.scores(weights, X)
