"""
Where a network looks
=====================

One of 60 symbols is marked, and the class is that symbol. An Elman network alone forgets it; with
attention it points at the marked step. :doc:`/troubles/attention` has the accuracies.
"""

import numpy as np

from metarnn import Fitness, Network, minimize
from metarnn.networks.attention_weights import attention_weights
from metarnn.plots import new_figure

rng = np.random.default_rng(0)
B, T, K = 300, 60, 4
symbols, marked = rng.integers(K, size=(B, T)), rng.integers(T, size=B)
X = np.concatenate([np.eye(K)[symbols], (np.arange(T) == marked[:, None])[:, :, None]], axis=2)
y = symbols[np.arange(B), marked]

network = Network.build(K + 1, K, cell="elman", hidden=8, readout="attention")
found = minimize(Fitness(network, X, y), "adam", budget=1200, seed=0)
weights = attention_weights(network, found.x, X[:40])
order = np.argsort(marked[:40])
axes = new_figure().subplots()
axes.grid(False)
axes.imshow(np.asarray(weights)[order].reshape(40, T), aspect="auto", cmap="cividis")
axes.plot(
    marked[:40][order], np.arange(40), "o", ms=9, mfc="none", mec="white", label="marked step"
)
axes.set_xlabel("step")
axes.set_ylabel("sequence")
axes.legend(loc="lower left")
axes.figure
