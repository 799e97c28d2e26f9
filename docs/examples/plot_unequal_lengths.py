"""
Sequences of unequal length
===========================

Each sequence is read to its own end, so a list of arrays is all that is needed. The classes are
three shapes of noisy series with 20 to 60 steps.
"""

import numpy as np

from metarnn import RecurrentFeaturesClassifier
from metarnn.plots import plot_confusion

rng = np.random.default_rng(0)
SHAPES = {
    "rising": lambda t: t,
    "falling": lambda t: -t,
    "wave": lambda t: np.sin(7 * t),
}


def draw(n):
    """Return n series and their classes."""
    names = rng.choice(list(SHAPES), size=n)
    times = [np.linspace(-1, 1, steps) for steps in rng.integers(20, 60, size=n)]
    X = [
        (SHAPES[name](t) + rng.normal(size=t.size))[:, None]
        for name, t in zip(names, times, strict=True)
    ]
    return X, names


X, y = draw(150)
X_test, y_test = draw(150)
model = RecurrentFeaturesClassifier(random_state=0).fit(X, y)
plot_confusion(y_test, model.predict(X_test)).figure
