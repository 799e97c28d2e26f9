"""Gradient descent with momentum."""

from dataclasses import dataclass

import numpy as np

from .descent import Descent, shortening
from .optimizer import Array, Ask, Order, Search, setting
from .space import Space


@dataclass
class GradientDescent(Descent):
    """Gradient descent with momentum, known as back-propagation.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    learning_rate : float
        Step along the velocity.
    momentum : float
        Share of the velocity that is kept.
    max_norm : float or None
        Longer gradients are shortened to this norm, without which recurrent networks are
        thrown far away where their gradients explode.

    Notes
    -----
    v = momentum v - learning_rate g, x = x + v (Polyak 1964; Rumelhart, Hinton and Williams
    1986). One learning rate has to fit all weights, so it is slow wherever the curvature
    differs between them: prefer Adam or Rprop, unless the plain method is what you study.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent neural
    networks. ICML 2013 (the clipping).
    """

    learning_rate: float = setting(0.1, above=0.0)
    momentum: float = setting(0.9, low=0.0, high=1.0)
    max_norm: float | None = setting(1.0, above=0.0)

    def descend(self, points: Array, space: Space) -> Search:
        """See :meth:`Descent.descend`."""
        from .updates import momentum_step

        points = np.array(points, dtype=float)
        velocity = np.zeros_like(points)
        momentum, rate = float(self.momentum), float(self.learning_rate)
        while True:
            gradients = (yield Ask(points, Order.GRADIENT)).slopes
            factors = shortening(gradients, self.max_norm)
            momentum_step(gradients, factors, momentum, rate, velocity, points)
            points = space.repair(points)
