"""A thousand fits in one process: its memory must not grow once it is warm."""

import gc
import resource
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from metarnn import (
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    RNNClassifier,
    RNNRegressor,
    load_model,
)

from .samples import finite
from .tally import Tally

SHORT, LONG = 60, 1000
TITLE = "fits in one process"

#: Growth that is a fault, after the first fifth of the fits, in MB.
MOST = 8.0


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Fit models of several kinds on data of changing sizes, save, load and predict."""
    warnings.simplefilter("ignore")
    rng, memory = np.random.default_rng(seed), []
    makers = (
        lambda: RNNClassifier(budget=30, hidden=4, random_state=0),
        lambda: RNNClassifier(budget=30, hidden=4, cell="gru", optimizer="cuckoo", random_state=0),
        lambda: RNNRegressor(budget=30, hidden=4, early_stopping=True, n_best=1, random_state=0),
        lambda: RecurrentFeaturesClassifier(n_features=60, random_state=0),
        lambda: RecurrentFeaturesRegressor(n_features=60, random_state=0),
    )
    tally.notes["MB by fits"] = memory
    try:
        for number in range(size):
            fault = _fault(makers[number % len(makers)](), rng, folder / "model.npz")
            if number % max(1, size // 20) == 0:
                gc.collect()
                memory.append((number, _resident()))
            tally.add(f"fit {number}", "wrong" if fault else "fine", fault)
    finally:
        warm = [megabytes for number, megabytes in memory if number >= size / 5]
        growth = max(warm[-3:], default=0) - max(warm[:3], default=0)
        tally.notes["growth once warm, MB"] = round(growth, 1)
        if growth > MOST:
            tally.add("memory", "wrong", f"grows by {growth:.1f} MB")


def _fault(model: Any, rng: np.random.Generator, path: Path) -> str:
    """Fit, predict, save, load and predict again; return what is wrong."""
    n, steps = (int(most) for most in rng.integers((20, 3), (60, 30)))
    X = rng.normal(size=(n, steps, 2))
    y = X[:, 0, 0] if "Regressor" in type(model).__name__ else np.arange(n) % 3
    found = model.fit(X, y).predict(X)
    model.save(path)
    same = np.array_equal(load_model(path).predict(X), found)
    return "" if same and finite(found) else "predictions differ or are not finite"


def _resident() -> float:
    """Return the memory of this process, in MB."""
    with open("/proc/self/statm") as file:
        return round(int(file.read().split()[1]) * resource.getpagesize() / 1e6, 1)
