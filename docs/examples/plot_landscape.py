"""
The landscape between two minima
================================

Many descents end in different minima of XOR. A plane through the two lowest and a third shows
what lies between them.
"""

from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.minima import find_minima
from metarnn.plots import plot_landscape

data = load("xor")
network = Network.build(1, 2, hidden=2, activation="sigmoid", readout="last", dtype="float64")
fitness = Fitness(network, data.X, data.y, loss="mse", alpha=1e-4)
found = find_minima(fitness, n_starts=40, seed=0)
print(found.to_frame().head())
a, b, c = (cluster.certificate for cluster in found.minima[:3])
plot_landscape(fitness, a.point, b.point, third=c.point).figure
