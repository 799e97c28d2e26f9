"""The losses that networks are trained with by gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy  # whose parts load when they are used
from numpy.typing import NDArray

from . import loss_kernels as kernels
from .jit import Routine

Array = NDArray[np.floating]


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _normalized_sigmoid(scores: Array) -> Array:
    # log sigmoid first: outputs that are all close to 0 still differ.
    return _softmax(-np.logaddexp(0.0, -scores))


@dataclass(frozen=True)
class Loss:
    """A loss that networks are trained with."""

    #: (scores (K, 32), K, targets, losses (32)): compute the losses. The targets are labels (32)
    #: or, of a regression, numbers (K, 32).
    losses: Routine
    #: (scores, K, targets, losses, weights (32), gradients (K, 32)): compute these, and weight
    #: times the derivatives by the scores.
    gradients: Routine
    #: (scores, K, weights, k, column (K, 32)): compute column k of a square root of weight times
    #: the Gauss-Newton matrix of the loss by the scores.
    factor: Routine
    description: str  # one line


@dataclass(frozen=True)
class ClassLoss(Loss):
    """A loss of classification: its targets are labels."""

    probabilities: Callable[[Array], Array]  # of classes (..., K), from scores (..., K)
    #: Class frequencies (K,) to the loss of predicting them for every sequence, which a network
    #: that ignores its input can reach.
    baseline_loss: Callable[[Array], float]


#: Losses of classification.
LOSSES: dict[str, ClassLoss] = {
    "cross_entropy": ClassLoss(
        *kernels.loss_routines(
            "cross_entropy", kernels.cross_entropy, kernels.cross_entropy_factor
        ),
        "softmax outputs, minus the log-probability of the class",
        _softmax,
        lambda frequencies: float(scipy.special.entr(frequencies).sum()),
    ),
    "mse": ClassLoss(
        *kernels.loss_routines("mse", *kernels.mean_square(kernels.logistic, kernels.from_class)),
        "logistic outputs, mean squared distance to 0 and 1",
        _normalized_sigmoid,
        lambda frequencies: float((frequencies * (1 - frequencies)).mean()),
    ),
}

#: Losses of regression: a sequence, or each of its steps, has K numbers as targets. They have a
#: table of their own because nothing here has probabilities.
NUMBER_LOSSES: dict[str, Loss] = {
    "squared_error": Loss(
        *kernels.loss_routines(
            "squared_error", *kernels.mean_square(kernels.linear, kernels.from_number)
        ),
        "of numbers, not classes: mean squared distance to the targets",
    )
}
