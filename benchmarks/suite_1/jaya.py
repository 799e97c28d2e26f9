"""An optimizer from outside: what it takes to find one's place among those of suite-1.

Its place, in this folder:

    metarnn study places --runs study.parquet --import jaya.py --add jaya

R. V. Rao: Jaya: a simple and new optimization algorithm for solving constrained and unconstrained
optimization problems. International Journal of Industrial Engineering Computations 7 (2016) 19-34.
"""

from dataclasses import dataclass

from metarnn.optimizers import OPTIMIZERS, Ask, Optimizer


@dataclass
class Jaya(Optimizer):
    """Towards the best point and away from the worst."""

    population_size: int = 30

    def search(self, space, rng):
        """Search until the budget is spent."""
        points = space.initial(self.population_size, rng)
        losses = (yield Ask(points)).losses
        while True:
            best, worst = points[losses.argmin()], points[losses.argmax()]
            r, s = rng.random((2, *points.shape))
            trials = space.repair(points + r * (best - abs(points)) - s * (worst - abs(points)))
            found = (yield Ask(trials)).losses
            better = found < losses
            points[better], losses[better] = trials[better], found[better]


OPTIMIZERS["jaya"] = Jaya
