"""Choose among random networks those whose readout predicts best what it has not seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from metarnn.linear import RidgePath
from metarnn.optimizers import Optimizer, Space, minimize
from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.validation import MaybeArray

from .extraction import Extractor
from .model import FeatureModel, standardizing

Floats = NDArray[np.float64]
Model = TypeVar("Model", bound=FeatureModel)

#: Greedy methods look at all networks so many times, and take or drop several at once.
ROUNDS = 8
#: Kernels of networks take no more bytes.
MAX_BYTES = 4e9
#: Of the mean of a kernel's diagonal, added to it: rounding must not make it indefinite.
JITTER = 1e-9


class SelectionFitness:
    """The leave-one-out error of the readout of some of N networks, as an objective.

    A point is N numbers, of which the k largest name the networks. Its loss is the squared error
    with which the ridge on their features predicts each training sequence by the others, with the
    best of the penalties. The features are there already, so that no point costs a pass: a value
    takes time of order B^3. The kernels X X' of the networks are kept, 8 N B^2 bytes, and that of
    some networks is their sum.

    Parameters
    ----------
    features : (N, B, R) array_like
        Standardized features of each network.
    targets : (B, K) array_like
        Numbers, or indicators of classes.
    n_chosen : int
        k, the networks to choose.
    penalties : (n,) array_like
        Of the ridge, for each feature of deviation 1.
    weights : (B,) array_like, optional
        Of the sequences.

    Raises
    ------
    ValueError
        Kernels that take more than 4 GB, or `n_chosen` out of 1 to N.
    """

    floor = 0.0

    def __init__(
        self,
        features: Any,
        targets: Any,
        n_chosen: int,
        penalties: Any,
        weights: Any = None,
    ) -> None:
        N, B, _ = np.shape(features)
        if not 1 <= n_chosen <= N:
            raise ValueError(f"n_chosen must be from 1 to the {N} networks, got {n_chosen!r}.")
        if (size := 8 * N * B**2) > MAX_BYTES:
            raise ValueError(
                f"The kernels of {N} networks on {B} sequences take {size / 1e9:.1f} GB; choose "
                "among fewer networks, or on fewer sequences."
            )
        X = np.asarray(features, dtype=np.float64)
        self.kernels: Floats = X @ X.mT
        self.n_chosen, self.space = n_chosen, Space.box(0.0, 1.0, N)
        self._targets, self._weights = np.asarray(targets, dtype=np.float64), weights
        self._penalties = np.asarray(penalties, dtype=np.float64)

    def __call__(self, points: Floats) -> Floats:
        """Return the errors (n,) of points (n, N)."""
        return np.array([self.error(self.kernels[self.chosen(p)].sum(axis=0)) for p in points])

    def chosen(self, point: Floats) -> NDArray[np.intp]:
        """Return the networks (k,) that a point names, in their order."""
        return np.sort(np.argsort(-point, kind="stable")[: self.n_chosen])

    def error(self, kernel: Floats) -> float:
        """Return the leave-one-out error of the ridge with a kernel (B, B)."""
        B, mean = len(kernel), np.trace(kernel) / len(kernel)
        if not 0 < mean < np.inf:
            return float(np.inf)
        root = np.linalg.cholesky(kernel / mean + JITTER * np.eye(B))
        path = RidgePath(root, self._targets, self._weights)
        return float(path.best(self._penalties).losses.min())

    def forward(self) -> NDArray[np.intp]:
        """Return the networks (k,) that are best with those before them, an eighth at a time."""
        chosen: list[int] = []
        kernel = np.zeros_like(self.kernels[0])
        while len(chosen) < self.n_chosen:
            left = np.setdiff1d(np.arange(len(self.kernels)), chosen)
            errors = [self.error(kernel + self.kernels[network]) for network in left]
            step = min(-(-self.n_chosen // ROUNDS), self.n_chosen - len(chosen))
            best = left[np.argsort(errors, kind="stable")[:step]]
            kernel += self.kernels[best].sum(axis=0)
            chosen += best.tolist()
        return np.sort(chosen)

    def backward(self) -> NDArray[np.intp]:
        """Return the networks (k,) that are left when those are dropped that are missed least."""
        left = np.arange(len(self.kernels))
        kernel = self.kernels.sum(axis=0)
        step = max(1, -(-(len(left) - self.n_chosen) // ROUNDS))
        while len(left) > self.n_chosen:
            errors = [self.error(kernel - self.kernels[network]) for network in left]
            missed = np.argsort(errors, kind="stable")
            dropped = missed[: min(step, len(left) - self.n_chosen)]
            kernel -= self.kernels[left[dropped]].sum(axis=0)
            left = np.delete(left, dropped)
        return left


#: Ways to choose that need no optimizer.
GREEDY: dict[Any, Callable[[SelectionFitness], NDArray[np.intp]]] = {
    "forward": SelectionFitness.forward,
    "backward": SelectionFitness.backward,
}


def select_networks(
    model: Model,
    X: Any,
    y: ArrayLike,
    n_networks: int,
    how: str | Optimizer = "forward",
    *,
    sample_weight: MaybeArray = None,
    lengths: MaybeArray = None,
    budget: int = 1000,
    seed: int | None = None,
) -> Model:
    """Return a model with the best of the networks of a fitted one, its readout solved again.

    Predictions then cost as many passes as there are networks left. Do not expect a higher accuracy
    than that of all networks: with few training sequences, a choice among many subsets finds what
    fits these sequences by chance (see docs/features.md). It costs a pass for each network of both
    models.

    Parameters
    ----------
    model : RecurrentFeaturesClassifier or RecurrentFeaturesRegressor
        Fitted; it stays as it is.
    X, y
        The training data of the model.
    n_networks : int
        How many networks to keep.
    how : "forward", "backward", or an optimizer
        Greedily, or by any optimizer that needs values only, over N numbers whose largest name
        the networks; see :class:`SelectionFitness`.
    sample_weight, lengths
        The training data of the model.
    budget : int
        Subsets that an optimizer may judge. They cost no passes.
    seed : int, optional
        Of the optimizer.

    Returns
    -------
    RecurrentFeaturesClassifier or RecurrentFeaturesRegressor
        A fitted copy of fewer networks.

    Raises
    ------
    ValueError
        `n_networks` out of 1 to N, an unknown `how`, or too many sequences for the kernels.
    """
    check_is_fitted(model)
    chosen = clone(model)
    reader, targets, examples = chosen._read_examples(X, y, sample_weight, lengths)
    if reader.n_inputs > model.n_channels_in_ or (
        model.embedding is None and reader.n_inputs != model.n_channels_in_
    ):
        raise ValueError(
            f"X has {reader.n_inputs} inputs, and the model was fitted to {model.n_channels_in_}: "
            "give the sequences of its fit, or others like them."
        )
    reader.n_inputs = model.n_channels_in_  # of tokens, the model may know more
    weights, extractor = examples.weights, model.extractor_
    read = ParsedInput(examples.X, examples.lengths)
    features = extractor(read, model.n_threads).astype(np.float64)
    means, factors = standardizing(features, weights, extractor.dtype)
    own = ((features - means) * factors).reshape(len(features), model.n_networks_, -1)
    columns = chosen._columns(targets, examples.targets)
    penalties = chosen._penalties * weights.mean()
    fitness = SelectionFitness(own.swapaxes(0, 1), columns, n_networks, penalties, weights)
    if isinstance(how, str) and how in GREEDY:
        kept = GREEDY[how](fitness)
    else:
        kept = fitness.chosen(minimize(fitness, how, budget=budget, seed=seed).x)
    return chosen._fit_readout(_some(extractor, kept), reader, targets, examples)


def _some(extractor: Extractor, networks: NDArray[np.intp]) -> Extractor:
    """Return an extractor with some of the networks (k,)."""
    populations, first = [], 0
    for population in extractor.populations:
        own = networks[(first <= networks) & (networks < first + len(population.weights))] - first
        first += len(population.weights)
        if len(own):
            populations.append(replace(population, weights=population.weights[own]))
    return replace(extractor, populations=populations)
