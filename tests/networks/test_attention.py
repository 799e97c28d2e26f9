"""Attention: against finite differences, formulas and PyTorch, and invariants."""

from dataclasses import replace

import numpy as np
import pytest
from reference import naive, twins

from metarnn import Fitness, Network
from metarnn.layers import Attention, Recurrent, Windows
from metarnn.networks.attention_weights import attention_weights

RNN = Recurrent(hidden=4)
NETWORKS = {
    "readout": ("attention", (RNN,)),
    "bidirectional": ("attention", (Recurrent(hidden=3, bidirectional=True),)),
    "layer": ("last", (RNN, Attention(6))),
    "of-inputs": ("mean", (Attention(2),)),
    "causal": ("steps", (RNN, Attention(causal=True))),
    "window": ("steps", (RNN, Attention(3, window=3))),
    "below": ("steps", (RNN, Attention(2, causal=True), RNN)),
    "of-windows": ("last", (RNN, Windows(2), Attention(window=2))),
    "dot": ("steps", (RNN, Attention(5, query="dot"))),
    "additive": ("steps", (RNN, Attention(5, query="additive"))),
    "two": ("mean", (RNN, Attention(causal=True, query="dot"), Attention(2, window=3))),
}
every_network = pytest.mark.parametrize("name", NETWORKS)
SIZES = (40, 5)  # sequences: lanes are these, or candidates
every_size = pytest.mark.parametrize("B", SIZES)


def build(name, dtype="float64"):
    readout, layers = NETWORKS[name]
    return Network(3, 4, layers, readout, dtype)


def data(B, T=7, steps=False, seed=0):
    rng = np.random.default_rng(seed)
    X, lengths = rng.normal(size=(B, T, 3)), rng.integers(1, T + 1, size=B)
    lengths[0] = T
    y = rng.integers(4, size=(B, T) if steps else B)
    X[np.arange(T) >= lengths[:, None]] = np.nan  # is not read
    return np.nan_to_num(X), y, lengths


def fitness_of(name, B, **options):
    network = build(name, **options)
    X, y, lengths = data(B, steps=network.scores_steps)
    if network.scores_steps:
        y = y[:, : network.program.scores.clock.steps(X.shape[1])]
    return Fitness(network, X, y, lengths=lengths)


def some_weights(network, P=3, seed=1):
    return 2 * network.init(np.random.default_rng(seed), P)


@every_network
def test_gradient_is_that_of_differences(name):
    for B in SIZES:
        fitness = fitness_of(name, B)
        population = some_weights(fitness.network)
        losses, gradients = fitness.gradient(population)
        np.testing.assert_array_equal(losses, fitness(population))
        for weights, gradient in zip(population, gradients, strict=True):
            expected = naive.central_differences(fitness, weights, 1e-5)
            assert naive.distance(gradient, expected) < 1e-7


