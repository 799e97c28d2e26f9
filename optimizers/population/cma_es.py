"""CMA-ES, full and separable, by the library pycma."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.blas import one_thread

from ..optimizer import Array, Ask, Search, Told, setting
from ..population_based import Between, Population, some_rows
from ..space import Space

#: D x D matrices of float64 that pycma holds: covariance, eigenvectors and their copies.
MATRICES = 8

Evaluations = Generator[Ask, Told, int]


@dataclass
class CMAES(Population):
    """CMA-ES: normal samples with adaptive mean, step size and covariances.

    Parameters
    ----------
    population_size : int or None
        lambda, the samples of a generation in the first run; None for 4 + 3 ln D.
    initial_step_size : float
        sigma, the first standard deviation of each coordinate, in units of the space's scale.
    restarts : {"bipop", "ipop", "none"}
        What follows when a run has converged by the library's criteria. "ipop": a run from a new
        point with twice the population (Auger and Hansen 2005). "bipop": such runs alternate with
        short runs of small populations and steps (Hansen 2009). "none": the search ends.
    max_memory : float
        Limit in GiB of the memory of the covariances; a larger problem raises a ValueError.

    Notes
    -----
    The first pass evaluates the initial mean. Losses that are not finite rank worst. Samples that
    another method changes between generations enter as injected solutions, shortened to a length
    that the distribution might have sampled (Hansen 2011). Within bounds the library's mapping of
    the box depends on how far the bounds are from 0, so that a search in a moved box differs, to no
    advantage that could be measured.

    The first choice without a gradient for up to some hundreds of weights: the method does not
    depend on the conditioning and the units of the coordinates, and uses only the ranks of the
    losses. A generation takes O(lambda D^2) operations and up to O(D^3) for the eigenvectors.
    Learning the covariances takes some 10 D^2 passes: for more weights use
    :class:`SeparableCMAES`, or a gradient if there is one, which is then far better.

    The library is pycma, by the method's author. It draws from the run's own generator. From
    D = 300 on, pycma's default rule for the step size would draw from NumPy's global state, so it
    always uses cumulative step size adaptation, as published. (The package cmaes samples point by
    point, with a product of D x D matrices for each, and forms lambda matrices in each update.)
    :class:`PyCMA` is the library's own driver with its own restarts, as a reference.

    References
    ----------
    N. Hansen, A. Ostermeier: Completely derandomized self-adaptation in evolution strategies.
    Evolutionary Computation 9 (2001) 159-195.
    N. Hansen: The CMA evolution strategy: a tutorial. 2016, arXiv:1604.00772.
    A. Auger, N. Hansen: A restart CMA evolution strategy with increasing population size. CEC
    2005, 1769-1776.
    N. Hansen: Benchmarking a bi-population CMA-ES on the BBOB-2009 function testbed. GECCO 2009
    Companion, 2389-2396.
    N. Hansen: Injecting external solutions into CMA-ES. 2011, arXiv:1110.4181.
    """

    population_size: int | None = setting(None, low=4, size=True, tune=(6, 60), log=True)
    initial_step_size: float = setting(1.0, low=1e-6, tune=(0.1, 3.0), log=True)
    restarts: str = setting("bipop", choices=("bipop", "ipop", "none"), tune=True)
    max_memory: float = setting(4.0, above=0.0)

    library = "cma"
    separable = False

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        gib = MATRICES * 8 * space.dim**2 / 2**30
        if not self.separable and gib > self.max_memory:
            raise ValueError(
                f"{type(self).__name__}: the covariances must take at most max_memory = "
                f"{self.max_memory:g} GiB, but {space.dim} coordinates take {gib:.3g} GiB; "
                "use SeparableCMAES, which needs none."
            )
        start = space.initial(1, rng)
        yield Ask(start)
        smallest = self.population_size or 4 + int(3 * np.log(space.dim))
        size, step, limit = smallest, float(self.initial_step_size), np.inf
        n_doubled, small, used = 0, False, {False: 0, True: 0}
        while True:
            strategy = self._strategy(start[0], size, step, space, rng)
            n = yield from self._run(strategy, limit, space, between)
            if self.restarts == "none":
                return
            # The next run is of the regime that has used less; the first run counts for neither.
            used[small] += n if n_doubled else 0
            half = limit if small else n / 2
            small = self.restarts == "bipop" and used[True] < used[False]
            start = space.sample(1, rng)
            if small:
                size = int(smallest * (0.5 * 2**n_doubled) ** (rng.random() ** 2))
                step, limit = float(self.initial_step_size) * 0.01 ** rng.random(), half
            else:
                n_doubled += 1
                size, step, limit = smallest * 2**n_doubled, float(self.initial_step_size), np.inf

    def _run(self, strategy: Any, limit: float, space: Space, between: Between) -> Evaluations:
        """Search until the library's criteria or the limit end it; return the number of samples."""
        used = 0
        while not strategy.stop() and used < limit:
            with one_thread(space.dim):
                samples = np.array(strategy.ask())
            points = space.repair(samples[:, : space.dim] * space.scale)
            losses = (yield Ask(points)).losses
            used += len(points)
            yield from between(points, losses)
            # The library identifies its samples by value, and shortens the steps to other points.
            changed = np.zeros(len(points), bool)
            for some in some_rows(*points.shape):
                asked = space.repair(samples[some, : space.dim] * space.scale)
                changed[some] = (points[some] != asked).any(axis=1)
            samples[changed, : space.dim] = points[changed] / space.scale
            with one_thread(space.dim):
                strategy.tell(list(samples), _finite(losses))
        return used

    def _strategy(
        self,
        start: Array,
        size: int,
        step: float,
        space: Space,
        rng: np.random.Generator,
    ) -> Any:
        """Return pycma's strategy, with coordinates in units of the space's scale.

        It draws from the given generator only, and prints nothing.
        """
        import cma

        from .random_stream import normals

        def in_units(point: Array) -> Array:
            # The library needs at least two coordinates; a second one may have no effect.
            return np.pad(point / space.scale, (0, max(0, 2 - space.dim)), mode="edge")

        options = {
            "popsize": size,
            "CMA_diagonal": self.separable,
            "AdaptSigma": cma.sigma_adaptation.CMAAdaptSigmaCSA,
            "bounds": (None, None) if space.bounds is None else [*map(in_units, space.bounds)],
            "randn": lambda n, dim: normals((n, dim), rng).astype(float),
            "seed": np.nan,
            "signals_filename": "",
            "verbose": -10,
            "verb_log": 0,
            "verb_disp": 0,
        }
        return cma.CMAEvolutionStrategy(in_units(start), step, options)


@dataclass
class SeparableCMAES(CMAES):
    """Separable CMA-ES: normal samples with adaptive mean, step size and variances.

    The settings are those of :class:`CMAES`; `max_memory` has no effect.

    Notes
    -----
    Coordinates are sampled independently, so that a generation takes O(lambda D) operations, and
    learning the variances is faster by a factor of about D / 3. For thousands of weights. Not for
    a few: where coordinates depend on each other, as weights of a network do, it is far behind
    :class:`CMAES` once the budget is large enough to learn the covariances.

    References
    ----------
    R. Ros, N. Hansen: A simple modification in CMA-ES achieving linear time and space
    complexity. PPSN 2008, 296-305.
    """

    separable = True


def _finite(losses: Array) -> list[float]:
    """Return losses with infinite ones replaced by a number just above the largest other."""
    finite = losses[np.isfinite(losses)]
    worst = np.nextafter(finite.max(), np.inf) if len(finite) else 0.0
    return np.where(np.isfinite(losses), losses, worst).tolist()
