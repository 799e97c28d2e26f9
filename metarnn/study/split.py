"""What all runs on a problem share; the data of a seed, split and scaled by the training part."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.datasets import Dataset
from metarnn.networks.network import Network
from metarnn.own_parts import with_own_parts, without_own_parts
from metarnn.sequences import as_sequences

if TYPE_CHECKING:
    from sklearn.preprocessing import StandardScaler

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Protocol:
    """What all runs on a problem share; what differs are the optimizer, the seed and the fold.

    Attributes
    ----------
    dataset : Dataset
        Data; where seeds have their own, those of seed 0. Rows are standardized by column,
        sequences and images by input, with the means and deviations of the training part.
    network : Network
        The network to train.
    target : float
        Training loss for the passes and seconds to the target.
    budget, loss, alpha, solve, gradient_passes, test_fraction, timesteps, n_threads, seconds, folds
        As in the :class:`StudySettings`.
    instances : callable, optional
        Returns the data of a seed, where these differ.
    """

    dataset: Dataset
    network: Network
    budget: float
    target: float
    loss: str | Callable[..., Any]
    alpha: float
    solve: str | None
    gradient_passes: float
    test_fraction: float
    timesteps: int | str
    n_threads: int | None
    seconds: float | None = None
    folds: int | None = None
    instances: Callable[[int], Dataset] | None = None

    def data_of(self, seed: int) -> Dataset:
        """Return the data of a seed."""
        return self.dataset if self.instances is None else self.instances(seed)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = with_own_parts(vars(self))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(without_own_parts(state))

    @property
    def n_folds(self) -> int:
        """Runs of a seed: one for each fold; one without folds or without a test part."""
        return 1 if self.dataset.exhaustive else self.folds or 1


class Subset(NamedTuple):
    """Inputs with their classes, and the lengths of sequences, as Network.scores takes them."""

    X: NDArray[Any]
    y: NDArray[np.int64]
    lengths: NDArray[np.int64] | None

    def part(self, rows: Rows) -> "Subset":
        """Return some of the sequences."""
        return Subset(*(None if array is None else array[rows] for array in self))  # type: ignore[arg-type]


@dataclass(frozen=True)
class TrainTestSplit:
    """The data of one seed."""

    train: Subset
    test: Subset  # empty where the data contain every possible pattern
    scaler: "StandardScaler | None"  # of the inputs: by column for rows, else by input


@lru_cache(maxsize=2)
def split(protocol: Protocol, seed: int, fold: int = 0) -> TrainTestSplit:
    """Split and scale the data of a protocol, the same way for every optimizer.

    The last splits are kept, for the runs of the same seed follow each other. Raises a ValueError
    if a class has too few sequences for both parts.
    """
    data = protocol.data_of(seed)
    train, test = _rows(protocol, data, seed, fold)
    X, scaler = data.X, None
    if data.n_tokens is None and X.ndim < 4:
        X = as_sequences(X, protocol.timesteps)
    whole = Subset(X, data.y, data.lengths)
    seen, held_out = whole.part(train), whole.part(test)
    if data.n_tokens is None:
        scaler = _scaler_of(seen, data.X.shape[-1])
        seen, held_out = (part._replace(X=_scaled(part.X, scaler)) for part in (seen, held_out))
    return TrainTestSplit(seen, held_out, scaler)


def _rows(protocol: Protocol, data: Dataset, seed: int, fold: int) -> tuple[Rows, ...]:
    """Return which sequences are trained on, and which are held out."""
    from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

    folds = protocol.folds
    everything = np.arange(len(data.y))
    if data.exhaustive:
        return everything, everything[:0]
    classes = data.y if data.y.ndim == 1 else None
    if folds is None and data.test is not None:
        return np.flatnonzero(~data.test), np.flatnonzero(data.test)
    try:
        if folds is None:
            size = protocol.test_fraction
            halves: list[Rows] = train_test_split(
                everything, test_size=size, stratify=classes, random_state=seed
            )
            return tuple(halves)
        counts = len(everything) if classes is None else np.unique(classes, return_counts=True)[1]
        if (rarest := np.min(counts)) < folds:  # scikit-learn would only warn
            raise ValueError(f"the rarest class has {rarest} sequences for {folds} folds")
        kind = KFold if classes is None else StratifiedKFold
        splitter = kind(folds, shuffle=True, random_state=seed)
        train, test = list(splitter.split(everything, classes))[fold]
        return train, test
    except ValueError as error:
        how = f"{folds} folds" if folds else f"{protocol.test_fraction:.0%} held out"
        raise ValueError(
            f"{data.name} cannot be split into parts with all the classes, {how}: {error}"
        ) from None


def _scaler_of(train: Subset, width: int) -> "StandardScaler":
    """Return the scaler of training inputs: of the columns of rows, or of the inputs of steps."""
    from sklearn.preprocessing import StandardScaler

    rows = train.X.reshape(-1, width)
    if train.lengths is not None:
        rows = rows[(np.arange(train.X.shape[1]) < train.lengths[:, None]).ravel()]
    return StandardScaler().fit(rows)


def _scaled(X: NDArray[Any], scaler: "StandardScaler") -> NDArray[Any]:
    """Return inputs, which are overwritten, of mean 0 and deviation 1 in the training part."""
    if not len(X):  # a data set of every possible pattern has no test part
        return X
    rows = X.reshape(-1, scaler.n_features_in_)
    return np.asarray(scaler.transform(rows, copy=False)).reshape(X.shape)
