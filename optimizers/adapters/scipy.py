"""The optimizers of SciPy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # whose parts load when they are used

from ..optimizer import Array, Optimizer, Order, Search, setting
from ..space import Space
from .callback_style import Calls, requests_of

# SciPy 1.15 renamed the argument for the random generator.
_RNG = "rng" if tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 15) else "seed"


@dataclass
class SciPyLBFGSB(Optimizer):
    """L-BFGS-B of SciPy, with restarts from new points.

    Parameters
    ----------
    history_size : int
        Number of steps that estimate the curvature; `maxcor` in SciPy.
    ftol, gtol : float
        A descent ends when the relative decrease of the loss is below `ftol`, or when all
        components of the projected gradient are below `gtol`.

    Notes
    -----
    A loss and its gradient are one request. When a descent has ended, by SciPy's own criteria,
    another starts from a new point.

    Quasi-Newton steps are hard to beat where the loss is smooth and exact and has few minima. Not
    for losses with rounding errors, as in float32 near a minimum: the line searches fail in the
    noise, and descents end early.

    References
    ----------
    R. H. Byrd, P. Lu, J. Nocedal, C. Zhu: A limited memory algorithm for bound constrained
    optimization. SIAM Journal on Scientific Computing 16 (1995) 1190-1208.
    """

    history_size: int = setting(10, low=1)
    ftol: float = setting(2.220446049250313e-09, low=0.0)
    gtol: float = setting(1e-5, low=0.0)

    order = Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        options = {"maxcor": self.history_size, "ftol": self.ftol, "gtol": self.gtol}

        def run(loss: Calls, points: Array) -> None:
            scipy.optimize.minimize(loss.gradient, points[0], **_local(space), options=options)

        yield from requests_of(run, space, rng)


@dataclass
class SciPyBasinHopping(Optimizer):
    """Basin hopping of SciPy: descents by L-BFGS-B from displaced minima.

    Parameters
    ----------
    n_hops : int
        Hops before a restart from a new point; `niter` in SciPy.
    temperature : float
        T; a minimum that is higher by this much is accepted with probability 1/e.
    initial_step_size : float
        Largest first displacement, in units of the space's scale; SciPy adapts it to an
        acceptance rate of 0.5.

    Notes
    -----
    It pays where minima are close to each other, and good minima next to good ones. The
    temperature is in units of the loss and must match the differences between minima: with the
    default of 1 nearly all minima of a classification are accepted. On a loss without poor
    minima use :class:`SciPyLBFGSB`.

    References
    ----------
    D. J. Wales, J. P. K. Doye: Global optimization by basin-hopping and the lowest energy
    structures of Lennard-Jones clusters containing up to 110 atoms. Journal of Physical
    Chemistry A 101 (1997) 5111-5116.
    """

    n_hops: int = setting(100, low=1)
    temperature: float = setting(1.0, low=0.0)
    initial_step_size: float = setting(0.5, above=0.0)

    order = Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        def run(loss: Calls, points: Array) -> None:
            scipy.optimize.basinhopping(
                loss.gradient,
                points[0],
                niter=int(self.n_hops),
                T=float(self.temperature),
                take_step=_Displacement(float(self.initial_step_size), space, rng),
                minimizer_kwargs=_local(space),
                **{_RNG: rng},
            )

        yield from requests_of(run, space, rng)


@dataclass
class SciPyDE(Optimizer):
    """Differential evolution of SciPy, a generation at a time.

    Parameters
    ----------
    population_size : int or None
        Number of points; None for SciPy's 15 D, which is slow for many weights.
    strategy : str
        Which points are combined, and how; see SciPy.
    mutation_low, mutation_high : float
        Limits of the factor of the differences, which is drawn for each generation.
    recombination : float
        Probability that a coordinate of a trial comes from its mutant.
    tol : float
        A run ends when the standard deviation of the losses is below this fraction of their mean.
    max_generations : int
        Limit of a run; `maxiter` in SciPy.
    width : float
        Without bounds the search is limited to `width` times the space's scale on either side of
        the initial points' mean, extended to the initial points.

    Notes
    -----
    ``differential_evolution(vectorized=True, updating="deferred", polish=False)``, with initial
    points from the space. When a run has ended, by SciPy's own criteria, another starts from new
    points. There is no final polish by numerical derivatives.

    The rates are fixed: adaptive differential evolution, such as :class:`LSHADE`, is better where
    the loss is ill-conditioned, and a gradient method in hundreds of dimensions.

    References
    ----------
    R. Storn, K. Price: Differential evolution, a simple and efficient heuristic for global
    optimization over continuous spaces. Journal of Global Optimization 11 (1997) 341-359.
    """

    population_size: int | None = setting(None, low=5, size=True)
    strategy: str = setting(
        "best1bin",
        choices=tuple(
            f"{base}{cross}"
            for base in ("best1", "best2", "rand1", "rand2", "randtobest1", "currenttobest1")
            for cross in ("bin", "exp")
        ),
    )
    mutation_low: float = setting(0.5, low=0.0, high=1.9999)
    mutation_high: float = setting(1.0, low=0.0, high=1.9999)
    recombination: float = setting(0.7, low=0.0, high=1.0)
    tol: float = setting(0.01, low=0.0)
    max_generations: int = setting(1000, low=1)
    width: float = setting(10.0, above=0.0)

    def check(self) -> None:
        super().check()
        n = self.population_size
        if self.strategy.startswith("rand2") and n is not None and n < 6:
            raise ValueError(
                f"{type(self).__name__}: population_size must be at least 6 where "
                f"strategy={self.strategy!r} combines a point with five others, got {n}."
            )

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        def run(loss: Calls, points: Array) -> None:
            first: list[Array] = [points]

            def losses(columns: Array) -> Any:
                # SciPy scales points to the unit box and back, which rounds; the initial points
                # are known exactly.
                return loss(first.pop() if first else columns.T)

            scipy.optimize.differential_evolution(
                losses,
                box_around(points, space, self.width),
                strategy=self.strategy,
                maxiter=int(self.max_generations),
                mutation=(self.mutation_low, self.mutation_high),
                recombination=self.recombination,
                tol=self.tol,
                init=points,
                polish=False,
                vectorized=True,
                updating="deferred",
                **{_RNG: rng},
            )

        n = self.population_size or max(5, 15 * space.dim)
        yield from requests_of(run, space, rng, n)


@dataclass
class SciPyDualAnnealing(Optimizer):
    """Dual annealing of SciPy: generalized annealing with local descents.

    Parameters
    ----------
    initial_temperature : float
        The temperature at the start.
    restart_ratio : float
        The annealing starts again at this fraction of the initial temperature.
    visit, accept : float
        Parameters of the distribution of the jumps (higher values have heavier tails), and of the
        acceptance of worse points (lower values accept fewer).
    local_search : bool
        Whether descents start from promising points.
    max_iterations : int
        Limit of a run, before another starts from a new point; `maxiter` in SciPy.
    width : float
        Without bounds the search is limited to `width` times the space's scale on either side of
        the initial point.

    Notes
    -----
    It requests one point at a time, without the speed of batches. Its descents, by L-BFGS-B,
    estimate each gradient from D + 1 losses, with differences of 1.5e-8 that float32 does not
    resolve: use dtype float64, or ``local_search=False``. An iteration takes 2 D losses: for few
    dimensions only.

    References
    ----------
    C. Tsallis, D. A. Stariolo: Generalized simulated annealing. Physica A 233 (1996) 395-406.
    Y. Xiang, D. Y. Sun, W. Fan, X. G. Gong: Generalized simulated annealing algorithm and its
    application to the Thomson model. Physics Letters A 233 (1997) 216-220.
    """

    initial_temperature: float = setting(5230.0, low=0.02, high=5e4)
    restart_ratio: float = setting(2e-5, above=0.0, high=0.9999)
    visit: float = setting(2.62, above=1.0, high=3.0)
    accept: float = setting(-5.0, above=-1e4, high=-5.0)
    local_search: bool = setting(True)
    max_iterations: int = setting(1000, low=1)
    width: float = setting(10.0, above=0.0)

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        def run(loss: Calls, points: Array) -> None:
            scipy.optimize.dual_annealing(
                loss,
                box_around(points, space, self.width),
                maxiter=int(self.max_iterations),
                initial_temp=self.initial_temperature,
                restart_temp_ratio=self.restart_ratio,
                visit=self.visit,
                accept=self.accept,
                no_local_search=not self.local_search,
                x0=points[0],
                **{_RNG: rng},
            )

        yield from requests_of(run, space, rng)


class _Displacement:
    """A uniform draw from a box around a point; SciPy adapts its `stepsize`."""

    def __init__(self, stepsize: float, space: Space, rng: np.random.Generator) -> None:
        self.stepsize = stepsize
        self._space, self._rng = space, rng

    def __call__(self, x: Array) -> Array:
        moves = self._rng.uniform(-self.stepsize, self.stepsize, x.shape)
        return self._space.repair(x + moves * self._space.scale)


def _local(space: Space) -> dict[str, Any]:
    """Return the arguments of SciPy for descents by L-BFGS-B with gradients."""
    bounds = None if space.bounds is None else scipy.optimize.Bounds(*space.bounds)
    return {"method": "L-BFGS-B", "jac": True, "bounds": bounds}


def box_around(points: Array, space: Space, width: float) -> "scipy.optimize.Bounds":
    """Return the bounds of a space; without any, a box around the mean of the points (n, D).

    It holds the points too. Around zero it would help where the minimum is near zero.
    """
    if space.bounds is not None:
        return scipy.optimize.Bounds(*space.bounds)
    center, reach = points.mean(axis=0), width * space.scale
    return scipy.optimize.Bounds(
        np.minimum(center - reach, points.min(axis=0)),
        np.maximum(center + reach, points.max(axis=0)),
    )
