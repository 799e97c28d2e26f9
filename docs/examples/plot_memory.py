"""
How long a network remembers
============================

How often a linear classifier tells from the present state which of two inputs there was some
steps before, without any training: orthogonal and unitary networks keep more than tanh ones.
:doc:`/troubles/long_memory` shows what training makes of it.
"""

import numpy as np

from metarnn import Network
from metarnn.networks.diagnostics import memory_curve
from metarnn.plots import new_figure

lags = np.arange(0, 31, 2)
axes = new_figure().subplots()
for cell in "elman", "gru", "lstm", "leaky", "orthogonal", "unitary":
    network = Network.build(1, 2, cell=cell, hidden=24)
    weights = network.init(np.random.default_rng(0), 1)[0]
    axes.plot(lags, memory_curve(network, weights, lags), "o-", ms=3, label=cell)
axes.set_xlabel("age of the input, steps")
axes.set_ylabel("accuracy (0.5 is guessing)")
axes.legend()
axes.figure
