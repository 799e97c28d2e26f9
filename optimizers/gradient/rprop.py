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
    first_step : float
        Each weight's first step.
    grow, shrink : float
        A step grows while its slope keeps its sign, and shrinks when that changes.
    smallest, largest : float
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

    first_step: float = setting(0.1, above=0.0)
    grow: float = setting(1.2, above=1.0)
    shrink: float = setting(0.5, above=0.0, high=0.9999)
    smallest: float = setting(1e-6, above=0.0)
    largest: float = setting(50.0, above=0.0)

    def check(self) -> None:
        """See :meth:`Optimizer.check`."""
        super().check()
        if self.smallest > self.largest:
            raise ValueError(
                f"Rprop: smallest must not be above largest = {self.largest:g}, "
                f"got {self.smallest:g}."
            )

    def descend(self, points: Array, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Descent.descend`."""
        from .gradient_updates import rprop_step

        points = np.array(points, dtype=float)
        steps, previous = np.full_like(points, self.first_step), np.zeros_like(points)
        grow, shrink = float(self.grow), float(self.shrink)
        smallest, largest = float(self.smallest), float(self.largest)
        while True:
            slopes = (yield Ask(points, Order.GRADIENT)).slopes
            rprop_step(slopes, grow, shrink, smallest, largest, steps, previous, points)
            points = space.repair(points)
