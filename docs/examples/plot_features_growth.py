"""
More random networks, more accuracy
===================================

Recurrent features draw networks at random and solve the readout in closed form. How many are
enough? Accuracy on held-out series over the number of features, three seeds.
"""

import numpy as np

from metarnn import RecurrentFeaturesClassifier
from metarnn.datasets import load
from metarnn.plots import new_figure

train, test = load("cylinder_bell_funnel", seed=0), load("cylinder_bell_funnel", seed=1)
sizes = [30, 100, 300, 1000, 3000]
scores = np.array(
    [
        [
            RecurrentFeaturesClassifier(n_features=size, random_state=seed)
            .fit(train.X, train.y)
            .score(test.X, test.y)
            for size in sizes
        ]
        for seed in range(3)
    ]
)
axes = new_figure().subplots()
axes.fill_between(sizes, scores.min(axis=0), scores.max(axis=0), alpha=0.3)
axes.semilogx(sizes, scores.mean(axis=0), "o-")
axes.set_xlabel("features")
axes.set_ylabel("accuracy on held-out series")
axes.figure
