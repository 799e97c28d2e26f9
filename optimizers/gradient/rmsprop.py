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
    n_starts : int
        Independent descents in lockstep.
    learning_rate : float
        About the size of a step in each coordinate.
    decay : float
        Decay of the running square.
    epsilon : float
        Added to the root of the square.
    schedule, warmup, max_norm, n_batches
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.

    Notes
    -----
    s = decay s + (1 - decay) g^2, x = x - learning_rate g / (sqrt(s) + epsilon). The first
    steps are large, as s begins at 0 and nothing corrects for it; Adam does. For mini-batches
    and losses whose scale drifts; Rprop is better where the gradient is that of all the data.

    References
    ----------
    T. Tieleman, G. Hinton: Lecture 6.5, rmsprop. COURSERA: Neural Networks for Machine
    Learning, 2012.
    """

    learning_rate: float = setting(0.01, above=0.0)
    decay: float = setting(0.9, low=0.0, high=0.9999)
    epsilon: float = setting(1e-8, above=0.0)

    def make_update(self, points: Array) -> Step:
        """See :meth:`FirstOrder.make_update`."""
        from .gradient_updates import rmsprop_step

        square, decay, epsilon = np.zeros_like(points), float(self.decay), float(self.epsilon)

        def step(gradients: Array, factors: Array, rate: float) -> None:
            rmsprop_step(gradients, factors, decay, rate, epsilon, square, points)

        return step
