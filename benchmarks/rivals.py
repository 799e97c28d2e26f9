"""Other classifiers and regressors of series, each with the methods fit and predict.

torch trains a layer of as many units for as many passes, a gradient counting as three, by Adam at
the same rate with the same clipping and the same scaling, and keeps the best iterate.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from metarnn.defaults import BUDGET, HIDDEN
from metarnn.optimizers import Adam
from metarnn.sequences import padded


def as_array(X: Any) -> tuple[Any, Any]:
    """Return sequences (B, T, I) and their lengths; a row (B, F) is one step."""
    if isinstance(X, list):
        return padded(X)
    X = X[:, None] if X.ndim == 2 else X
    return X, np.full(len(X), X.shape[1])


class Flat:
    """A method of scikit-learn on padded, flattened series."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: Any, y: Any) -> None:
        self.width = as_array(X)[0].shape[1]
        self.model.fit(self.rows(X), y)

    def predict(self, X: Any) -> Any:
        return self.model.predict(self.rows(X))

    def rows(self, X: Any) -> Any:
        """Return rows as long as those of the training part."""
        array = as_array(X)[0][:, : self.width]
        missing = self.width - array.shape[1]
        return np.pad(array, ((0, 0), (0, missing), (0, 0))).reshape(len(array), -1)


class Torch:
    """One recurrent layer of torch, read at the last step, by Adam."""

    def __init__(self, cell: str, seed: int, numbers: bool) -> None:
        self.cell, self.seed, self.numbers = cell, seed, numbers

    def fit(self, X: Any, y: Any) -> None:
        import torch

        torch.set_num_threads(1)  # so small a network is slower on two threads
        torch.manual_seed(self.seed)
        array, lengths = as_array(X)
        steps = array[np.arange(array.shape[1]) < lengths[:, None]]
        self.mean, self.spread = steps.mean(axis=0), steps.std(axis=0)
        self.spread[self.spread == 0] = 1.0
        if self.numbers:
            self.y_mean, self.y_spread = y.mean(), y.std()
            targets = torch.as_tensor((y - self.y_mean) / self.y_spread, dtype=torch.float32)
            n_outputs = 1
        else:
            self.classes, codes = np.unique(y, return_inverse=True)
            targets, n_outputs = torch.as_tensor(codes), len(self.classes)
        self.layer = getattr(torch.nn, self.cell)(array.shape[2], HIDDEN, batch_first=True)
        self.linear = torch.nn.Linear(HIDDEN, n_outputs)
        weights = [*self.layer.parameters(), *self.linear.parameters()]
        adam = Adam()
        optimizer = torch.optim.Adam(weights, lr=adam.learning_rate)
        best, inputs = np.inf, self.inputs(X)
        for _ in range(BUDGET // 3):
            optimizer.zero_grad()
            scores = self.scores(*inputs)
            if self.numbers:
                loss = torch.nn.functional.mse_loss(scores[:, 0], targets)
            else:
                loss = torch.nn.functional.cross_entropy(scores, targets)
            loss.backward()
            if loss.item() < best:  # of the weights before the step
                best, kept = loss.item(), [w.detach().clone() for w in weights]
            torch.nn.utils.clip_grad_norm_(weights, adam.max_norm)
            optimizer.step()
        for weight, value in zip(weights, kept, strict=True):
            weight.data = value

    def inputs(self, X: Any) -> Any:
        """Return scaled series, and the index of the last step of each."""
        import torch

        array, lengths = as_array(X)
        scaled = torch.as_tensor((array - self.mean) / self.spread, dtype=torch.float32)
        return scaled, torch.as_tensor(lengths - 1)

    def scores(self, inputs: Any, last: Any) -> Any:
        """Return the scores of each series at its last step."""
        import torch

        return self.linear(self.layer(inputs)[0][torch.arange(len(inputs)), last])

    def predict(self, X: Any) -> Any:
        import torch

        with torch.no_grad():
            scores = self.scores(*self.inputs(X)).numpy()
        if self.numbers:
            return scores[:, 0] * self.y_spread + self.y_mean
        return self.classes[scores.argmax(axis=1)]


class Aeon:
    """A method of aeon, whose series are (B, I, T)."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    def fit(self, X: Any, y: Any) -> None:
        self.model = self.make().fit(self.series(X), y)

    def predict(self, X: Any) -> Any:
        return self.model.predict(self.series(X))

    def series(self, X: Any) -> Any:
        """Return series with the channels before the steps."""
        if isinstance(X, list):
            return [np.ascontiguousarray(x.T) for x in X]
        return np.ascontiguousarray(as_array(X)[0].transpose(0, 2, 1))


def linear(numbers: bool, seed: int) -> Any:
    """Return a scaled logistic or ridge regression."""
    model = Ridge() if numbers else LogisticRegression(max_iter=2000)
    return Flat(make_pipeline(StandardScaler(), model))


def forest(numbers: bool, seed: int) -> Any:
    """Return a random forest."""
    kind = RandomForestRegressor if numbers else RandomForestClassifier
    return Flat(kind(random_state=seed))


def nearest(numbers: bool, seed: int) -> Any:
    """Return the nearest neighbor by dynamic time warping within a tenth of the series."""
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier
    from aeon.regression.distance_based import KNeighborsTimeSeriesRegressor

    kind = KNeighborsTimeSeriesRegressor if numbers else KNeighborsTimeSeriesClassifier
    settings = {"distance": "dtw", "n_neighbors": 1, "distance_params": {"window": 0.1}}
    return Aeon(lambda: kind(**settings))


def mini_rocket(numbers: bool, seed: int) -> Any:
    """Return MiniRocket: 10,000 convolutions and a linear model."""
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.regression.convolution_based import MiniRocketRegressor

    kind = MiniRocketRegressor if numbers else MiniRocketClassifier
    return Aeon(lambda: kind(random_state=seed))


#: By label, what it comes from, and the maker of a model of (numbers, seed).
_BY_PACKAGE: dict[str, tuple[str, Callable[[bool, int], Any]]] = {
    "torch GRU": ("torch", lambda numbers, seed: Torch("GRU", seed, numbers)),
    "torch LSTM": ("torch", lambda numbers, seed: Torch("LSTM", seed, numbers)),
    "logistic or ridge": ("sklearn", linear),
    "random forest": ("sklearn", forest),
    "1-NN, warping": ("aeon", nearest),
    "MiniRocket": ("aeon", mini_rocket),
}

RIVALS = {label: make for label, (package, make) in _BY_PACKAGE.items() if find_spec(package)}


def missing() -> list[str]:
    """Return the labels of rivals that are not installed."""
    return [label for label in _BY_PACKAGE if label not in RIVALS]
