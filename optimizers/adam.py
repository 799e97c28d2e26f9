"""Adam: descent scaled by running moments of the gradient."""

from dataclasses import dataclass
from itertools import count

import numpy as np

from .descent import Descent, shortening
from .optimizer import Array, Ask, Order, Search, setting
from .space import Space


@dataclass
class Adam(Descent):
    """Adam: descent scaled by running moments of the gradient.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    learning_rate : float
        alpha, about the size of a step in each coordinate.
    beta1, beta2 : float
        Decay of the running mean and of the running square.
    epsilon : float
        Added to the root of the square.
    max_norm : float or None
        Longer gradients are shortened to this norm.

    Notes
    -----
    Algorithm 1 of Kingma and Ba (2015). A robust first choice for differentiable losses.
    Its last iterate is often worse than its best one; the best is what a result holds. From
    one start it stays in the minimum it falls into: give it several where that happens.

    References
    ----------
    D. P. Kingma, J. Ba: Adam: a method for stochastic optimization. ICLR 2015,
    arXiv:1412.6980.
    """

    learning_rate: float = setting(0.02, above=0.0)
    beta1: float = setting(0.9, low=0.0, high=0.9999)
    beta2: float = setting(0.999, low=0.0, high=0.999999)
    epsilon: float = setting(1e-8, above=0.0)
    max_norm: float | None = setting(1.0, above=0.0)

    def descend(self, points: Array, space: Space) -> Search:
        """See :meth:`Descent.descend`."""
        from .updates import adam_step

        points = np.array(points, dtype=float)
        mean, square = np.zeros_like(points), np.zeros_like(points)
        beta1, beta2, epsilon = float(self.beta1), float(self.beta2), float(self.epsilon)
        for t in count(1):
            gradients = (yield Ask(points, Order.GRADIENT)).slopes
            factors = shortening(gradients, self.max_norm)
            # The running moments begin at zero, which is corrected for.
            rate = self.learning_rate / (1 - beta1**t)
            unbias = 1 / (1 - beta2**t)
            adam_step(gradients, factors, beta1, beta2, rate, unbias, epsilon, mean, square, points)
            points = space.repair(points)
