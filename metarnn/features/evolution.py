"""Evolve what random networks are drawn from, by any optimizer, within a budget of passes."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from metarnn.optimizers import Optimizer, Order, Space, minimize
from metarnn.sequences.validation import MaybeArray

from .distribution import CELLS
from .model import FeatureModel

Floats = NDArray[np.float64]
Model = TypeVar("Model", bound=FeatureModel)

#: The parameters of a model that a point holds the logarithms of, two numbers each, and how far
#: these go; time constants go to the number of steps.
BOUNDS = {"scales": (0.01, 10.0), "recurrences": (0.01, 3.0), "time_constants": (1.0, 0.0)}


class DistributionFitness:
    """The error of a model by the distribution that its networks are drawn from, as an objective.

    A point holds the logarithms of two bounds of the input scales, two of the recurrent ones and
    two of the time constants, and the share of each cell: D = 10 numbers. Its loss is the squared
    error with which the ridge on the features of a few networks, drawn from there, predicts each
    training sequence by the others. The draws of all points have the same seed, so that points
    differ by their distribution, and not by luck.

    Parameters
    ----------
    model : RecurrentFeaturesClassifier or RecurrentFeaturesRegressor
        Its other parameters hold for all points.
    X, y, sample_weight, lengths
        As in the fit of the model.
    n_networks : int
        Networks that a point is judged by, and so its price in passes.
    seed : int
        Of the draws.
    """

    floor = 0.0

    def __init__(
        self,
        model: FeatureModel,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: MaybeArray = None,
        lengths: MaybeArray = None,
        n_networks: int = 12,
        seed: int = 0,
    ) -> None:
        if n_networks < 1:
            raise ValueError(f"n_networks must be at least 1, got {n_networks!r}.")
        self._fit = {"X": X, "y": y, "sample_weight": sample_weight, "lengths": lengths}
        one = clone(model).set_params(n_features=1, random_state=seed).fit(**self._fit)
        n_features = n_networks * one.extractor_.n_features
        self._model = clone(one).set_params(n_features=n_features)
        self._n_networks = n_networks
        bounds = BOUNDS | {"time_constants": (1.0, max(2.0, float(one.n_timesteps_in_)))}
        low, high = np.log([*bounds.values()]).T.repeat(2, axis=1)
        n_cells = len(CELLS)
        self.space = Space.box(
            np.concatenate([low, np.zeros(n_cells)]), np.concatenate([high, np.ones(n_cells)])
        )

    def __call__(self, points: Floats) -> Floats:
        """Return the leave-one-out errors (n,) of points (n, D)."""
        return np.array([self._loss(point) for point in points])

    def cost(self, order: Order) -> float:
        """Return the price of a point in passes: one for each network."""
        return float(self._n_networks)

    def settings(self, point: Floats) -> dict[str, Any]:
        """Return the parameters of a model that a point stands for."""
        pairs = np.exp(np.sort(point[: 2 * len(BOUNDS)].reshape(-1, 2), axis=1))
        found = {name: tuple(pair.tolist()) for name, pair in zip(BOUNDS, pairs, strict=True)}
        shares = point[2 * len(BOUNDS) :].clip(0.0)
        shares = shares if shares.any() else np.ones(len(CELLS))
        return found | {"cells": dict(zip(CELLS, shares.tolist(), strict=True))}

    def _loss(self, point: Floats) -> float:
        model = clone(self._model).set_params(**self.settings(point))
        return float(model.fit(**self._fit).penalty_losses_.min())


def evolve_distribution(
    model: Model,
    X: Any,
    y: ArrayLike,
    optimizer: str | Optimizer = "cuckoo",
    *,
    sample_weight: MaybeArray = None,
    lengths: MaybeArray = None,
    budget: float = 1200,
    n_networks: int = 12,
    seed: int = 0,
) -> Model:
    """Return a model, not fitted, with `cells`, `scales`, `recurrences` and `time_constants`.

    These are the best that an optimizer finds for the training data within a budget of passes.
    Where the default distribution is right, this gains nothing; where it is not, such as where
    sums must be kept, it does (see docs/features.md).

    Parameters
    ----------
    model, X, y
        See :class:`DistributionFitness`; the seed is also the optimizer's.
    optimizer : str or Optimizer
        Any that needs values only.
    sample_weight, lengths
        See :class:`DistributionFitness`; the seed is also the optimizer's.
    budget : float
        Passes: one for each network and point.
    n_networks, seed
        See :class:`DistributionFitness`; the seed is also the optimizer's.

    Returns
    -------
    RecurrentFeaturesClassifier or RecurrentFeaturesRegressor
        A copy with other settings, to be fitted.

    Raises
    ------
    TypeError, ValueError
        Parameters or data that cannot be used, or a budget of less than one point.
    """
    if not budget >= n_networks:
        raise ValueError(
            f"budget must pay for one point at least, {n_networks} passes, got {budget!r}."
        )
    fitness = DistributionFitness(
        model,
        X,
        y,
        sample_weight=sample_weight,
        lengths=lengths,
        n_networks=n_networks,
        seed=seed,
    )
    found = minimize(fitness, optimizer, budget=budget, seed=seed)
    return clone(model).set_params(**fitness.settings(found.x))
