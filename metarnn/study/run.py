"""One training run of an optimizer, under the conditions that all runs share."""

import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.features import RecurrentFeaturesClassifier
from metarnn.fitness import Fitness
from metarnn.optimizers import OPTIMIZERS, History, Optimizer, minimize
from metarnn.optimizers.analytic import sphere
from metarnn.sequences.validation import UNSCORED
from metarnn.solved_fitness import fitness_for

from .models import Contestant, fit_model, judged
from .split import Protocol, Subset, TrainTestSplit, split

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult
    from sklearn.preprocessing import StandardScaler

#: The columns of the table of runs, with their types in SQLite; those of KEY identify a run.
KEY = {"dataset": "TEXT", "network": "TEXT", "optimizer": "TEXT", "seed": "INT", "fold": "INT"}
COLUMNS = KEY | {
    "status": "TEXT",
    "error": "TEXT",
    "train_loss": "REAL",
    "train_accuracy": "REAL",
    "test_accuracy": "REAL",
    "test_loss": "REAL",
    "passes": "REAL",
    "seconds": "REAL",
    "target": "REAL",
    "reached": "INT",
    "passes_to_target": "REAL",
    "seconds_to_target": "REAL",
    "losses_computed": "INT",
    "gradients_computed": "INT",
    "nonfinite": "INT",
    "stop": "TEXT",
}


class RunKey(NamedTuple):
    """What identifies a run: labels, seed and fold."""

    dataset: str
    network: str
    optimizer: str
    seed: int
    fold: int


@dataclass(frozen=True)
class Run:
    """One run that has ended: a row of the table of runs, and unless it failed what it found."""

    record: dict[str, Any]
    history: History | None = None
    weights: NDArray[np.float64] | None = None  # (D,), the best; of a model none, (0,)
    scaler: "StandardScaler | None" = None  # of the split

    @property
    def key(self) -> RunKey:
        """Labels, seed and fold."""
        return RunKey(*(self.record[name] for name in KEY))

    @property
    def status(self) -> str:
        """Whether it is "done", or "failed"."""
        return str(self.record["status"])

    @classmethod
    def failed(cls, key: RunKey, reason: str) -> "Run":
        """Return a run that failed; nothing is known of it but the reason."""
        unknown: dict[str, Any] = {
            name: {"REAL": np.nan, "INT": 0, "TEXT": ""}[kind] for name, kind in COLUMNS.items()
        }
        return cls(unknown | key._asdict() | {"status": "failed", "error": reason})


def fitness_of(protocol: Protocol, data: TrainTestSplit, optimizer: Optimizer) -> Fitness:
    """Return the fitness that a run minimizes."""
    prices = {"alpha": protocol.alpha, "gradient_passes": protocol.gradient_passes}
    return _fitness(protocol, data.train, solve=solve_of(protocol, optimizer), **prices)


def solve_of(protocol: Protocol, optimizer: Optimizer) -> str | None:
    """Return how the readout is solved: as the study says, or else as the optimizer does."""
    return protocol.solve or optimizer.solves


def _fitness(protocol: Protocol, data: Subset, **more: Any) -> Fitness:
    how: dict[str, Any] = {"loss": protocol.loss, "n_threads": protocol.n_threads}
    return fitness_for(protocol.network, data.X, data.y, lengths=data.lengths, **how, **more)


def train(protocol: Protocol, key: RunKey, contestant: Contestant) -> Run:
    """Train with one optimizer, or fit one model, and one seed.

    Ctrl-C raises: a run that did not spend its budget is not comparable with others.
    """
    data = split(protocol, key.seed, key.fold)
    if isinstance(contestant, Optimizer):
        return _trained(protocol, key, contestant, data)
    return _fitted(protocol, key, contestant, data)


