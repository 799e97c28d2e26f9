"""
How long a network remembers
============================

The share of an earlier input's variance that a linear map reads from the present states, by its
age, before training: leaky and orthogonal networks keep more than tanh ones.
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
axes.set_ylabel("variance explained")
axes.legend()
axes.figure
