"""Adam and AdamW: descent scaled by running moments of the gradient."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Array, setting
from .first_order import FirstOrder, Step


@dataclass
class Adam(FirstOrder):
    """Adam: descent scaled by running moments of the gradient.

    Parameters
    ----------
    n_starts
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.
    learning_rate : float
        alpha, the approximate size of a step in each coordinate.
    schedule, warmup, max_norm, n_batches
        See :class:`~metarnn.optimizers.gradient.first_order.FirstOrder`.
    beta1, beta2 : float
        Decay of the running mean and of the running square of the gradient.
    epsilon : float
        Added to the root of the running square.
    weight_decay : float
        At each step a weight shrinks by this fraction of the learning rate, independently of
        the gradient.

    Notes
    -----
    Algorithm 1 of Kingma and Ba (2015); with `weight_decay`, algorithm 2 of Loshchilov and
    Hutter (2019). A robust first choice for differentiable losses. The last point is often worse
    than the best one, which is the result. A single start may end in a poor local minimum: use
    several starts where this happens.

    References
    ----------
    D. P. Kingma, J. Ba: Adam: a method for stochastic optimization. ICLR 2015, arXiv:1412.6980.
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization. ICLR 2019, arXiv:1711.05101.
    """

    learning_rate: float = setting(0.02, above=0.0, tune=(1e-3, 0.3), log=True)
    beta1: float = setting(0.9, low=0.0, high=0.9999, tune=(0.5, 0.99))
    beta2: float = setting(0.999, low=0.0, high=0.999999)
    epsilon: float = setting(1e-8, above=0.0)
    weight_decay: float = setting(0.0, low=0.0)

    def make_update(self, points: Array) -> Step:
        from .gradient_updates import adam_step

        mean, square, t = np.zeros_like(points), np.zeros_like(points), 0
        beta1, beta2, epsilon = float(self.beta1), float(self.beta2), float(self.epsilon)

        def step(gradients: Array, factors: Array, rate: float) -> None:
            nonlocal t
            t += 1
            keep = 1.0 - rate * float(self.weight_decay)
            # Correct the bias of the running moments, which begin at zero.
            rate /= 1 - beta1**t
            unbias = 1 / (1 - beta2**t)
            moments = beta1, beta2, rate, unbias, epsilon, keep
            adam_step(gradients, factors, *moments, mean, square, points)

        return step


@dataclass
class AdamW(Adam):
    """Adam with decoupled weight decay.

    The settings are those of :class:`Adam`.

    Notes
    -----
    The decay is not part of the loss that other optimizers minimize: for a comparison use the
    penalty ``alpha`` for all of them instead. It pulls weights to 0, which need not be good.
    """

    weight_decay: float = setting(0.01, low=0.0)
