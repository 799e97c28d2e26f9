"""The CMA-ES of pycma, restarted as its own fmin2 restarts it."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .optimizer import Ask, Optimizer, Search, setting
from .space import Space


@dataclass
class PyCMA(Optimizer):
    """CMA-ES of the library pycma, with its restarts.

    Parameters
    ----------
    population_size : int or None
        Points of a generation, before restarts enlarge it; None is pycma's 4 + 3 log D.
    step_size : float
        Initial standard deviation, in units of the space's scale.
    diagonal : bool
        Adapt variances only, which takes O(D) a point where the full matrix takes O(D^2) and
        its decompositions O(D^3).
    restarts : {"ipop", "bipop"}
        A run that has ended, by pycma's own criteria, is followed by one of twice the
        population; or by one of those or a smaller one, by turns, as their costs stay equal.

    Notes
    -----
    The first ask is the point to set out from, as with ``eval_initial_x=True``, and runs set out
    from fresh points. All of its random numbers come from the run's own generator.

    The reference implementation of what is hard to beat on ill-conditioned losses of up to some
    hundred weights. Above that its time grows with D^2; take ``diagonal=True``, or a method that
    needs no matrix.

    References
    ----------
    N. Hansen, A. Ostermeier: Completely derandomized self-adaptation in evolution strategies.
    Evolutionary Computation 9 (2001) 159-195.
    A. Auger, N. Hansen: A restart CMA evolution strategy with increasing population size. CEC
    2005, 1769-1776.
    N. Hansen: Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed. GECCO 2009,
    2389-2396.
    """

    population_size: int | None = setting(None, low=4)
    step_size: float = setting(0.5, above=0.0)
    diagonal: bool = setting(False)
    restarts: str = setting("ipop", choices=("ipop", "bipop"))

    size_setting: ClassVar[str | None] = "population_size"
    library: ClassVar[str | None] = "cma"

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        from cma import CMAEvolutionStrategy

        costs = {"small": 0, "large": 0}
        n_large, kind, step_size = 1, "small", float(self.step_size)
        x0, options = space.initial(1, rng), self._options(space, rng)
        while True:
            strategy = CMAEvolutionStrategy(x0[0], step_size, options)
            yield Ask(x0)
            costs[kind] += 1
            while not strategy.stop():
                points = strategy.ask()
                told = yield Ask(space.repair(np.array(points)))
                strategy.tell(points, told.losses.tolist())
                costs[kind] += len(points)
            # As in fmin2, what depended on the population's size is kept for larger ones.
            options = strategy.opts
            if n_large == 1 and kind == "small":
                popsize, maxiter = options["popsize"], options["maxiter"]
            if self.restarts == "ipop" or costs["small"] >= max(1, costs["large"]):
                kind, step_size = "large", float(self.step_size)
                options["popsize"], options["maxiter"] = popsize * 2**n_large, maxiter
                n_large += 1
            else:
                kind, step_size = "small", self.step_size * 0.01 ** rng.uniform()
                size = int(popsize * 2 ** ((n_large - 1) * rng.uniform() ** 2))
                options["popsize"] = size
                options["maxiter"] = min(maxiter, 0.5 * costs["large"] / size)
            x0 = space.sample(1, rng)

    def _options(self, space: Space, rng: np.random.Generator) -> dict[str, Any]:
        options = {
            # In one dimension it is the same, and fails.
            "CMA_diagonal": bool(self.diagonal) and space.dim > 1,
            "CMA_stds": space.scale,
            "randn": lambda *shape: rng.standard_normal(shape),
            "seed": np.nan,  # which leaves the global states alone
            "verbose": -10,
            "verb_log": 0,
        }
        if self.population_size is not None:
            options["popsize"] = int(self.population_size)
        if space.bounds is not None:
            options["bounds"] = [corner.tolist() for corner in space.bounds]
        return options
