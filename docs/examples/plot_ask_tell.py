"""
A search from a loop of your own
================================

``AskTell`` turns an optimizer around: it gives points, and your program gives their losses back,
whenever and from wherever it has them. Here the losses of each generation of cuckoo search are
kept, so that the whole population can be drawn, not only its best. An optimizer that you
:doc:`write yourself </guide/add_optimizer>` can be asked in the same way.
"""

import numpy as np

from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.optimizers import AskTell, CuckooSearch
from metarnn.plots import new_figure

data = load("xor")
network = Network.build(1, 2, cell="elman", hidden=4, readout="last")
fitness = Fitness(network, data.X, data.y)
search = AskTell(CuckooSearch(n_nests=20), fitness.space, seed=0)
generations = []
for _ in range(80):
    points = search.ask()
    losses = fitness(points)
    search.tell(points, losses)
    generations.append(losses)

axes = new_figure().subplots()
for number, losses in enumerate(generations):
    axes.plot(np.full(len(losses), number), losses, ".", color="C0", ms=3, alpha=0.5)
best = np.minimum.accumulate([losses.min() for losses in generations])
axes.plot(best, color="C1", label="the best so far")
axes.set_yscale("log")
axes.set_xlabel("request")
axes.set_ylabel("losses of its points")
axes.legend()
axes.figure
