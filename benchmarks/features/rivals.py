"""Rivals of the recurrent features: random convolutions, an echo state network, and all the others.

``pip install "aeon[dl]" torch reservoirpy`` in an environment of its own gives all of them; Hydra
needs both aeon and torch. The convolutions take series of equal length, so shorter ones are padded
with zeros to the longest of the training part, and longer ones are cut: on folds of the training
part of PickupGestureWiimoteZ that is better than padding with the mean or the last value, and than
stretching.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import rivals
from benchmarks.rivals import Aeon, as_array
from metarnn.sequences import padded

#: Penalties among which MiniRocket and Hydra choose by leave-one-out error.
ALPHAS = np.logspace(-3, 3, 10)
#: Where contestants keep what they fit.
_INNER = "fitted", "model", "pipeline_", "clf_", "classifier", "_clf"
#: As in reservoirpy's tutorial on classification.
UNITS, SPECTRAL_RADIUS, LEAK = 500, 0.9, 0.1


class Padded(Aeon):
    """A method of aeon for series of equal length."""

    def fit(self, X: Any, y: Any) -> None:
        self.length = max(map(len, X))
        super().fit(X, y)

    def series(self, X: Any) -> Any:
        """Return series of the length of the longest of the training part."""
        if isinstance(X, list):
            short = padded([x[: self.length] for x in X])[0]
            X = np.pad(short, ((0, 0), (0, self.length - short.shape[1]), (0, 0)))
        return super().series(X)


class EchoStates:
    """A reservoir of reservoirpy, its last or mean state, and a ridge regression.

    Parameters
    ----------
    read : {"last", "mean"}
        What of the states of a series the regression reads.
    """

    def __init__(self, read: str, numbers: bool, seed: int) -> None:
        self.read, self.numbers, self.seed = read, numbers, seed

    def fit(self, X: Any, y: Any) -> None:
        from reservoirpy.nodes import Reservoir

        array, lengths = as_array(X)
        steps = array[np.arange(array.shape[1]) < lengths[:, None]]
        self.mean, self.spread = steps.mean(axis=0), steps.std(axis=0)
        self.spread[self.spread == 0] = 1.0
        self.reservoir = Reservoir(UNITS, sr=SPECTRAL_RADIUS, lr=LEAK, seed=self.seed)
        self.reservoir.initialize(array[0])
        ridge = RidgeCV(ALPHAS) if self.numbers else RidgeClassifierCV(ALPHAS)
        self.model = make_pipeline(StandardScaler(), ridge).fit(self.states(X), y)

    def predict(self, X: Any) -> Any:
        return self.model.predict(self.states(X))

    def states(self, X: Any) -> Any:
        """Return the last or the mean state of each series."""
        rows = []
        for x in X:
            self.reservoir.reset()
            states = self.reservoir.run((np.asarray(x, float) - self.mean) / self.spread)
            rows.append(states[-1] if self.read == "last" else states.mean(axis=0))
        return np.array(rows)


def of_aeon(name: str) -> Callable[[bool, int], Any]:
    """Return the maker of a method of aeon's convolutions, of (numbers, seed)."""

    def make(numbers: bool, seed: int) -> Any:
        if numbers:
            from aeon.regression import convolution_based as home
        else:
            from aeon.classification import convolution_based as home
        kind = getattr(home, name + ("Regressor" if numbers else "Classifier"))
        return Padded(lambda: kind(random_state=seed))

    return make


#: By label, what it comes from, and the maker of a model of (numbers, seed).
_BY_PACKAGES: dict[str, tuple[tuple[str, ...], Callable[[bool, int], Any]]] = {
    "MiniRocket": (("aeon",), of_aeon("MiniRocket")),
    "Hydra": (("aeon", "torch"), of_aeon("Hydra")),
    "MultiRocket-Hydra": (("aeon", "torch"), of_aeon("MultiRocketHydra")),
    "echo states, last": (("reservoirpy",), lambda n, seed: EchoStates("last", n, seed)),
    "echo states, mean": (("reservoirpy",), lambda n, seed: EchoStates("mean", n, seed)),
}
_OTHERS = "random forest", "1-NN, warping", "torch GRU", "torch LSTM"

RIVALS = {
    label: make for label, (packages, make) in _BY_PACKAGES.items() if all(map(find_spec, packages))
} | {label: rivals.RIVALS[label] for label in _OTHERS if label in rivals.RIVALS}


def missing() -> list[str]:
    """Return the labels of rivals that are not installed."""
    return [label for label in (*_BY_PACKAGES, *_OTHERS) if label not in RIVALS]


def n_features(model: Any) -> int | None:
    """Return how many numbers the linear model of a fitted contestant reads, if it has one."""
    if isinstance(model, EchoStates):
        return UNITS
    while not hasattr(model, "coef_"):
        inner = [getattr(model, name, None) for name in _INNER]
        model = next((found for found in inner if found is not None), None)
        if model is None:
            return None
        model = model[-1] if hasattr(model, "steps") else model
    return int(max(np.shape(model.coef_)))
