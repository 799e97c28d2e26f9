"""Rprop: steps by the sign of the gradient, not by its size."""

from dataclasses import dataclass

import numpy as np

from ..descent import Descent
from ..optimizer import Array, Ask, Order, Search, setting
from ..space import Space


@dataclass
class Rprop(Descent):
    """Resilient back-propagation (iRprop-): sign-based steps.

    Parameters
    ----------
    n_starts : int
        Independent descents in lockstep.
    initial_step_size : float
        Delta_0, the first step of each weight.
    eta_plus, eta_minus : float
        Factors of a step where its partial derivative keeps its sign, and where it changes it.
    min_step_size, max_step_size : float
        Limits of a step.

    Notes
    -----
    The size of the gradient has no effect, so that neither vanishing nor exploding gradients
    disturb the method. It hardly needs tuning: the baseline that a hybrid has to beat. It needs
    the gradient of the whole training set; not for mini-batches, which mislead it.

    References
    ----------
    M. Riedmiller, H. Braun: A direct adaptive method for faster backpropagation learning:
    the RPROP algorithm. ICNN 1993, 586-591.
    C. Igel, M. Huesken: Empirical evaluation of the improved Rprop learning algorithms.
    Neurocomputing 50 (2003) 105-123, iRprop-.
    """

    initial_step_size: float = setting(0.1, above=0.0, tune=(1e-3, 0.5), log=True)
    eta_plus: float = setting(1.2, above=1.0, tune=(1.05, 1.5))
    eta_minus: float = setting(0.5, above=0.0, high=0.9999, tune=(0.3, 0.9))
    min_step_size: float = setting(1e-6, above=0.0)
    max_step_size: float = setting(50.0, above=0.0)

    def check(self) -> None:
        super().check()
        if self.min_step_size > self.max_step_size:
            raise ValueError(
                f"Rprop: min_step_size must not be above max_step_size = {self.max_step_size:g}, "
                f"got {self.min_step_size:g}."
            )

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        from .gradient_updates import rprop_step

        points = np.array(points, dtype=float)
        steps, previous = np.full_like(points, self.initial_step_size), np.zeros_like(points)
        eta_plus, eta_minus = float(self.eta_plus), float(self.eta_minus)
        smallest, largest = float(self.min_step_size), float(self.max_step_size)
        while True:
            gradients = (yield Ask(points, Order.GRADIENT)).gradients
            rprop_step(gradients, eta_plus, eta_minus, smallest, largest, steps, previous, points)
            points = space.repair(points)
