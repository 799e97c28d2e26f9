"""One training run of an optimizer on a data set, under the conditions that all runs share."""

import operator
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.datasets import Dataset
from metarnn.fitness import Fitness
from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, History, Optimizer, ProgressBar, minimize
from metarnn.optimizers.test_functions import sphere
from metarnn.sequences import as_sequences
from metarnn.sequences.validation import UNSCORED

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult
    from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Protocol:
    """What all the runs of a comparison share.

    Attributes
    ----------
    dataset : Dataset
        Data. Rows are standardised column by column, sequences and images input by input,
        with the means and deviations of the training part.
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
    seconds : float or None
        Of each run at most, beside the budget.
    folds : int or None
        Parts of which each is held out once, instead of a share; drawn anew for each seed.
    """

    dataset: Dataset
    network: Network
    budget: float
    target: float
    loss: str | Callable[..., Any]
    alpha: float
    gradient_passes: float
    test_fraction: float
    timesteps: int | None
    n_threads: int | None
    n_jobs: int
    seconds: float | None = None
    folds: int | None = None

    @property
    def n_folds(self) -> int:
        """Runs that a seed takes: the folds; one without, or without a held-out part."""
        return 1 if self.dataset.exhaustive else self.folds or 1


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
    scaler : StandardScaler or None
        What the inputs were scaled with: by column for rows, else by input; tokens are not.
    """

    record: dict[str, Any]
    history: History
    weights: NDArray[np.float64]
    scaler: "StandardScaler | None"


class Examples(NamedTuple):
    """Inputs with their answers, and the lengths of sequences, as Network.scores takes them."""

    X: NDArray[Any]
    y: NDArray[np.int64]
    lengths: NDArray[np.int64] | None

    def part(self, rows: NDArray[np.int64]) -> "Examples":
        """Return some of them."""
        return Examples(*(None if array is None else array[rows] for array in self))  # type: ignore[arg-type]


@dataclass(frozen=True)
class TrainTestSplit:
    """The data of one seed, scaled by the training part.

    Attributes
    ----------
    train, test : Examples
        The test part of exhaustive data is empty.
    scaler : StandardScaler or None
        What inputs were scaled with: by column for rows, else by input; tokens are not.
    """

    train: Examples
    test: Examples
    scaler: "StandardScaler | None"


def seeds_of(seeds: int | Sequence[int]) -> list[int]:
    """Return different seeds, of how many or which.

    Raises
    ------
    ValueError
        None, one twice, or numbers that are no seeds.
    """
    chosen = range(seeds) if isinstance(seeds, int | np.integer) else seeds
    wrong = ValueError(
        "seeds must be how many, at least 1, or a list of different integers below 2**32, "
        f"got {seeds!r}."
    )
    try:
        numbers = [operator.index(seed) for seed in chosen]
    except TypeError:
        raise wrong from None
    if not numbers or len(set(numbers)) < len(numbers):
        raise wrong
    if min(numbers) < 0 or max(numbers) >= 2**32:  # what scikit-learn's split takes
        raise wrong
    return numbers


def split(protocol: Protocol, seed: int, fold: int = 0) -> TrainTestSplit:
    """Split and scale the data of a protocol, the same way for every optimizer.

    Parameters
    ----------
    protocol : Protocol
        With the data.
    seed : int
        What the split is drawn by.
    fold : int
        Which of the protocol's folds is held out, from 0.

    Raises
    ------
    ValueError
        Too few sequences of a class for both parts.
    """
    data = protocol.dataset
    train, test = _places(protocol, seed, fold)
    X, scaler = data.X, None
    if data.n_tokens is None:
        X, scaler = _scaled(data, train)
        X = as_sequences(X, protocol.timesteps) if X.ndim < 4 else X
    examples = Examples(X, data.y, data.lengths)
    return TrainTestSplit(examples.part(train), examples.part(test), scaler)


def _places(protocol: Protocol, seed: int, fold: int) -> tuple[NDArray[np.int64], ...]:
    """Return which sequences are trained on, and which are held out."""
    from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

    data = protocol.dataset
    everything = np.arange(len(data.y))
    if data.exhaustive:
        return everything, everything[:0]
    classes = data.y if data.y.ndim == 1 else None
    own = data.test  # the source's
    if protocol.folds is None and own is not None:
        return np.flatnonzero(~own), np.flatnonzero(own)
    try:
        if protocol.folds is None:
            halves: list[NDArray[np.int64]] = train_test_split(
                everything,
                test_size=protocol.test_fraction,
                stratify=classes,
                random_state=seed,
            )
            return tuple(halves)
        kind = KFold if classes is None else StratifiedKFold
        splitter = kind(protocol.folds, shuffle=True, random_state=seed)
        rarest = (
            len(everything) if classes is None else np.unique(classes, return_counts=True)[1].min()
        )
        if rarest < protocol.folds:  # scikit-learn would only warn
            raise ValueError(f"the rarest class has {rarest} sequences for {protocol.folds} folds")
        train, test = list(splitter.split(everything, classes))[fold]
        return train, test
    except ValueError as error:
        share = f"{protocol.test_fraction:.0%} held out"
        how = share if protocol.folds is None else f"{protocol.folds} folds"
        raise ValueError(
            f"{data.name} cannot be split into parts with all the classes, {how}: {error}"
        ) from None


def _scaled(data: Dataset, train: NDArray[np.int64]) -> tuple[NDArray[Any], "StandardScaler"]:
    """Return inputs of mean 0 and deviation 1 in the training part, and what made them so."""
    from sklearn.preprocessing import StandardScaler

    # The scaler takes tables: of a sequence, every step that it has is a row.
    width = data.X.shape[-1]
    rows = data.X[train].reshape(-1, width)
    if data.lengths is not None:
        rows = rows[(np.arange(data.X.shape[1]) < data.lengths[train, None]).ravel()]
    scaler = StandardScaler().fit(rows)
    return scaler.transform(data.X.reshape(-1, width)).reshape(data.X.shape), scaler


def fitness_of(protocol: Protocol, part: TrainTestSplit) -> Fitness:
    """Return the fitness that a run minimizes."""
    return Fitness(
        protocol.network,
        part.train.X,
        part.train.y,
        lengths=part.train.lengths,
        loss=protocol.loss,
        alpha=protocol.alpha,
        gradient_passes=protocol.gradient_passes,
        n_threads=protocol.n_threads,
    )


@cache
def _warm_up(name: str) -> None:
    """Let an optimizer compile what it needs, or import, on a problem that costs nothing."""
    for kind in OPTIMIZERS.values():
        if kind.__name__ == name:
            # Libraries compile nothing, and take their time.
            budget = 3000 if kind.library is None else 100
            _uninterrupted(minimize(sphere(2), kind(), budget=budget, seed=0))


def _uninterrupted(result: "OptimizeResult") -> "OptimizeResult":
    """Pass a result on, or the Ctrl-C that cut it short: it compares with no other."""
    if result.stop == "interrupt":
        raise KeyboardInterrupt
    return result


def train(
    protocol: Protocol,
    name: str,
    optimizer: Optimizer,
    seed: int,
    callback: ProgressBar | None = None,
    *,
    fold: int = 0,
) -> Run:
    """Train with one optimizer and one seed.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C: a run that did not spend its budget compares with no other.
    """
    part = split(protocol, seed, fold)
    fitness = fitness_of(protocol, part)
    fitness.warm_up()  # compiling is no part of anybody's seconds
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Interrupted after")
        _warm_up(type(optimizer).__name__)
        result = _uninterrupted(
            minimize(
                fitness,
                optimizer,
                budget=protocol.budget,
                seed=seed,
                seconds=protocol.seconds,
                callback=callback,
            )
        )
    reached = result.history.reached(protocol.target)
    passes, seconds = reached or (np.nan, np.nan)
    record = {
        "dataset": protocol.dataset.name,
        "optimizer": name,
        "seed": seed,
        "train_loss": result.fun,
        "train_accuracy": _accuracy(protocol, result.x, part.train),
        "test_accuracy": _accuracy(protocol, result.x, part.test),
        "test_loss": _loss(protocol, result.x, part.test),
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


def _loss(protocol: Protocol, weights: NDArray[np.float64], data: Examples) -> float:
    """Return the loss of weights on data, without the penalty."""
    if not len(data.y):
        return np.nan
    network, threads = protocol.network, protocol.n_threads
    try:
        fitness = Fitness(
            network, data.X, data.y, lengths=data.lengths, loss=protocol.loss, n_threads=threads
        )
        return float(fitness(weights)[0])
    except ValueError:  # a scorer may want classes that a small held-out part lacks
        return np.nan


def _accuracy(protocol: Protocol, weights: NDArray[np.float64], data: Examples) -> float:
    """Return the share of right answers: of sequences, or of the steps that are scored.

    Where answers are sequences, all of one has to be right.
    """
    if not len(data.y):
        return np.nan
    network, X, lengths = protocol.network, data.X, data.lengths
    if network.decodes:
        answers = network.decode(
            weights, X, lengths=lengths, max_steps=data.y.shape[1], n_threads=protocol.n_threads
        )
        expected = (y[y != UNSCORED] for y in data.y)
        return float(np.mean([*map(np.array_equal, answers, expected)]))
    scores = network.scores(weights, X, lengths=lengths, n_threads=protocol.n_threads)
    scored = data.y != UNSCORED
    return float((scores.argmax(axis=-1) == data.y)[scored].mean())
