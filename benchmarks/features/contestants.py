"""Who is measured in each study: recurrent features in many forms, and the rivals."""

from collections.abc import Callable
from typing import Any

from sklearn.base import clone
from sklearn.ensemble import VotingClassifier, VotingRegressor

from benchmarks.features.rivals import RIVALS
from metarnn import (
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    RNNClassifier,
    RNNRegressor,
)
from metarnn.features import evolve_distribution, select_networks

Make = Callable[[bool, int], Any]

THREADS = 1
SIZES = 1000, 3000, 10_000
#: Features of the study of parts, which has many contestants.
OF_PARTS = 3000
GROWTH = 100, 300, *SIZES, 30_000
CHANNELS = "raw", "normalized", "differences"
CELLS = "leaky", "elman", "gru", "lstm"


def trained(numbers: bool, seed: int) -> Any:
    """Return the estimator of trained networks with its defaults."""
    return (RNNRegressor if numbers else RNNClassifier)(random_state=seed, n_threads=THREADS)


def features(**settings: Any) -> Make:
    """Return the maker of a model of recurrent features."""

    def make(numbers: bool, seed: int) -> Any:
        kind = RecurrentFeaturesRegressor if numbers else RecurrentFeaturesClassifier
        return kind(**{"random_state": seed, "n_threads": THREADS} | settings)

    return make


def networks(n: int, **settings: Any) -> Make:
    """Return the maker of a model of n random networks."""
    usual = RecurrentFeaturesClassifier()
    return features(n_features=n * usual.hidden * len(usual.pools), **settings)


def averaged(numbers: bool, seed: int) -> Any:
    """Return the mean of features and trained networks: of probabilities, or of numbers."""
    models = [("features", features()(numbers, seed)), ("trained", trained(numbers, seed))]
    return VotingRegressor(models) if numbers else VotingClassifier(models, voting="soft")


def _parts() -> dict[str, Make]:
    """Return the default, and it with one part left out, one alone, or one setting changed."""
    usual = RecurrentFeaturesClassifier().get_params()
    changes: dict[str, dict[str, Any]] = {"default": {}}
    for parameter, every in (("pools", usual["pools"]), ("channels", CHANNELS)):
        names = dict.fromkeys(every)
        for name in names:
            changes[f"without {name}"] = {parameter: tuple(n for n in every if n != name)}
        for name in names:
            changes[f"{name} alone"] = {parameter: tuple(n for n in every if n == name)}
    changes |= {f"cell {name}": {"cells": name} for name in CELLS}
    changes |= {
        "all cells": {"cells": list(CELLS)},
        "both directions": {"bidirectional": True},
        **{f"{n} units": {"hidden": n} for n in (1, 2, 4, 8, 16, 32)},
        "small scales": {"scales": (0.1, 0.5)},
        "large scales": {"scales": (0.5, 3.0)},
        "larger scales": {"scales": (1.0, 10.0)},
        "weak recurrence": {"recurrences": (0.01, 0.1)},
        "strong recurrence": {"recurrences": (1.0, 2.0)},
        "short memories": {"time_constants": (1.0, 5.0)},
        "long memories": {"time_constants": (0.1, 1.0)},
    }
    return {
        label: features(n_features=OF_PARTS, **change)
        for label, change in changes.items()
        if not change or any(_differs(usual[name], value) for name, value in change.items())
    }


def _differs(usual: Any, value: Any) -> bool:
    return usual != value and (usual,) != value


class Evolved:
    """A model whose networks are drawn from an evolved distribution.

    Parameters
    ----------
    model : RecurrentFeaturesClassifier or RecurrentFeaturesRegressor
        With as many networks as it shall have.
    optimizer : str
        In the table of optimizers.
    passes : int
        The budget of the search, beside the passes of the model itself.
    seed : int
        Of the search.
    """

    def __init__(self, model: Any, optimizer: str, passes: int, seed: int) -> None:
        self.model, self.optimizer, self.passes, self.seed = model, optimizer, passes, seed

    def fit(self, X: Any, y: Any) -> None:
        settings = {"budget": self.passes, "seed": self.seed + 1000}
        self.fitted = evolve_distribution(self.model, X, y, self.optimizer, **settings).fit(X, y)

    def predict(self, X: Any) -> Any:
        return self.fitted.predict(X)


class Selected:
    """A model with the best of its networks."""

    def __init__(self, model: Any, n_networks: int, how: str, seed: int) -> None:
        self.model, self.n_networks, self.how, self.seed = model, n_networks, how, seed

    def fit(self, X: Any, y: Any) -> None:
        every = clone(self.model).fit(X, y)
        self.fitted = select_networks(every, X, y, self.n_networks, self.how, seed=self.seed)

    def predict(self, X: Any) -> Any:
        return self.fitted.predict(X)


#: Networks of the models that evolve, those drawn for a choice, and the passes of a search.
FEW, MANY, PASSES = 50, 200, 1200
OPTIMIZERS = "random_search", "ga", "cuckoo", "lshade", "cma_es"


def _evolving() -> dict[str, Make]:
    """Return models that choose networks or their distribution, and random ones of equal cost."""

    def chosen(how: str) -> Make:
        return lambda numbers, seed: Selected(networks(MANY)(numbers, seed), FEW, how, seed)

    def evolved(optimizer: str) -> Make:
        return lambda numbers, seed: Evolved(networks(MANY)(numbers, seed), optimizer, PASSES, seed)

    return {
        f"{FEW} random": networks(FEW),
        f"{MANY} random": networks(MANY),
        **{
            f"{FEW} of {MANY}, {how}": chosen(how)
            for how in ("forward", "backward", *OPTIMIZERS[:4])
        },
        f"{MANY + PASSES:,} random": networks(MANY + PASSES),
        **{f"{MANY} evolved, {name}": evolved(name) for name in OPTIMIZERS},
    }


STUDIES: dict[str, dict[str, Make]] = {
    "rivals": {
        **{f"features, {n:,}": features(n_features=n) for n in SIZES},
        **RIVALS,
        "trained, default": trained,
    },
    "growth": {f"features, {n:,}": features(n_features=n) for n in GROWTH},
    "parts": _parts(),
    "evolving": _evolving(),
    "averages": {
        f"features, {SIZES[-1]:,}": features(n_features=SIZES[-1]),
        "trained, default": trained,
        "mean of both": averaged,
    },
}
