"""
A map of local minima, and six ways through it
==============================================

Each circle is a certified minimum of the parity of three bits, at the height of its loss. Lines are
kicks that led to a lower one. The arrows follow one run of each optimizer, from the basin of its
first points to that of its last ones. :doc:`/minima` has the figures of many runs.
"""

from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.minima import find_minima, optima_network, visits
from metarnn.plots import new_figure, plot_optima_network

data = load("parity", n_bits=3)
network = Network.build(1, 2, hidden=2, dtype="float64")
fitness = Fitness(network, data.X, data.y, alpha=1e-4)
found = find_minima(fitness, n_starts=100, seed=0)
names = ["rprop", "restarts", "memetic", "cuckoo", "cma_es", "random_search"]
seen = visits(fitness, names, found, budget=4000, seeds=[0], n_snapshots=20)
kicked = optima_network(fitness, seen.minima, n_kicks=10, strength=2)

plot_optima_network(kicked, title="parity of 3 bits, two units").figure

# %%
# One run of each optimizer: a descent stays in its first basin, random search is in another one at
# each snapshot, and is in no hurry to go down.

figure = new_figure(11, 7)
for ax, name in zip(figure.subplots(2, 3, sharey=True).flat, names, strict=True):
    plot_optima_network(kicked, ax, way=seen.way(name, 0), title=name)
figure
