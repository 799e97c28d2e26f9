"""
An optimizer of your own
========================

Twenty lines, and it runs beside the others: hill climbers against cuckoo search and random
guessing.
"""

from dataclasses import dataclass

from metarnn import compare
from metarnn.optimizers import Ask, Population, setting
from metarnn.plots import plot_convergence


@dataclass
class HillClimbers(Population):
    """Hill climbers: each tries a step and keeps it if it is no worse."""

    n_climbers: int = setting(20, low=1)
    step: float = setting(0.3, above=0.0)

    def evolve(self, space, rng, between):
        points = space.initial(self.n_climbers, rng)
        losses = (yield Ask(points)).losses
        while True:
            yield from between(points, losses)
            steps = self.step * space.scale * rng.standard_normal(points.shape)
            rivals = space.repair(points + steps)
            told = yield Ask(rivals)
            better = told.losses <= losses
            points[better], losses[better] = rivals[better], told.losses[better]


optimizers = {"hill climbers": HillClimbers(), "cuckoo": "cuckoo", "guessing": "random_guessing"}
comparison = compare("iris", optimizers, cell="elman", hidden=4, budget=2000, seeds=5)
plot_convergence(comparison).figure
