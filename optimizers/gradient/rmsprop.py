"""RMSprop: descent scaled by the running square of the gradient."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Array, setting
from .first_order import FirstOrder, Step


@dataclass
class RMSprop(FirstOrder):
    """RMSprop: descent scaled by the running square of the gradient.

    Parameters
    ----------
    n_starts
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.
    learning_rate : float
        The approximate size of a step in each coordinate.
    schedule, warmup, max_norm, n_batches
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.
    decay : float
        Decay of the running square of the gradient.
    epsilon : float
        Added to the root of the running square.

    Notes
    -----
    s = decay s + (1 - decay) g^2, x = x - learning_rate g / (sqrt(s) + epsilon). The first
    steps are large, since s begins at 0 without a correction, unlike Adam's. For mini-batches
    and losses whose scale drifts; Rprop is better with the gradient of all data.

    References
    ----------
    T. Tieleman, G. Hinton: Lecture 6.5, rmsprop. COURSERA: Neural Networks for Machine
    Learning, 2012.
    """

    learning_rate: float = setting(0.01, above=0.0, tune=(1e-3, 0.3), log=True)
    decay: float = setting(0.9, low=0.0, high=0.9999, tune=(0.5, 0.99))
    epsilon: float = setting(1e-8, above=0.0)

    def make_update(self, points: Array) -> Step:
        from .gradient_updates import rmsprop_step

        square, decay, epsilon = np.zeros_like(points), float(self.decay), float(self.epsilon)

        def step(gradients: Array, factors: Array, rate: float) -> None:
            rmsprop_step(gradients, factors, decay, rate, epsilon, square, points)

        return step
