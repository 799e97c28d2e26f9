"""Rprop: steps that follow the sign of the gradient, not its size."""

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
        Each weight's first step.
    eta_plus, eta_minus : float
        A step grows while its slope keeps its sign, and shrinks when that changes.
    min_step_size, max_step_size : float
        Limits of a step.

    Notes
    -----
    Indifferent to the size of the gradient, so neither vanishing nor exploding gradients
    disturb it, and nearly free of tuning: the baseline that a hybrid has to beat. It needs
    the gradient of the whole training set, mini-batches mislead it.

    References
    ----------
    M. Riedmiller, H. Braun: A direct adaptive method for faster backpropagation learning:
    the RPROP algorithm. ICNN 1993, 586-591.
    C. Igel, M. Huesken: Empirical evaluation of the improved Rprop learning algorithms.
    Neurocomputing 50 (2003) 105-123, iRprop-.
    """

    initial_step_size: float = setting(0.1, above=0.0)
    eta_plus: float = setting(1.2, above=1.0)
    eta_minus: float = setting(0.5, above=0.0, high=0.9999)
    min_step_size: float = setting(1e-6, above=0.0)
    max_step_size: float = setting(50.0, above=0.0)

    def check(self) -> None:
        """See :meth:`Optimizer.check`."""
        super().check()
        if self.min_step_size > self.max_step_size:
            raise ValueError(
                f"Rprop: min_step_size must not be above max_step_size = {self.max_step_size:g}, "
                f"got {self.min_step_size:g}."
            )

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Descent.descend`."""
        from .gradient_updates import rprop_step

        points = np.array(points, dtype=float)
        steps, previous = np.full_like(points, self.initial_step_size), np.zeros_like(points)
        eta_plus, eta_minus = float(self.eta_plus), float(self.eta_minus)
        smallest, largest = float(self.min_step_size), float(self.max_step_size)
        while True:
            gradients = (yield Ask(points, Order.GRADIENT)).gradients
            rprop_step(gradients, eta_plus, eta_minus, smallest, largest, steps, previous, points)
            points = space.repair(points)
