"""The one fitness: the loss of a network on data, for gradient and population alike."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.engine import LOSSES
from metarnn.engine.tiles import to_lanes
from metarnn.network import Network
from metarnn.optimizers import Order, Space
from metarnn.passes import Lessons, check_threads, population_gradients, population_losses

Floats = NDArray[np.float64]


class Fitness:
    """The training loss of weights, as an objective for every optimizer.

    It is the weighted mean over the sequences of the loss of each, plus
    alpha/2 times the sum of the squared weights, biases left out.

    Parameters
    ----------
    network : Network
        What is trained.
    X : (B, T, I) array_like
        Sequences; (B, T) is taken for I = 1.
    y : (B,) array_like of int
        Classes 0..K-1.
    loss : {"cross_entropy", "mse"}
        See ``metarnn.engine.LOSSES``.
    alpha : float
        L2 penalty. Other than in scikit-learn's MLPClassifier it is not divided by the
        number of sequences.
    sample_weight : (B,) array_like, optional
        Weight of each sequence. A weight of 2 counts as the sequence twice, one of 0 as if
        it were not there.
    gradient_passes : float
        Price of one gradient in passes. 3 is the field's usual figure; 2 and 5 tell how
        much a comparison depends on it. ``benchmarks/gradient_price.py`` measures it.
    n_threads : int, optional
        At most so many threads; the numbers are the same for any.

    Raises
    ------
    TypeError, ValueError
        Data that do not fit the network, are not finite or have no weight.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import Fitness, Network
    >>> from metarnn.optimizers import CuckooSearch, minimize
    >>> X, y = np.random.default_rng(0).normal(size=(20, 5, 1)), np.arange(20) % 2
    >>> fitness = Fitness(Network.build(1, 2, hidden=4), X, y)
    >>> result = minimize(fitness, CuckooSearch(), budget=500, seed=0)
    """

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: str = "cross_entropy",
        alpha: float = 0.0,
        sample_weight: ArrayLike | None = None,
        gradient_passes: float = 3.0,
        n_threads: int | None = None,
    ) -> None:
        if loss not in tuple(LOSSES):
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}.")
        alpha = _number("alpha", alpha, least=0.0)
        gradient_passes = _number("gradient_passes", gradient_passes, least=1.0)
        check_threads(n_threads)
        sequences = network.sequences(np.asarray(X, dtype=float))
        labels = _labels(y, len(sequences), network.n_classes)
        weights = _sample_weights(sample_weight, len(sequences))
        kept = weights > 0
        self.network = network
        self.loss = loss
        self.alpha = alpha
        self.gradient_passes = gradient_passes
        self.n_threads = n_threads
        self._tiles = network.pack_tiles(sequences[kept])
        lane_weights = to_lanes(weights[kept], np.float64)
        lane_weights.reshape(-1)[kept.sum() :] = 0.0  # the padding
        self._lessons = Lessons(LOSSES[loss].code, to_lanes(labels[kept], np.int64), lane_weights)
        self._total_weight = weights.sum()
        penalized = network.unpack(np.arange(network.n_weights))
        self._penalty = np.zeros(network.n_weights)
        for name, places in penalized.items():
            if not name.startswith("bias"):
                self._penalty[places.astype(int).ravel()] = alpha

    @property
    def dim(self) -> int:
        """D."""
        return self.network.n_weights

    @property
    def space(self) -> Space:
        """Where to search: the network's own initial weights and their scale."""
        return self.network.space

    def cost(self, order: Order) -> float:
        """Return the price of one point in passes."""
        if order == Order.VALUE:
            return 1.0
        if order == Order.GRADIENT:
            return self.gradient_passes
        raise ValueError(f"A Fitness has no {order.name}, and no price for it.")

    def __call__(self, weights: ArrayLike) -> Floats:
        """Return the losses (P,) of weights (P, D); NaN where the weights are not finite."""
        points = self.network.population(weights)
        sums = population_losses(
            self.network.shape, self._lessons, points, self._tiles, self.n_threads
        )
        return self._finish(points, sums)

    def gradient(self, weights: ArrayLike) -> tuple[Floats, Floats]:
        """Return the losses (P,) and exact gradients (P, D) of weights (P, D).

        By back-propagation through time.
        """
        points = self.network.population(weights)
        sums, gradients = population_gradients(
            self.network.shape, self._lessons, points, self._tiles, self.n_threads
        )
        gradients /= self._total_weight
        if self.alpha:
            with np.errstate(over="ignore", invalid="ignore"):
                gradients += self._penalty * points
        return self._finish(points, sums), gradients

    def _finish(self, points: NDArray[np.floating], sums: Floats) -> Floats:
        losses = sums / self._total_weight
        if self.alpha:
            with np.errstate(over="ignore", invalid="ignore"):
                # Not a matrix product, whose order of summation depends on the company.
                losses += 0.5 * (points.astype(float) ** 2 * self._penalty).sum(axis=1)
        # tanh of an infinite weight is finite, but such weights are no network.
        losses[~np.isfinite(points).all(axis=1)] = np.nan
        return losses


def _number(name: str, value: Any, least: float) -> float:
    if not isinstance(value, int | float | np.number) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    if not (np.isfinite(value) and value >= least):
        raise ValueError(f"{name} must be finite and at least {least:g}, got {value!r}.")
    return float(value)


def _labels(y: ArrayLike, n_sequences: int, n_classes: int) -> NDArray[np.int64]:
    labels = np.asarray(y)
    if labels.shape != (n_sequences,):
        raise ValueError(
            f"y must hold one class for each of the {n_sequences} sequences, "
            f"shape ({n_sequences},), got {labels.shape}."
        )
    wrong = labels
    if labels.dtype.kind in "iub":
        wrong = labels[(labels < 0) | (labels >= n_classes)]
    if len(wrong):
        raise ValueError(
            f"y must hold the classes as integers from 0 to {n_classes - 1}, got {wrong[0]!r} in "
            f"an array of {labels.dtype}; encode them first, as RNNClassifier does by itself."
        )
    return labels.astype(np.int64)


def _sample_weights(sample_weight: ArrayLike | None, n_sequences: int) -> Floats:
    if sample_weight is None:
        return np.ones(n_sequences)
    weights = np.asarray(sample_weight, dtype=float)
    if weights.shape != (n_sequences,):
        raise ValueError(
            f"sample_weight must have shape ({n_sequences},), one for each sequence, "
            f"got {weights.shape}."
        )
    with np.errstate(over="ignore"):
        total = weights.sum()
    if weights.min() < 0 or not 0 < total < np.inf:
        raise ValueError("sample_weight must be finite, not negative and not all zero.")
    return weights