def _fitted(
    protocol: Protocol, key: RunKey, model: RecurrentFeaturesClassifier, data: TrainTestSplit
) -> Run:
    """Fit a model."""
    fitted = fit_model(protocol, data, model, key.seed)
    loss, accuracy = fitted.on_train
    test_loss, test_accuracy = np.nan, np.nan
    if len(data.test.y):
        test_loss, test_accuracy = judged(protocol, fitted.model, data.test)
    record = _record(protocol, key, fitted.history) | {
        "train_loss": loss,
        "train_accuracy": accuracy,
        "test_accuracy": test_accuracy,
        "test_loss": test_loss,
        "passes": fitted.model.n_passes_,
        "seconds": float(fitted.history.seconds[-1]),
        "losses_computed": fitted.model.n_networks_,
        "gradients_computed": 0,
        "nonfinite": 0,
        "stop": "finished",
    }
    return Run(record, fitted.history, np.empty(0), data.scaler)


def _trained(protocol: Protocol, key: RunKey, optimizer: Optimizer, data: TrainTestSplit) -> Run:
    """Train the network."""
    fitness = fitness_of(protocol, data, optimizer)
    fitness.warm_up()  # the seconds of a run do not include compilation
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Interrupted after")
        _warm_up(type(optimizer).__name__)
        how: dict[str, Any] = {"budget": protocol.budget, "seconds": protocol.seconds}
        result = _uninterrupted(minimize(fitness, optimizer, seed=key.seed, **how))
    weights = fitness.complete(result.x)
    record = _record(protocol, key, result.history) | {
        "train_loss": result.fun,
        "train_accuracy": _accuracy(protocol, weights, data.train),
        "test_accuracy": _accuracy(protocol, weights, data.test),
        "test_loss": _loss(protocol, weights, data.test),
        "passes": result.passes,
        "seconds": result.seconds,
        "losses_computed": result.nfev,
        "gradients_computed": result.njev,
        "nonfinite": result.n_nonfinite,
        "stop": result.stop,
    }
    return Run(record, result.history, weights, data.scaler)


def _record(protocol: Protocol, key: RunKey, history: History) -> dict[str, Any]:
    """Return what a record says of every run that has ended, in the order of the columns."""
    reached = history.reached(protocol.target)
    passes, seconds = reached or (np.nan, np.nan)
    return {
        **dict.fromkeys(COLUMNS),
        **key._asdict(),
        "status": "done",
        "error": "",
        "target": protocol.target,
        "reached": reached is not None,
        "passes_to_target": passes,
        "seconds_to_target": seconds,
    }


@cache
def _warm_up(name: str) -> None:
    """Make an optimizer compile and import what it needs, on a problem that costs nothing."""
    for kind in OPTIMIZERS.values():
        if kind.__name__ == name:
            # Other libraries' optimizers compile nothing, and take their time.
            budget = 3000 if kind.library is None else 100
            _uninterrupted(minimize(sphere(2), kind(), budget=budget, seed=0))


def _uninterrupted(result: "OptimizeResult") -> "OptimizeResult":
    """Return a result, or raise the Ctrl-C that cut it short."""
    if result.stop == "interrupt":
        raise KeyboardInterrupt
    return result


def _loss(protocol: Protocol, weights: NDArray[np.float64], data: Subset) -> float:
    """Return the loss of weights on data, without the penalty."""
    if not len(data.y):
        return np.nan
    try:
        return float(_fitness(protocol, data)(weights)[0])
    except ValueError:  # a scorer may need classes that a small test part lacks
        return np.nan


def _accuracy(protocol: Protocol, weights: NDArray[np.float64], data: Subset) -> float:
    """Return the accuracy: over sequences, or over the steps that are scored.

    A target sequence counts as predicted only if all its labels are.
    """
    if not len(data.y):
        return np.nan
    network = protocol.network
    how: dict[str, Any] = {"lengths": data.lengths, "n_threads": protocol.n_threads}
    if network.decodes:
        predictions = network.decode(weights, data.X, max_steps=data.y.shape[1], **how)
        targets = (y[y != UNSCORED] for y in data.y)
        return float(np.mean([*map(np.array_equal, predictions, targets)]))
    scores = network.scores(weights, data.X, **how)
    scored = data.y != UNSCORED
    return float((scores.argmax(axis=-1) == data.y)[scored].mean())
