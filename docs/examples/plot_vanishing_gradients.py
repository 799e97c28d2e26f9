"""
Gradients vanish and explode
============================

How much of the gradient of the last step arrives at each earlier one, before training. It
vanishes in a tanh network, explodes in a wide ReLU network, and an orthogonal one passes it on.
:doc:`/troubles/vanishing_gradients` shows who learns in spite of it.
"""

import numpy as np

from metarnn import Network
from metarnn.networks.diagnostics import gradient_norms
from metarnn.plots import new_figure

rng = np.random.default_rng(0)
X, y = rng.normal(size=(64, 60, 1)), rng.integers(2, size=64)
NETWORKS = {
    "Elman, tanh": {"cell": "elman"},
    "Elman, ReLU, weights doubled": {"cell": "elman", "activation": "relu"},
    "LSTM": {"cell": "lstm"},
    "orthogonal": {"cell": "orthogonal"},
}
axes = new_figure().subplots()
for name, settings in NETWORKS.items():
    network = Network.build(1, 2, hidden=32, readout="last", **settings)
    weights = network.init(np.random.default_rng(1), 1)[0]
    if "doubled" in name:
        weights = 2 * weights
    norms = np.median(gradient_norms(network, weights, X, y)[0], axis=0)
    axes.semilogy(norms / norms[-1], label=name)
axes.set_xlabel("step")
axes.set_ylabel("norm of the gradient by the state, last step = 1")
axes.legend()
axes.figure
