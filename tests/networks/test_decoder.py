"""Decoders: against finite differences and formulas, and their predictions."""

from itertools import product

import numpy as np
import pytest
from reference import naive, twins

from metarnn import Fitness, Network
from metarnn.layers import Attention, Decoder, Recurrent
from metarnn.networks.attention_weights import attention_weights
from metarnn.networks.decoding import beam_search
from metarnn.optimizers import Adam, minimize

K, T, U = 4, 6, 5
SETTINGS = {
    "plain": {"decoder": "plain"},
    "dot": {"decoder": "dot"},
    "additive": {"decoder": "additive"},
    "bidirectional": {"decoder": "additive", "bidirectional": True, "hidden": (2, 3)},
    "gru": {"decoder": "dot", "cell": "gru"},
    "lstm": {"decoder": "plain", "cell": "lstm"},
    "scrn": {"decoder": "plain", "cell": "scrn"},
    "jordan": {"decoder": "plain", "cell": "jordan"},
}
# Lanes are sequences, or candidates, for which other cells would have to be compiled again.
every_size = pytest.mark.parametrize("B", [12, 5])
CASES = [*((name, 12) for name in SETTINGS), ("plain", 5), ("dot", 5), ("additive", 5)]


def settings_of(name):
    return {"n_inputs": 2, "n_outputs": K, "hidden": (3,), "dtype": "float64", **SETTINGS[name]}