@every_network
def test_bits_depend_on_nothing_else(name):
    for B in SIZES:
        fitness = fitness_of(name, B)
        network = fitness.network
        population = some_weights(network)
        losses, gradients = fitness.gradient(population)
        for p, weights in enumerate(population):
            loss, gradient = fitness.gradient(weights)
            np.testing.assert_array_equal(loss[0], losses[p])
            np.testing.assert_array_equal(gradient[0], gradients[p])
        X, _, lengths = data(B)
        scores = network.scores(population, X, lengths=lengths)
        order = np.random.default_rng(2).permutation(B)
        moved = network.scores(population, X[order], lengths=lengths[order], n_threads=1)
        own = network.scores_steps
        reached = np.arange(scores.shape[2]) < network.program.scores.clock.steps(lengths)[:, None]
        keep = reached[order][..., None] if own else True
        np.testing.assert_array_equal(np.where(keep, moved, 0), np.where(keep, scores[:, order], 0))
        for rows in (order[: B // 2], order[:1]):
            part = network.scores(population, X[rows], lengths=lengths[rows])
            keep = reached[rows][..., None] if own else True
            np.testing.assert_array_equal(
                np.where(keep, part, 0), np.where(keep, scores[:, rows], 0)
            )


@pytest.mark.parametrize("P", [1, 40])
def test_threads_and_order_leave_bits_alone(P):
    network = Network(3, 4, (Recurrent(hidden=16), Attention(window=50)), "attention")
    X, y, lengths = data(300, T=60)
    population = some_weights(network, P)
    order = np.random.default_rng(2).permutation(len(X))
    one = Fitness(network, X, y, lengths=lengths, n_threads=1).gradient(population)
    two = Fitness(network, X[order], y[order], lengths=lengths[order]).gradient(population)
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


@every_network
def test_float32_is_near(name):
    fitness, near = fitness_of(name, 40), fitness_of(name, 40, dtype="float32")
    population = some_weights(fitness.network)
    for expected, actual in zip(
        fitness.gradient(population), near.gradient(population), strict=True
    ):
        assert naive.distance(actual, expected) < 1e-5


@pytest.mark.parametrize("B", [70, 3])
def test_many_steps(B):
    """Of more than the chunks in which derivatives by the weights are added up."""
    network = Network(3, 4, (Attention(2, query="additive"), Attention(2)), "last", "float64")
    X, y, lengths = data(B, T=71)
    fitness = Fitness(network, X, y, lengths=lengths)
    (weights,) = some_weights(network, 1)
    expected = naive.central_differences(fitness, weights, 1e-5)
    assert naive.distance(fitness.gradient(weights)[1][0], expected) < 1e-7


# --- Against formulas --------------------------------------------------------------------


@every_size
@pytest.mark.parametrize("window", [0, None, 1, 3])
def test_scores_and_gradient_are_those_of_the_twin(window, B):
    readout = "attention" if window == 0 else "causal_attention"
    settings = {"n_inputs": 3, "n_outputs": 4, "hidden": 4, "readout": readout}
    settings |= {"attention_window": window or None, "attention_size": 3}
    layer = Attention(3, causal=window != 0, window=window or None)
    network = Network(3, 4, (RNN, layer), "steps" if window != 0 else "last", "float64")
    assert dict(network.shapes) == twins.shapes(settings)
    X, y, lengths = data(B, steps=window != 0)
    (weights,) = some_weights(network, 1)
    blocks = network.unpack(weights)
    if window != 0:
        y[np.arange(y.shape[1]) >= lengths[:, None]] = -1
    _, (gradient,) = Fitness(network, X, y, lengths=lengths).gradient(weights)
    expected = twins.gradient(settings, blocks, X, y, lengths=lengths)
    assert naive.distance(gradient, network.pack(expected)) < 1e-13
    scores = network.scores(weights, X, lengths=lengths)
    expected = twins.scores(settings, blocks, X, lengths)
    keep = True if window == 0 else (y >= 0)[..., None]
    np.testing.assert_allclose(np.where(keep, scores, 0), expected, atol=1e-14)


def test_a_vector_of_zeros_makes_means():
    network, mean = (Network(3, 4, (RNN,), readout, "float64") for readout in ("attention", "mean"))
    X, _, lengths = data(40)
    (weights,) = some_weights(network, 1)
    blocks = network.unpack(weights)
    blocks["vector_attention"] = np.zeros(4)
    scores = network.scores(network.pack(blocks), X, lengths=lengths)
    shared = mean.pack({name: blocks[name] for name in mean.shapes})
    np.testing.assert_allclose(scores, mean.scores(shared, X, lengths=lengths), atol=1e-15)


def test_a_window_of_one_step_is_that_step():
    layers = RNN, Attention(window=1)
    network, plain = (Network(3, 4, some, "steps", "float64") for some in (layers, layers[:1]))
    X, _, lengths = data(40)
    (weights,) = some_weights(network, 1)
    blocks = network.unpack(weights)
    shared = plain.pack({name: blocks[name] for name in plain.shapes})
    scores = network.scores(weights, X, lengths=lengths)
    expected = plain.scores(shared, X, lengths=lengths)
    own = np.arange(7) < lengths[:, None]
    np.testing.assert_array_equal(scores[own], expected[own])


def test_causal_contexts_know_nothing_of_what_follows():
    for name in ("causal", "window", "below"):
        network = build(name)
        X, _, _ = data(40)
        (weights,) = some_weights(network, 1)
        scores = network.scores(weights, X)
        X[:, 4:] = 7.0
        changed = network.scores(weights, X)
        np.testing.assert_array_equal(changed[:, :4], scores[:, :4])
        assert (changed[:, 4:] != scores[:, 4:]).any(axis=2).all()


def test_far_energies_overflow_nowhere():
    network = build("layer", dtype="float32")
    X, y, lengths = data(40)
    (weights,) = some_weights(network, 1)
    blocks = network.unpack(weights)
    blocks["vector_attention"] = blocks["vector_attention"] * 1e6
    fitness = Fitness(network, X, y, lengths=lengths)
    losses, gradients = fitness.gradient(network.pack(blocks))
    assert np.isfinite(losses).all()
    assert np.isfinite(gradients).all()
    blocks["vector_attention"][:] = np.inf
    assert np.isnan(fitness(network.pack(blocks))).all()


@pytest.mark.parametrize("name", ["layer", "window", "dot"])
def test_gauss_newton(name):
    fitness = fitness_of(name, 12)
    network = fitness.network
    X, _, lengths = data(12)
    (weights,) = some_weights(network, 1)
    loss, gradient, (matrix,) = fitness.gauss_newton(weights)
    np.testing.assert_array_equal(loss, fitness(weights))
    np.testing.assert_allclose(gradient, fitness.gradient(weights)[1], rtol=1e-9, atol=1e-14)
    D, own = network.n_weights, np.arange(7) < lengths[:, None]
    shifts = 1e-5 * np.eye(D)
    ahead, behind = (network.scores(weights + s * shifts, X, lengths=lengths) for s in (1, -1))
    slopes, scores = (ahead - behind) / 2e-5, network.scores(weights, X, lengths=lengths)
    if not network.scores_steps:
        slopes, scores, own = slopes[:, :, None], scores[:, None], own[:, :1]
    shares = own / own.sum(axis=1, keepdims=True) / len(X)
    curvatures = np.array(
        [[naive.LOSS_CURVATURES["cross_entropy"](s) for s in row] for row in scores]
    )
    slopes = np.where(own[:, :, None], slopes, 0)
    expected = np.einsum("ibtk,btkl,jbtl,bt->ij", slopes, curvatures, slopes, shares, optimize=True)
    assert naive.distance(matrix, expected) < 1e-8


# --- Against PyTorch ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("causal", "window"), [(False, None), (True, None), (True, 3)])
def test_dot_products_are_those_of_torch(causal, window, dtype, torch):
    near = {"float32": 3e-6, "float64": 1e-13}[dtype]
    network = Network(3, 4, (Attention(5, causal, window, "dot"),), "steps", dtype)
    X, y, lengths = data(40, steps=True)
    (weights,) = some_weights(network, 1).astype(np.float32).astype(float)
    X = X.astype(np.float32).astype(float)
    real = getattr(torch, dtype)
    blocks = {
        name: torch.tensor(block, dtype=real, requires_grad=True)
        for name, block in network.unpack(weights).items()
    }
    x, steps = torch.tensor(X, dtype=real), np.arange(7)
    reached = np.ones((7, 7), bool)
    if causal:
        behind = steps[:, None] - steps
        reached = (behind >= 0) & (behind < (window or 7))
    own = steps < lengths[:, None]
    mask = reached & own[:, None]
    mask |= ~mask.any(axis=2, keepdims=True)  # where no one reads
    contexts = torch.nn.functional.scaled_dot_product_attention(
        x @ blocks["weight_query"].T, x @ blocks["weight_key"].T, x, torch.tensor(mask)
    )
    scores = contexts @ blocks["weight_out"].T + blocks["bias_out"]
    mine = network.scores(weights, X, lengths=lengths)
    assert naive.distance(mine[own], scores.detach().numpy()[own]) < near
    losses = torch.nn.functional.cross_entropy(
        scores.transpose(1, 2), torch.tensor(y), reduction="none"
    )
    shares = torch.tensor(own / own.sum(axis=1, keepdims=True) / len(X), dtype=real)
    (losses * shares).sum().backward()
    _, (gradient,) = Fitness(network, X, y, lengths=lengths).gradient(weights)
    expected = network.pack({name: block.grad.numpy() for name, block in blocks.items()})
    assert naive.distance(gradient, expected) < near


def test_one_head_is_that_of_torch(torch):
    network = Network(3, 3, (Attention(query="dot"),), "steps", "float64")
    X, _, lengths = data(40)
    (weights,) = some_weights(network, 1)
    blocks = network.unpack(weights)
    head = torch.nn.MultiheadAttention(3, 1, batch_first=True, dtype=torch.float64)
    queries_keys_values = [blocks["weight_query"], blocks["weight_key"], np.eye(3)]
    with torch.no_grad():
        head.in_proj_weight.copy_(torch.tensor(np.concatenate(queries_keys_values)))
        head.in_proj_bias.zero_()
        head.out_proj.weight.copy_(torch.tensor(blocks["weight_out"]))
        head.out_proj.bias.copy_(torch.tensor(blocks["bias_out"]))
        x, own = torch.tensor(X), np.arange(7) < lengths[:, None]
        scores, shares = head(x, x, x, key_padding_mask=torch.tensor(~own))
    mine = network.scores(weights, X, lengths=lengths)
    assert naive.distance(mine[own], scores.numpy()[own]) < 1e-13
    shown = attention_weights(network, weights, X, lengths=lengths)
    assert naive.distance(shown[own], shares.numpy()[own]) < 1e-13


# --- Attention weights -------------------------------------------------------------------


@every_size
@every_network
def test_weights_that_are_shown_add_up(name, B):
    network = build(name)
    X, _, lengths = data(B)
    (weights,) = some_weights(network, 1)
    shown = attention_weights(network, weights, X, lengths=lengths)
    node = [node for node in network.program.nodes if hasattr(node, "keys")][-1]
    T, steps = node.keys.clock.steps(7), node.keys.clock.steps(lengths)
    U = node.target.clock.steps(7) if node.target.clock.of == "inputs" else 1
    assert shown.shape == (B, U, T)
    asking = np.arange(U) < (steps if U > 1 else np.ones(B))[:, None]
    np.testing.assert_allclose(shown.sum(axis=2), asking, atol=1e-14)
    behind = np.arange(U)[:, None] - np.arange(T)
    reached = (behind >= 0) & (behind < (node.window or T)) if node.causal else np.ones((U, T))
    own = asking[:, :, None] & (np.arange(T) < steps[:, None])[:, None] & (reached > 0)
    np.testing.assert_array_equal(shown > 0, own)


def test_weights_that_are_shown_make_the_scores():
    network = Network(3, 4, (Attention(),), dtype="float64")
    X, _, lengths = data(40)
    (weights,) = some_weights(network, 1)
    blocks = network.unpack(weights)
    contexts = attention_weights(network, weights, X, lengths=lengths) @ X
    expected = contexts[:, 0] @ blocks["weight_out"].T + blocks["bias_out"]
    np.testing.assert_allclose(network.scores(weights, X, lengths=lengths), expected, atol=1e-14)


# --- Errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"size": 0}, ValueError),
        ({"window": 1.5}, TypeError),
        ({"window": 0}, ValueError),
        ({"query": "general"}, ValueError),
    ],
)
def test_settings_that_are_refused(settings, error):
    with pytest.raises(error):
        Attention(**settings)


def test_attention_needs_steps():
    with pytest.raises(ValueError, match="one row"):
        Network(3, 4, (Attention(), Attention()))
    network = Network(3, 4, (RNN,))
    with pytest.raises(ValueError, match="needs a network with attention"):
        attention_weights(network, np.zeros(network.n_weights), np.zeros((1, 7, 3)))


def test_it_says_what_it_is():
    assert str(Attention()) == "attention"
    assert str(Attention(window=3)) == "attention over 3 steps"
    assert str(Attention(causal=True, query="dot")) == "causal dot self-attention"
    assert replace(Attention(), window=np.int64(3)) == Attention(window=3)
