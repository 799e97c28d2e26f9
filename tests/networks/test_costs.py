"""The computed costs of a network, against what its passes take."""

import numpy as np
import pytest

from metarnn import Network
from metarnn.compilation import dispatchers
from metarnn.engine import Pass, jit, tables
from metarnn.layers import Attention, Recurrent
from metarnn.networks.costs import costs

NETWORKS = {
    "elman": {},
    "lstm": {"cell": "lstm", "hidden": (8, 5), "bidirectional": True},
    "gru": {"cell": "gru", "hidden": (6, 12), "windows": 2, "residual": True},
    "tokens": {"embedding": 3, "readout": "attention"},
    "steps": {"readout": "steps", "dtype": "float64"},
    "decoder": {"decoder": "additive", "hidden": (6, 6)},
    "dot": {"decoder": "dot", "readout": "steps"},
    "images": {"grid": 2, "cell": "lstm", "readout": "mean"},
}
I, K, T, C, U = 4, 3, 9, 3, 5  # noqa: E741


@pytest.fixture
def _without_code(monkeypatch):
    """Lay networks out without compiling anything; they cannot be run."""
    tables.tables.cache_clear()
    monkeypatch.setattr(jit.Routine, "address", lambda routine, kind: 0)
    yield
    tables.tables.cache_clear()


@pytest.mark.usefixtures("_without_code")
@pytest.mark.parametrize("n_sequences", [40, 5])
@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS)
def test_memory_is_that_of_a_pass(settings, n_sequences):
    network = Network.build(I, K, **settings)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_sequences, T, I))
    if "grid" in settings:
        X = X.reshape(n_sequences, T // C, C, I)
    elif "embedding" in settings:
        X = rng.integers(I, size=(n_sequences, T))
    sequences = network.sequences(X)
    if network.decodes:
        answers = rng.integers(K - 1, size=(n_sequences, U))
        counts = np.full(n_sequences, U)
        sequences = sequences._replace(answers=answers, answer_lengths=counts)
    tiles = network.pack_tiles(sequences)
    found = costs(network, T, n_columns=C, n_targets=U, n_sequences=n_sequences)
    for task, memory in (("losses", found.losses), ("gradients", found.gradients)):
        runner = Pass(network.program, tiles, network.dtype, task, "cross_entropy")
        assert 0 <= runner.scratch_bytes - sum(memory) < 64  # a whole number of vectors
    assert found.lanes == ("sequences" if n_sequences == 40 else "candidates")


def test_nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(dispatchers, "compiling", None)
    costs(Network.build(7, 3, hidden=11), 13)


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS)
def test_weights_are_those_of_the_network(settings):
    network = Network.build(I, K, **settings)
    found = costs(network, T, n_columns=C, n_targets=U)
    assert found.n_weights == network.n_weights
    assert found.blocks == network.shapes


def test_arithmetic_by_hand():
    assert work(hidden=5) == (T * (5 * I + 5 * 5) + K * 5, T * 5)
    two_ways = work(hidden=5, bidirectional=True)
    assert two_ways == (2 * T * (5 * I + 5 * 5) + K * 10, 2 * T * 5)
    lstm = work(cell="lstm", hidden=5, readout="steps")
    assert lstm == (T * (20 * I + 20 * 5 + K * 5), T * 25)
    gru = work(cell="gru", hidden=5, readout="mean")
    assert gru == (T * (15 * I + 15 * 5) + K * 5, T * 15)
    grid = work(grid=4, hidden=5)
    assert grid == (4 * T * (5 * I + 5 * 10) + K * 20, 4 * T * 5)
    assert work(grid=1, hidden=5, cell="lstm").functions == T * 30
    windows = work(hidden=(5, 2), windows=4)  # three windows of 9 steps
    assert windows == (T * (5 * I + 25) + 3 * (2 * 20 + 4) + K * 2, T * 5 + 3 * 2)
    tokens = work(hidden=5, embedding=2)
    assert tokens == (T * (5 * 2 + 25) + K * 5, T * 5)


def test_arithmetic_of_attention_by_hand():
    # Keys, energies and contexts of 5 rows; a tanh for each row of a key, an exp for each share.
    pooled = work(hidden=5, readout="attention")
    assert pooled == (T * (5 * I + 25) + T * 25 + 2 * T * 5 + K * 5, T * 5 + T * 5 + T)
    for window in (None, 4):
        attention = Attention(causal=True, window=window)
        causal = Network(I, K, (Recurrent(hidden=5), attention), "steps")
        n_seen = sum(min(t + 1, window or T) for t in range(T))
        found = costs(causal, T).work
        scored = T * (5 * I + 25) + T * 25 + T * K * 5
        assert found == (scored + T * 5 + n_seen * 5, T * 5 + T * 5 + n_seen)
    # The bridge, the cell, queries and keys; then an energy and a share for each step and answer.
    decoded = work(hidden=5, decoder="dot")
    decoder = 25 + U * (5 * 5 + 25) + U * 25 + T * 25 + 2 * U * T * 5 + U * K * 10
    assert decoded == (T * (5 * I + 25) + decoder, T * 5 + U * 5 + U * T)


def work(**settings):
    """Return what a network of such settings does."""
    return costs(Network.build(I, K, **settings), T, n_columns=C, n_targets=U).work


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS)
def test_table(settings):
    network = Network.build(I, K, **settings)
    found = costs(network, 9_000_000, n_columns=3000, n_targets=1_000_000)
    table = found.table()
    assert max(map(len, table.splitlines())) <= 80
    words = table.split()
    for name, shape in network.shapes.items():
        assert name in words
        assert " x ".join(map(str, shape)) in table
    for number in (network.n_weights, *found.work):
        assert f"{number:,}" in words


def test_sizes_that_make_no_sense():
    network = Network.build(I, K)
    with pytest.raises(ValueError, match="n_steps must be at least 1, got 0"):
        costs(network, 0)
    with pytest.raises(ValueError, match="n_sequences must be at least 1"):
        costs(network, 3, n_sequences=0)
    with pytest.raises(ValueError, match="n_targets must be at least 1"):
        costs(Network.build(I, K, decoder="plain"), 3)
    with pytest.raises(ValueError, match="n_columns must divide the 9 places"):
        costs(Network.build(I, K, grid=1), 9, n_columns=2)