def data(B, seed=0):
    """Return sequences, lengths and answers, some of them empty, filled up with -1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(K - 1, size=(B, U))
    y[np.arange(U) >= rng.integers(U + 1, size=B)[:, None]] = -1
    y[0] = 0
    return rng.normal(size=(B, T, 2)), rng.integers(1, T + 1, size=B), y


def some_weights(network, P=3, seed=1):
    return 2 * network.init(np.random.default_rng(seed), P)


@pytest.mark.parametrize(("name", "B"), CASES)
def test_scores_and_gradient_are_those_of_the_twin(name, B):
    settings = settings_of(name)
    network = Network.build(**settings)
    assert dict(network.shapes) == twins.shapes(settings)
    X, lengths, y = data(B)
    population = some_weights(network)
    blocks = network.unpack(population[0])
    scores = network.scores(population[0], X, lengths=lengths, targets=y)
    expected = twins.scores(settings, blocks, X, lengths, y)
    own = twins.bounded(y, K) >= 0
    np.testing.assert_allclose(scores[own], expected[own], atol=1e-14)
    fitness = Fitness(network, X, y, lengths=lengths)
    losses, gradients = fitness.gradient(population)
    np.testing.assert_array_equal(losses, fitness(population))
    expected = twins.gradient(settings, blocks, X, y, lengths=lengths)
    assert naive.distance(gradients[0], network.pack(expected)) < 1e-13
    for p, weights in enumerate(population):
        loss, gradient = fitness.gradient(weights)
        np.testing.assert_array_equal(loss[0], losses[p])
        np.testing.assert_array_equal(gradient[0], gradients[p])


@every_size
def test_gradient_is_that_of_differences(B):
    layers = (
        Recurrent(hidden=3),
        Attention(2, window=2),
        Decoder(3, "elman", "tanh", 2, "additive", 2),
    )
    network = Network(2, K, layers, "steps", "float64")
    X, lengths, y = data(B)
    fitness = Fitness(network, X, y, lengths=lengths)
    (weights,) = some_weights(network, 1)
    expected = naive.central_differences(fitness, weights, 1e-5)
    assert naive.distance(fitness.gradient(weights)[1][0], expected) < 1e-7


def test_bits_depend_on_nothing_else():
    network = Network.build(2, K, hidden=16, decoder="additive", dtype="float64")
    X, lengths, y = data(300)
    population = some_weights(network)
    order = np.random.default_rng(2).permutation(len(X))
    one = Fitness(network, X, y, lengths=lengths, n_threads=1).gradient(population)
    answers = [row[row >= 0] for row in y[order]]
    two = Fitness(network, X[order], answers, lengths=lengths[order]).gradient(population)
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
    own = twins.bounded(y, K) >= 0
    scores = network.scores(population, X, lengths=lengths, targets=y)
    for rows in (order[:100], order[:3]):
        part = network.scores(population, X[rows], lengths=lengths[rows], targets=y[rows])
        np.testing.assert_array_equal(part[:, own[rows]][0], scores[:, rows][:, own[rows]][0])


@pytest.mark.parametrize("name", ["plain", "additive"])
def test_float32_is_near(name):
    settings = settings_of(name)
    network, near = Network.build(**settings), Network.build(**settings | {"dtype": "float32"})
    X, lengths, y = data(40)
    population = some_weights(network)
    exact, rounded = (
        Fitness(n, X, y, lengths=lengths).gradient(population) for n in (network, near)
    )
    for expected, actual in zip(exact, rounded, strict=True):
        assert naive.distance(actual, expected) < 1e-5


def test_gauss_newton():
    settings = settings_of("additive") | {"hidden": (2,), "n_outputs": 3}
    network = Network.build(**settings)
    X, lengths, y = data(6)
    y = np.where(y > 1, 1, y)
    fitness = Fitness(network, X, y, lengths=lengths)
    (weights,) = some_weights(network, 1)
    _, gradient, (matrix,) = fitness.gauss_newton(weights)
    np.testing.assert_allclose(gradient, fitness.gradient(weights)[1], rtol=1e-9, atol=1e-14)
    shifts = 1e-5 * np.eye(network.n_weights)
    told = {"lengths": lengths, "targets": y}
    ahead, behind = (network.scores(weights + s * shifts, X, **told) for s in (1, -1))
    own = twins.bounded(y, 3) >= 0
    shares = own / own.sum(axis=1, keepdims=True) / len(X)
    slopes = np.where(own[..., None], (ahead - behind) / 2e-5, 0)
    curvature = naive.LOSS_CURVATURES["cross_entropy"]
    factors = np.array([[curvature(s) for s in row] for row in network.scores(weights, X, **told)])
    expected = np.einsum("ibtk,btkl,jbtl,bt->ij", slopes, factors, slopes, shares, optimize=True)
    assert naive.distance(matrix, expected) < 1e-8


# --- Predictions -------------------------------------------------------------------------


def log_probability(network, weights, X, lengths, answer):
    """Return that of an answer and its bound, for each sequence."""
    answers = [answer] * len(X)
    scores = network.scores(weights, X, lengths=lengths, targets=answers)
    logs = scores - scores.max(axis=2, keepdims=True)
    logs -= np.log(np.exp(logs).sum(axis=2, keepdims=True))
    said = [*answer, network.n_outputs - 1]
    return sum(logs[:, u, k] for u, k in enumerate(said))


def test_a_beam_of_all_finds_the_most_probable_output():
    network = Network.build(2, K, hidden=6, decoder="additive", dtype="float64", init_scale=3.0)
    X, lengths, _ = data(12)
    (weights,) = network.init(np.random.default_rng(1), 1)
    some = [np.array(a, int) for n in range(4) for a in product(range(K - 1), repeat=n)]
    logs = np.array([log_probability(network, weights, X, lengths, answer) for answer in some])
    best = [some[i] for i in logs.argmax(axis=0)]
    given = {"lengths": lengths, "max_steps": 3}
    found = network.decode(weights, X, beam=K**3, **given)
    for actual, expected in zip(found, best, strict=True):
        np.testing.assert_array_equal(actual, expected)
    assert len({len(answer) for answer in best}) > 1
    greedy = network.decode(weights, X, **given)
    assert any(len(a) != len(b) or (a != b).any() for a, b in zip(greedy, best, strict=True))


def test_greedy_answers_follow_the_largest_scores():
    network = Network.build(2, K, hidden=6, decoder="dot", init_scale=3.0)
    X, lengths, _ = data(12)
    (weights,) = network.init(np.random.default_rng(2), 1)
    answers = network.decode(weights, X, lengths=lengths, max_steps=9)
    scores = network.scores(weights, X, lengths=lengths, targets=answers)
    for answer, row in zip(answers, scores, strict=True):
        said = row[: len(answer) + 1].argmax(axis=1)
        np.testing.assert_array_equal(answer, said[:-1])
        assert len(answer) == 9 or said[-1] == K - 1
        assert answer.dtype == np.int64


def table_of(*rows):
    """Return what scores beginnings of a length by a row of probabilities, whatever they are."""

    def scores(sequences, said):
        return np.log(np.tile(rows[min(said.shape[1], len(rows) - 1)], (len(said), 1)))

    return scores


def test_ties_go_to_the_smaller_class():
    even = table_of([0.3, 0.3, 0.1, 0.3])
    for beam, expected in ((1, [0]), (2, [0]), (3, [])):
        (answer,) = beam_search(even, 1, 4, beam, 1)
        np.testing.assert_array_equal(answer, expected)


def test_an_output_that_has_ended_is_kept():
    # To end at once has 0.4; to go on has 0.6, but no answer of that more than 0.3.
    ending = table_of([0.3, 0.3, 0.4], [0.01, 0.01, 0.98])
    assert [len(a) for a in beam_search(ending, 2, 3, 3, 5)] == [0, 0]
    going = table_of([0.6, 0.0001, 0.3999], [0.005, 0.005, 0.99])
    np.testing.assert_array_equal(beam_search(going, 1, 3, 3, 5)[0], [0])


def test_max_steps_is_the_most():
    endless = table_of([0.998, 0.001, 0.001])
    assert [len(a) for a in beam_search(endless, 2, 3, 1, 4)] == [4, 4]


def test_decoding_needs_finite_scores():
    with pytest.raises(ValueError, match="finite"):
        beam_search(table_of([np.nan] * 3), 1, 3, 2, 4)


# --- Training ----------------------------------------------------------------------------

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
WORDS = [*ONES, *TENS, "hundred"]


def in_words(n):
    if n < 20:
        return [ONES[n]]
    if n < 100:
        return [TENS[n // 10 - 2], *(in_words(n % 10) if n % 10 else [])]
    return [ONES[n // 100], "hundred", *(in_words(n % 100) if n % 100 else [])]


def numbers(some):
    """Return the words of numbers as tokens, their lengths, and the digits."""
    rows = [[WORDS.index(word) for word in in_words(n)] for n in some]
    lengths = np.array([len(row) for row in rows])
    X = np.zeros((len(rows), lengths.max()), int)
    for x, row in zip(X, rows, strict=True):
        x[: len(row)] = row
    return X, lengths, [np.array([int(digit) for digit in str(n)]) for n in some]


def test_attention_learns_to_write_numbers():
    order = np.random.default_rng(0).permutation(1000)
    X, lengths, y = numbers(order[:300])
    X_new, lengths_new, y_new = numbers(order[300:])
    right = {}
    for decoder in ("plain", "dot"):
        settings = {"cell": "gru", "hidden": 16, "embedding": 8, "dtype": "float64"}
        network = Network.build(len(WORDS), 11, decoder=decoder, **settings)
        fitness = Fitness(network, X, y, lengths=lengths)
        result = minimize(fitness, Adam(), budget=600, seed=0)
        answers = network.decode(result.x, X_new, lengths=lengths_new, max_steps=5)
        right[decoder] = np.mean(
            [np.array_equal(*pair) for pair in zip(answers, y_new, strict=True)]
        )
    # Six seeds: 0.40 to 0.52 without attention, 0.67 to 0.87 with it.
    assert right["dot"] > 0.6
    assert right["dot"] > right["plain"] + 0.15
    shown = attention_weights(network, result.x, X_new, lengths=lengths_new, targets=y_new)
    longest = [b for b, answer in enumerate(y_new) if len(answer) == 3]
    assert shown.shape == (700, 4, X_new.shape[1])
    np.testing.assert_allclose(shown[longest].sum(axis=2), 1, rtol=1e-5)


# --- Errors ------------------------------------------------------------------------------


def test_a_decoder_checks_answers():
    network = Network.build(2, K, hidden=3, decoder="plain")
    X, _, y = data(4)
    weights = np.zeros(network.n_weights)
    with pytest.raises(ValueError, match="targets must be given"):
        network.scores(weights, X)
    with pytest.raises(ValueError, match="for each of the 4"):
        network.scores(weights, X, targets=y[:2])
    with pytest.raises(ValueError, match="last class"):
        network.scores(weights, X, targets=np.full((4, 1), K - 1))
    with pytest.raises(ValueError, match="one candidate"):
        network.decode(weights[None], X)
    with pytest.raises(ValueError, match="beam"):
        network.decode(weights, X, beam=0)
    other = Network.build(2, K, hidden=3)
    with pytest.raises(ValueError, match="decoder"):
        other.scores(np.zeros(other.n_weights), X, targets=y)
    with pytest.raises(ValueError, match="decoder"):
        other.decode(np.zeros(other.n_weights), X)


def test_networks_that_are_refused():
    for settings in ({"decoder": "luong"}, {"decoder": "dot", "readout": "mean"}):
        with pytest.raises(ValueError, match=r"decoder|readout"):
            Network.build(2, K, **settings)
    with pytest.raises(ValueError, match="no other decoder before"):
        Network(2, K, (Recurrent(), Decoder(), Decoder()), "steps")
    for settings in ({"cell": "none"}, {"attention": "general"}, {"hidden": 0}, {"size": 0}):
        with pytest.raises(ValueError, match=r"must be|unknown"):
            Decoder(**settings)


def test_it_says_what_it_is():
    assert str(Decoder(8)) == "gru decoder of 8 units"
    assert (
        str(Decoder(8, "elman", attention="dot")) == "elman decoder of 8 units with dot attention"
    )
