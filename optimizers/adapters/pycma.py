"""CMA-ES by pycma's own driver, ``fmin2``."""

from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np

from ..optimizer import Array, Optimizer, Search, setting
from ..space import Space
from .callback_style import Calls, requests_of

#: Restarts of a run, whose last population would be 2**20 times the first.
RESTARTS = 20


@dataclass
class PyCMA(Optimizer):
    """CMA-ES as pycma's ``fmin2`` runs it, with its own restarts.

    Parameters
    ----------
    population_size : int or None
        Points of a generation in the first run; None for pycma's 4 + 3 log D.
    initial_step_size : float
        Initial standard deviation, in units of the space's scale.
    diagonal : bool
        Adapt variances only, which takes O(D) operations a point; the full matrix takes O(D^2),
        and its decompositions O(D^3).
    restarts : {"ipop", "bipop"}
        What follows when a run has ended by pycma's own criteria: a run with twice the
        population, or alternately such runs and small ones, at equal total costs.

    Notes
    -----
    The first request is the initial point (``eval_initial_x=True``), and further runs start from
    new points. All random numbers come from the run's own generator, or from states seeded by it.
    Within bounds the search depends on how far these are from 0, as that of :class:`CMAES` does.

    The reference to compare :class:`CMAES` with, which samples by the same library, but costs
    less time, can be refined (:class:`Memetic`) and exchange points (:class:`Islands`): prefer
    it otherwise. Both are hard to beat on ill-conditioned losses of up to some hundred weights.
    Above that the time grows with D^2; use ``diagonal=True``, or a method without matrices.

    References
    ----------
    N. Hansen, A. Ostermeier: Completely derandomized self-adaptation in evolution strategies.
    Evolutionary Computation 9 (2001) 159-195.
    A. Auger, N. Hansen: A restart CMA evolution strategy with increasing population size. CEC
    2005, 1769-1776.
    N. Hansen: Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed. GECCO 2009,
    2389-2396.
    """

    population_size: int | None = setting(None, low=4, size=True)
    initial_step_size: float = setting(0.5, above=0.0)
    diagonal: bool = setting(False)
    restarts: str = setting("ipop", choices=("ipop", "bipop"))

    library = "cma"

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        from cma import fmin2

        options = {
            # In one dimension it makes no difference, and fails.
            "CMA_diagonal": bool(self.diagonal) and space.dim > 1,
            "CMA_stds": space.scale,
            "randn": lambda *shape: rng.standard_normal(shape),
            "seed": np.nan,  # which leaves the global states alone
            "maxfevals": np.inf,
            "eval_final_mean": False,
            "verbose": -10,
            "verb_log": 0,
        }
        if self.population_size is not None:
            options["popsize"] = int(self.population_size)
        if space.bounds is not None:
            options["bounds"] = [corner.tolist() for corner in space.bounds]

        def run(losses: Calls, points: Array) -> None:
            starts = chain(points, (space.sample(1, rng)[0] for _ in repeat(None)))
            fmin2(
                losses,
                starts.__next__,
                float(self.initial_step_size),
                options,
                restarts=RESTARTS,
                bipop=self.restarts == "bipop",
                eval_initial_x=True,
                parallel_objective=lambda points: losses(np.array(points)).tolist(),
            )

        # It draws the sizes and steps of small runs from the global state.
        yield from requests_of(run, space, rng, globally_random=self.restarts == "bipop")
