"""Held-out accuracy of the classifier on public data, beside other methods, with its spread.

Tables are those that scikit-learn ships, with five folds, and digits with a held-out part; all
contestants see the same splits. With ``--ucr FOLDER``, which holds data sets of the UCR archive by
name, metarnn and PyTorch's Adam train the same network for the same number of passes, on the
archive's own split; one contestant divides these passes among five networks and averages their
predictions. A gradient costs three passes. A second table shows what averaging the best candidates
of the last population adds to the best one.

    python -m benchmarks.tasks.quality --seeds 5 --ucr path/to/archive
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.command import Parser
from metarnn import RNNClassifier
from metarnn.datasets import Dataset, load, load_ts
from metarnn.optimizers import Adam

#: All that the defaults of the classifier decide, named, so that runs compare whatever these are.
COMMON: dict[str, Any] = {
    **{"cell": "gru", "hidden": 16, "bidirectional": False, "readout": "last"},
    **{"optimizer": "adam", "budget": 3000, "alpha": 0.0, "scale": True, "n_best": 1},
}

#: The setting for all tables, whose rows have no time, for images by rows and for series.
TABLES = COMMON | {"cell": "elman", "timesteps": 1, "alpha": 0.01}
DIGITS = COMMON | {"bidirectional": True, "hidden": 32, "alpha": 1e-3, "scale": False}
SERIES = COMMON
POPULATIONS = ("cuckoo", "de", "ga", "hybrid_ga")
LEARNING_RATE = 0.02  # of Adam, in metarnn and in PyTorch

#: Accuracy and seconds of each run, by contestant.
Runs = dict[str, list[tuple[float, float]]]


def measure(runs: Runs, label: str, score: Callable[[], Any]) -> None:
    """Add the accuracy that a contestant's training and test return, and their seconds."""
    began = time.perf_counter()
    accuracy = float(np.mean(score()))
    runs.setdefault(label, []).append((accuracy, time.perf_counter() - began))


def show(name: str, runs: Runs) -> None:
    """Print a line for each contestant."""
    for label, results in runs.items():
        (mean, seconds), (deviation, _) = np.mean(results, axis=0), np.std(results, axis=0)
        accuracy = f"{mean:.4f} +- {deviation:.4f}"
        print(f"{name:18} {label:20} {accuracy}  {seconds:7.2f} s", flush=True)


def folds(model: Any, X: Any, y: Any, splits: list[tuple[Any, Any]]) -> list[float]:
    """Return the accuracy on each test part."""
    return [model.fit(X[train], y[train]).score(X[test], y[test]) for train, test in splits]


def others(seed: int) -> dict[str, Any]:
    """Return the contestants of scikit-learn, on rows."""
    return {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "MLP": make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=seed)),
        "random forest": RandomForestClassifier(random_state=seed),
    }


def splits(name: str, y: Any, seed: int) -> list[tuple[Any, Any]]:
    """Return the training and the test part of each split."""
    if name == "digits":
        return [
            tuple(train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed))
        ]
    return list(StratifiedKFold(5, shuffle=True, random_state=seed).split(y, y))


def tables(n_seeds: int) -> None:
    """Print the accuracy on tables."""
    for name in ("iris", "wine", "breast_cancer", "digits"):
        data = load(name)
        rows = data.X.reshape(len(data.X), -1)
        setting = DIGITS if name == "digits" else TABLES
        runs: Runs = {}
        for seed in range(n_seeds):
            parts = splits(name, data.y, seed)
            model = RNNClassifier(**setting, random_state=seed)
            measure(runs, "metarnn", partial(folds, model, data.X, data.y, parts))
            for label, other in others(seed).items():
                measure(runs, label, partial(folds, other, rows, data.y, parts))
        show(name, runs)


def ensembles(n_seeds: int) -> None:
    """Print the accuracy on tables of the best candidates of one population, averaged."""
    for name in ("iris", "wine", "breast_cancer"):
        data = load(name)
        runs: Runs = {}
        for optimizer, n_best, seed in product(POPULATIONS, (1, 5, 10), range(n_seeds)):
            model = RNNClassifier(
                **TABLES | {"optimizer": optimizer, "n_best": n_best}, random_state=seed
            )
            score = partial(folds, model, data.X, data.y, splits(name, data.y, seed))
            measure(runs, f"{optimizer}, best {n_best}", score)
        show(name, runs)


def in_torch(seed: int, K: int) -> Callable[[Any, Any], Any]:
    """Return a function that trains the network of SERIES in PyTorch and returns `predict`."""
    import torch

    torch.set_num_threads(1)  # so small a network is slower on two threads

    def fit(X: Any, y: Any) -> Any:
        torch.manual_seed(seed)
        mean, spread = X.mean(axis=(0, 1)), X.std(axis=(0, 1))
        cell = torch.nn.GRU(X.shape[2], SERIES["hidden"], batch_first=True)
        linear = torch.nn.Linear(SERIES["hidden"], K)
        weights = [*cell.parameters(), *linear.parameters()]
        optimizer = torch.optim.Adam(weights, lr=LEARNING_RATE)

        def scores(X: Any) -> Any:
            numbers = torch.as_tensor((X - mean) / spread, dtype=torch.float32)
            return linear(cell(numbers)[1][-1])

        for _ in range(SERIES["budget"] // 3):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(scores(X), torch.as_tensor(y))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)  # as in metarnn's Adam
            optimizer.step()

        def predict(X: Any) -> Any:
            with torch.no_grad():
                return scores(X).argmax(1).numpy()

        return predict

    return fit


def series(folder: Path, names: list[str], n_seeds: int) -> None:
    """Print the accuracy on data sets of the UCR archive."""
    for name in names:
        data = load_ts(folder / name)
        rows = data.X.reshape(len(data.X), -1)
        runs: Runs = {}
        for seed in range(n_seeds):
            models = {
                f"metarnn {optimizer}": RNNClassifier(
                    **SERIES | {"optimizer": optimizer}, random_state=seed
                )
                for optimizer in ("adam", "rprop", "hybrid_ga", "cuckoo")
            }
            # The same number of passes in all.
            models["metarnn 5 x Adam"] = RNNClassifier(
                **SERIES | {"optimizer": Adam(n_starts=5), "n_best": 5}, random_state=seed
            )
            parts = [(~data.test, data.test)]
            for label, model in models.items():
                measure(runs, label, partial(folds, model, data.X, data.y, parts))
            measure(runs, "torch Adam", partial(accuracy_of_torch, seed, data))
            forest = RandomForestClassifier(random_state=seed)
            measure(runs, "random forest", partial(folds, forest, rows, data.y, parts))
        show(name, runs)


def accuracy_of_torch(seed: int, data: Dataset) -> float:
    """Train in PyTorch and return the accuracy on the test part."""
    predict = in_torch(seed, data.n_classes)(data.X[~data.test], data.y[~data.test])
    return float((predict(data.X[data.test]) == data.y[data.test]).mean())


if __name__ == "__main__":
    parser = Parser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ucr", type=Path, help="folder with data sets of the archive by name")
    parser.add_argument("--sets", nargs="+", default=["GunPoint", "ItalyPowerDemand"])
    options = parser.parse_args()
    tables(options.seeds)
    ensembles(options.seeds)
    if options.ucr:
        series(options.ucr, options.sets, options.seeds)
