"""
What the hidden units do
========================

A latch must remember a bit that only the first step shows. The states of a trained network say
which units hold it.
"""

from metarnn import Fitness, Network, minimize
from metarnn.datasets import load
from metarnn.plots import plot_states

data = load("latch", seed=0)
network = Network.build(data.X.shape[2], 2, cell="gru", hidden=4)
found = minimize(Fitness(network, data.X, data.y), "adam", budget=1500, seed=0)
plot_states(network, found.x, data.X, data.y).figure
