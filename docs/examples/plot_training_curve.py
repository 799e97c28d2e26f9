"""
A training curve
================

What an estimator stores of its fit: the loss of the best network so far, by the passes spent.
"""

from metarnn import RNNClassifier
from metarnn.datasets import load
from metarnn.plots import plot_history

train = load("delayed_recall", seed=0)
model = RNNClassifier(cell="gru", hidden=8, optimizer="hybrid_ga", random_state=0)
model.fit(train.X, train.y)
plot_history(model).figure
