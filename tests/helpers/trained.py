"""A fit and a comparison of a moment, in a module that workers can import."""

import numpy as np

from metarnn import RNNClassifier, compare

X, y = np.random.default_rng(0).normal(size=(150, 6, 2)), np.arange(150) % 3


def fitted(_=None):
    model = RNNClassifier(hidden=4, budget=40, random_state=0, n_threads=2)
    return model.fit(X, y).predict_proba(X).tobytes()


def compared(_=None):
    found = compare("xor", ["adam", "cuckoo"], budget=40, seeds=2, n_jobs=2)
    return found.to_frame()["train_loss"].tolist()
