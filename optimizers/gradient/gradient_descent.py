"""Gradient descent with Polyak's or Nesterov's momentum."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Array, setting
from .first_order import FirstOrder, Step


@dataclass
class GradientDescent(FirstOrder):
    """Gradient descent with momentum, often called back-propagation.

    Parameters
    ----------
    n_starts
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.
    learning_rate : float
        Step along the velocity.
    schedule, warmup, max_norm, n_batches
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.
    momentum : float
        Fraction of the velocity that is kept.
    nesterov : bool
        Whether to use Nesterov's momentum.

    Notes
    -----
    v = momentum v - learning_rate g, x = x + v (Polyak 1964; Rumelhart, Hinton and Williams
    1986); with `nesterov`, x = x + momentum v - learning_rate g, the form of Sutskever et al.
    (2013, equations 3 and 4) in the variables of Bengio, Boulanger-Lewandowski and Pascanu
    (2013). A single learning rate has to fit all weights, so the method is slow where the
    curvature differs between them: prefer Adam or Rprop, unless you study the plain method.

    References
    ----------
    B. T. Polyak: Some methods of speeding up the convergence of iteration methods. USSR
    Computational Mathematics and Mathematical Physics 4 (1964) 1-17.
    I. Sutskever, J. Martens, G. Dahl, G. Hinton: On the importance of initialization and
    momentum in deep learning. ICML 2013.
    R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent neural
    networks. ICML 2013 (the clipping).
    """

    learning_rate: float = setting(0.1, above=0.0, tune=(1e-3, 3.0), log=True)
    momentum: float = setting(0.9, low=0.0, high=1.0, tune=(0.0, 0.99))
    nesterov: bool = setting(False)

    def make_update(self, points: Array) -> Step:
        from .gradient_updates import momentum_step

        velocity, momentum = np.zeros_like(points), float(self.momentum)

        def step(gradients: Array, factors: Array, rate: float) -> None:
            momentum_step(gradients, factors, momentum, rate, bool(self.nesterov), velocity, points)

        return step
