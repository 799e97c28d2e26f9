"""Contract tests of every cell and wiring: against the twins, in any batch, padded or not."""

import numpy as np
import pytest
from helpers import gradient_checks as checks
from helpers.cells import each

from metarnn import Fitness, Network
from metarnn.cells import CELLS
from metarnn.layers import READOUTS

BASE = {"n_inputs": 2, "n_outputs": 3, "hidden": 4}
NETWORKS = {
    **{cell: {"cell": cell} for cell in CELLS},
    **{f"bidirectional {cell}": {"cell": cell, "bidirectional": True} for cell in CELLS},
    **{f"deep {cell}": {"cell": cell, "hidden": (3, 5), "readout": "mean"} for cell in CELLS},
    **{f"read by {readout}": {"readout": readout, "cell": "gru"} for readout in READOUTS},
    "read by several": {"readout": "max+last+attention+std", "bidirectional": True, "cell": "lstm"},
    "read by all pools": {"readout": "above+min+mean+rises+last+std+max", "cell": "jordan"},
    "residual": {"hidden": (4, 4, 4), "residual": True},
    "deep and bidirectional": {"hidden": (3, 4), "bidirectional": True, "cell": "lstm"},
    "grid": {"grid": 4},
    "grid from a corner": {"grid": 1, "readout": "mean"},
    "grid of lstm cells": {"grid": 2, "cell": "lstm"},
    "embedding": {"embedding": 3, "n_inputs": 5},
    "all together": {
        "hidden": (4, 4, 4),
        "cell": "gru",
        "bidirectional": True,
        "residual": True,
        "windows": (2, 2),
        "readout": "attention",
    },
}
every_network = pytest.mark.parametrize("settings", each(NETWORKS))


def problem(settings, B, unequal):
    """Return X, y and lengths for a network."""
    rng = np.random.default_rng(B)
    X = rng.normal(size=(B, 6, settings["n_inputs"]))
    if "embedding" in settings:
        X = rng.integers(settings["n_inputs"], size=(B, 6))
    lengths = rng.integers(1, 7, size=B) if unequal else None
    if "grid" in settings:
        X, lengths = X.reshape(B, 2, 3, -1), None
    y = rng.integers(settings["n_outputs"], size=B)
    if settings.get("readout") in ("steps", "causal_attention"):
        y = rng.integers(settings["n_outputs"], size=(B, 6))
        y[:, 1:][rng.random((B, 5)) < 0.3] = -1
    return X, y, lengths


@every_network
def test_scores_and_gradients(settings):
    for unequal in (False, True):
        for B in (40, 5):
            settings = BASE | settings
            checks.check_network(settings, *problem(settings, B, unequal))


@every_network
def test_a_sequence_is_as_if_it_were_cut_and_alone(settings):
    for dtype in ("float32", "float64"):
        settings = BASE | settings
        network = Network.build(dtype=dtype, **settings)
        X, _, lengths = problem(settings, 40, unequal=True)
        if lengths is None:
            pytest.skip("Images are read as a whole.")
        weights = network.init(np.random.default_rng(0), 3)
        scores = network.scores(weights, X, lengths=lengths)
        # What follows the end is not read: no such token, or no number.
        X[np.arange(6) >= lengths[:, None]] = -1 if X.dtype.kind == "i" else np.nan
        np.testing.assert_array_equal(network.scores(weights, X, lengths=lengths), scores)
        for b in range(0, 40, 7):
            alone = network.scores(weights, X[b : b + 1, : lengths[b]])
            expected = scores[:, [b]]
            if expected.ndim == 4:
                expected = expected[:, :, : alone.shape[2]]
            np.testing.assert_array_equal(alone, expected)


@every_network
def test_threads_and_batches_do_not_change_a_bit(settings, monkeypatch):
    for unequal in (False, True):
        settings = BASE | settings
        network = Network.build(**settings)
        X, y, lengths = problem(settings, 150, unequal)
        weights = network.init(np.random.default_rng(0), 5)
        one = Fitness(network, X, y, lengths=lengths, n_threads=1).gradient(weights)
        scores = network.scores(weights, X, lengths=lengths, n_threads=1)
        monkeypatch.setattr("metarnn.engine.threads.PARALLEL_FROM", 0)
        monkeypatch.setattr("metarnn.engine.threads.SMALL", 0)
        fitness = Fitness(network, X, y, lengths=lengths, n_threads=2)
        two = fitness.gradient(weights)
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(fitness(weights), one[0])
        for rows in (slice(0, 37), slice(100, 150), np.arange(150)[::-1]):
            some = network.scores(
                weights, X[rows], lengths=None if lengths is None else lengths[rows]
            )
            np.testing.assert_array_equal(some, scores[:, rows])
