"""What the classifier reaches on public data, beside others: accuracy held out, with its spread.

Tables are those that scikit-learn ships, judged by five folds, digits by a part held out; all
contestants see the same splits. With ``--ucr FOLDER``, which holds sets of the UCR archive by
name, the same network is trained by metarnn and by PyTorch's Adam for as many passes, on the
archive's own split; once five of them share these passes, and their answers are averaged. A
gradient is three passes. Besides, what averaging the best candidates of the last population adds
to the best one.

    python -m benchmarks.tasks.quality --seeds 5 --ucr path/to/archive
"""

import argparse
import time
from collections.abc import Callable
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

from metarnn import RNNClassifier
from metarnn.datasets import load, load_ts
from metarnn.optimizers import Adam

#: The one setting for all tables, whose rows have no time, and the one for images by rows.
TABLES: dict[str, Any] = {"timesteps": 1, "scale": True, "alpha": 0.01}
DIGITS: dict[str, Any] = {"cell": "gru", "bidirectional": True, "hidden": 32, "alpha": 1e-3}
SERIES: dict[str, Any] = {"cell": "gru", "hidden": 16, "budget": 3000, "scale": True}
POPULATIONS = ("cuckoo", "de", "ga", "hybrid_ga")
RATE = 0.02  # of Adam, here and there


def others(seed: int) -> dict[str, Any]:
    """Return contestants of scikit-learn, on rows."""
    return {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "MLP": make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=seed)),
        "random forest": RandomForestClassifier(random_state=seed),
    }


def splits(name: str, y: Any, seed: int) -> list[tuple[Any, Any]]:
    """Return the parts to train on and to judge by."""
    if name == "digits":
        return [
            tuple(train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed))
        ]
    return list(StratifiedKFold(5, shuffle=True, random_state=seed).split(y, y))


def tables(n_seeds: int) -> None:
    """Print the accuracy on tables."""
    for name in ("iris", "wine", "breast_cancer", "digits"):
        data = load(name)
        setting = DIGITS if name == "digits" else TABLES
        found: dict[str, list[float]] = {}
        seconds: dict[str, float] = {}
        for seed in range(n_seeds):
            rows = data.X.reshape(len(data.X), -1)
            contestants = {"metarnn": RNNClassifier(**setting, random_state=seed)} | others(seed)
            for label, model in contestants.items():
                X = data.X if label == "metarnn" else rows
                began = time.perf_counter()
                scores = [
                    model.fit(X[train], data.y[train]).score(X[held], data.y[held])
                    for train, held in splits(name, data.y, seed)
                ]
                seconds[label] = seconds.get(label, 0.0) + time.perf_counter() - began
                found.setdefault(label, []).append(float(np.mean(scores)))
        _tell(name, found, seconds, n_seeds)


def ensembles(n_seeds: int) -> None:
    """Print the accuracy on tables of the best candidates of one population, averaged."""
    for name in ("iris", "wine", "breast_cancer"):
        data = load(name)
        found: dict[str, list[float]] = {}
        seconds: dict[str, float] = {}
        for optimizer, n_best, seed in product(POPULATIONS, (1, 5, 10), range(n_seeds)):
            model = RNNClassifier(**TABLES, optimizer=optimizer, n_best=n_best, random_state=seed)
            began = time.perf_counter()
            scores = [
                model.fit(data.X[train], data.y[train]).score(data.X[held], data.y[held])
                for train, held in splits(name, data.y, seed)
            ]
            label = f"{optimizer}, best {n_best}"
            seconds[label] = seconds.get(label, 0.0) + time.perf_counter() - began
            found.setdefault(label, []).append(float(np.mean(scores)))
        _tell(name, found, seconds, n_seeds)


def in_torch(seed: int, K: int) -> Callable[[Any, Any], Any]:
    """Return what trains the network of SERIES in PyTorch, and answers."""
    import torch

    torch.set_num_threads(1)  # so small a network is slower on two

    def fit(X: Any, y: Any) -> Any:
        torch.manual_seed(seed)
        mean, spread = X.mean(axis=(0, 1)), X.std(axis=(0, 1))
        cell = torch.nn.GRU(X.shape[2], SERIES["hidden"], batch_first=True)
        linear = torch.nn.Linear(SERIES["hidden"], K)
        weights = [*cell.parameters(), *linear.parameters()]
        optimizer = torch.optim.Adam(weights, lr=RATE)

        def scores(X: Any) -> Any:
            numbers = torch.as_tensor((X - mean) / spread, dtype=torch.float32)
            return linear(cell(numbers)[1][-1])

        for _ in range(SERIES["budget"] // 3):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(scores(X), torch.as_tensor(y))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)  # as metarnn's Adam does
            optimizer.step()

        def predict(X: Any) -> Any:
            with torch.no_grad():
                return scores(X).argmax(1).numpy()

        return predict

    return fit


def series(folder: Path, names: list[str], n_seeds: int) -> None:
    """Print the accuracy on sets of the UCR archive."""
    for name in names:
        data = load_ts(folder / name)
        train, held = ~data.test, data.test
        found: dict[str, list[float]] = {}
        seconds: dict[str, float] = {}
        for seed in range(n_seeds):
            contestants: dict[str, Callable[[Any, Any], Any]] = {
                f"metarnn {optimizer}": RNNClassifier(
                    **SERIES, optimizer=optimizer, random_state=seed
                ).fit
                for optimizer in ("adam", "rprop", "hybrid_ga", "cuckoo")
            }
            # As many passes in all.
            contestants["metarnn 5 x Adam"] = RNNClassifier(
                **SERIES, optimizer=Adam(n_starts=5), n_best=5, random_state=seed
            ).fit
            contestants["torch Adam"] = in_torch(seed, len(data.classes))
            forest = RandomForestClassifier(random_state=seed)
            contestants["random forest"] = lambda X, y, f=forest: f.fit(X.reshape(len(X), -1), y)
            for label, fit in contestants.items():
                began = time.perf_counter()
                model = fit(data.X[train], data.y[train])
                seconds[label] = seconds.get(label, 0.0) + time.perf_counter() - began
                predict = getattr(model, "predict", model)
                X = data.X[held]
                answers = predict(X.reshape(len(X), -1) if label == "random forest" else X)
                found.setdefault(label, []).append(float((answers == data.y[held]).mean()))
        _tell(name, found, seconds, n_seeds)


def _tell(name: str, found: Any, seconds: Any, n_seeds: int) -> None:
    for label, scores in found.items():
        spread = f"{np.mean(scores):.4f} +- {np.std(scores):.4f}"
        print(f"{name:18} {label:20} {spread}  {seconds[label] / n_seeds:7.2f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ucr", type=Path, help="folder with sets of the archive by name")
    parser.add_argument("--sets", nargs="+", default=["GunPoint", "ItalyPowerDemand"])
    options = parser.parse_args()
    tables(options.seeds)
    ensembles(options.seeds)
    if options.ucr:
        series(options.ucr, options.sets, options.seeds)
