"""One training run of an optimizer on a data set, under the conditions that all runs share."""

import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metarnn.datasets import Dataset
from metarnn.fitness import Fitness
from metarnn.network import Network
from metarnn.optimizers import OPTIMIZERS, History, Optimizer, ProgressBar, minimize
from metarnn.optimizers.functions import sphere
from metarnn.sequences import as_sequences

if TYPE_CHECKING:
    from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Protocol:
    """What all the runs of a comparison share.

    Attributes
    ----------
    dataset : Dataset
        Data. Rows are standardised column by column, sequences input by input, with the
        means and deviations of the training part.
    network : Network
        What is trained.
    budget : float
        Passes of each run.
    target : float
        The training loss to which passes and seconds are counted.
    loss, alpha, gradient_passes
        See :class:`metarnn.Fitness`.
    test_fraction : float
        Share held out, drawn anew for each seed, the same for all optimizers; nothing is
        where the data are all the patterns there are.
    timesteps : int or None
        Steps into which rows are cut.
    n_threads : int or None
        Threads of a run.
    n_jobs : int
        Runs at a time.
    """

    dataset: Dataset
    network: Network
    budget: float
    target: float
    loss: str
    alpha: float
    gradient_passes: float
    test_fraction: float
    timesteps: int | None
    n_threads: int | None
    n_jobs: int


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes
    ----------
    record : dict
        A row of the result table.
    history : History
        Passes, seconds and losses by iteration.
    weights : (D,) array
        Best weights.
    scaler : StandardScaler
        What the inputs were scaled with: by column for rows, by input for sequences.
    """

    record: dict[str, Any]
    history: History
    weights: NDArray[np.float64]
    scaler: "StandardScaler"


@dataclass(frozen=True)
class Part:
    """The data of one seed: training and test part, scaled by the training part.

    Attributes
    ----------
    X, y, X_test, y_test : arrays
        Sequences (B, T, I) and classes; the test part of exhaustive data is empty.
    scaler : StandardScaler
        What they were scaled with: by column for rows, by input for sequences.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    X_test: NDArray[np.float64]
    y_test: NDArray[np.int64]
    scaler: "StandardScaler"


def split(protocol: Protocol, seed: int) -> Part:
    """Split and scale the data of a protocol, the same way for every optimizer.

    Raises
    ------
    ValueError
        Too few sequences of a class for both parts.
    """
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    data = protocol.dataset
    everything = np.arange(len(data.y))
    train, test = everything, everything[:0]
    if not data.exhaustive:
        try:
            train, test = train_test_split(
                everything,
                test_size=protocol.test_fraction,
                stratify=data.y,
                random_state=seed,
            )
        except ValueError as error:
            raise ValueError(
                f"{data.name} cannot be split into parts with all the classes, "
                f"{protocol.test_fraction:.0%} held out: {error}"
            ) from None
    # The scaler takes tables: of a sequence, every step is a row.
    width = data.X.shape[-1]
    scaler = StandardScaler().fit(data.X[train].reshape(-1, width))
    X = scaler.transform(data.X.reshape(-1, width)).reshape(data.X.shape)
    X = as_sequences(X, protocol.timesteps)
    return Part(X[train], data.y[train], X[test], data.y[test], scaler)


def fitness_of(protocol: Protocol, part: Part) -> Fitness:
    """Return the fitness that a run minimizes."""
    return Fitness(
        protocol.network,
        part.X,
        part.y,
        loss=protocol.loss,
        alpha=protocol.alpha,
        gradient_passes=protocol.gradient_passes,
        n_threads=protocol.n_threads,
    )


@cache
def _rehearse(name: str) -> None:
    """Let an optimizer of ours compile what it needs, on a problem that costs nothing."""
    for kind in OPTIMIZERS.values():
        if kind.__name__ == name:
            minimize(sphere(2), kind(), budget=3000, seed=0)


def train(
    protocol: Protocol,
    name: str,
    optimizer: Optimizer,
    seed: int,
    callback: ProgressBar | None = None,
) -> Run:
    """Train with one optimizer and one seed.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C: a run that did not spend its budget compares with no other.
    """
    part = split(protocol, seed)
    fitness = fitness_of(protocol, part)
    fitness.warm_up()  # compiling is no part of anybody's seconds
    _rehearse(type(optimizer).__name__)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Interrupted after")
        result = minimize(
            fitness,
            optimizer,
            budget=protocol.budget,
            seed=seed,
            callback=callback,
        )
    if result.stop == "interrupt":
        raise KeyboardInterrupt
    reached = result.history.reached(protocol.target)
    passes, seconds = reached or (np.nan, np.nan)
    record = {
        "dataset": protocol.dataset.name,
        "optimizer": name,
        "seed": seed,
        "train_loss": result.fun,
        "train_accuracy": _accuracy(protocol, result.x, part.X, part.y),
        "test_accuracy": _accuracy(protocol, result.x, part.X_test, part.y_test),
        "passes": result.passes,
        "seconds": result.seconds,
        "target": protocol.target,
        "reached": reached is not None,
        "passes_to_target": passes,
        "seconds_to_target": seconds,
        "losses_computed": result.nfev,
        "gradients_computed": result.njev,
        "nonfinite": result.n_nonfinite,
        "stop": result.stop,
    }
    return Run(record, result.history, result.x, part.scaler)


def _accuracy(
    protocol: Protocol,
    weights: NDArray[np.float64],
    X: NDArray[np.float64],
    y: NDArray[np.int64],
) -> float:
    if not len(y):
        return np.nan
    scores = protocol.network.scores(weights, X, n_threads=protocol.n_threads)
    return float((scores.argmax(axis=1) == y).mean())
