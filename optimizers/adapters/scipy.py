"""SciPy's optimizers, called as its users call them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy
from scipy import optimize

from ..optimizer import Array, Optimizer, Order, Search, setting
from ..space import Space
from .callback_style import Calls, asks_of

# SciPy 1.15 gave the source of random numbers another name.
_RNG = "rng" if tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 15) else "seed"


@dataclass
class SciPyLBFGSB(Optimizer):
    """L-BFGS-B of SciPy, started anew from fresh points.

    Parameters
    ----------
    history_size : int
        Steps from which curvature is estimated; `maxcor` in SciPy.
    ftol, gtol : float
        A descent ends when the loss falls by less than this share, or when no slope is
        steeper than this.

    Notes
    -----
    A loss and its gradient are one ask. A descent that has ended, by SciPy's own criteria, is
    followed by one from a fresh point, so a run is a multi-start.

    Quasi-Newton steps are hard to beat where the loss is smooth, exact and has few minima. Do
    not use it where rounding shows, as in float32 near a minimum: its line searches end in
    noise, and its descents early.

    References
    ----------
    R. H. Byrd, P. Lu, J. Nocedal, C. Zhu: A limited memory algorithm for bound constrained
    optimization. SIAM Journal on Scientific Computing 16 (1995) 1190-1208.
    """

    history_size: int = setting(10, low=1)
    ftol: float = setting(2.220446049250313e-09, low=0.0)
    gtol: float = setting(1e-5, low=0.0)

    @property
    def order(self) -> Order:
        """Gradients."""
        return Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        options = {"maxcor": self.history_size, "ftol": self.ftol, "gtol": self.gtol}

        def run(loss: Calls, points: Array) -> None:
            optimize.minimize(loss.gradient, points[0], **_local(space), options=options)

        yield from asks_of(run, space, rng)


@dataclass
class SciPyBasinHopping(Optimizer):
    """Basin hopping of SciPy: descents by L-BFGS-B from displaced minima.

    Parameters
    ----------
    n_hops : int
        Hops after which it starts anew from a fresh point; `niter` in SciPy.
    temperature : float
        A minimum higher by this much is accepted with probability 1/e.
    initial_step_size : float
        Largest displacement, in units of the space's scale, at first: SciPy adapts it to an
        acceptance of one half.

    Notes
    -----
    It pays where minima lie close together and the good ones beside each other. The temperature
    is in units of the loss and has to match the differences between minima: at the default of 1
    nearly all of a classification's are accepted. On a loss without traps
    :class:`SciPyLBFGSB` is the same without the hops.

    References
    ----------
    D. J. Wales, J. P. K. Doye: Global optimization by basin-hopping and the lowest energy
    structures of Lennard-Jones clusters containing up to 110 atoms. Journal of Physical
    Chemistry A 101 (1997) 5111-5116.
    """

    n_hops: int = setting(100, low=1)
    temperature: float = setting(1.0, low=0.0)
    initial_step_size: float = setting(0.5, above=0.0)

    @property
    def order(self) -> Order:
        """Gradients."""
        return Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        def run(loss: Calls, points: Array) -> None:
            optimize.basinhopping(
                loss.gradient,
                points[0],
                niter=int(self.n_hops),
                T=float(self.temperature),
                take_step=_Displacement(float(self.initial_step_size), space, rng),
                minimizer_kwargs=_local(space),
                **{_RNG: rng},
            )

        yield from asks_of(run, space, rng)


@dataclass
class SciPyDE(Optimizer):
    """Differential evolution of SciPy, a generation at a time.

    Parameters
    ----------
    population_size : int or None
        Points; None is SciPy's 15 for each dimension, which takes long for many weights.
    strategy : str
        Which points are combined, and how; see SciPy.
    mutation_low, mutation_high : float
        Factors of the differences are drawn from between these, anew for each generation.
    recombination : float
        Share of the coordinates that a trial takes from its mutant.
    tol : float
        A run ends when the losses' deviation is below this share of their mean.
    max_generations : int
        A run ends after these; `maxiter` in SciPy.
    width : float
        Without bounds the search is confined to plus and minus `width` times the space's
        scale, and as far as the first points are spread.

    Notes
    -----
    ``differential_evolution(vectorized=True, updating="deferred", polish=False)``, set out
    from the space's own points. A run that has ended, by SciPy's own criteria, is followed by
    one from fresh points. SciPy's final polish by numerical derivatives is left out.

    The rates are fixed: an adaptive kind of differential evolution is the better choice where
    the loss is ill-conditioned, and a gradient method in hundreds of dimensions.

    References
    ----------
    R. Storn, K. Price: Differential evolution, a simple and efficient heuristic for global
    optimization over continuous spaces. Journal of Global Optimization 11 (1997) 341-359.
    """

    population_size: int | None = setting(None, low=5)
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

    size_param: ClassVar[str | None] = "population_size"

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        def run(loss: Calls, points: Array) -> None:
            first: list[Array] = [points]

            def losses(columns: Array) -> Any:
                # SciPy scales points to the unit box and back, which rounds; the first ones
                # are known exactly.
                return loss(first.pop() if first else columns.T)

            optimize.differential_evolution(
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
        yield from asks_of(run, space, rng, n)


@dataclass
class SciPyDualAnnealing(Optimizer):
    """Dual annealing of SciPy: generalized annealing with local descents.

    Parameters
    ----------
    initial_temperature : float
        Where cooling begins.
    restart_ratio : float
        At this share of the initial temperature it is heated up again.
    visit, accept : float
        Of the distribution of the jumps (heavier tails for higher values), and of accepting
        worse points (less for lower values).
    local_search : bool
        Whether promising points are followed by descents.
    max_iterations : int
        A run, which ends after these, is followed by one from a fresh point; `maxiter` in SciPy.
    width : float
        Without bounds the search is confined to plus and minus `width` times the space's
        scale, and as far as the first point lies out.

    Notes
    -----
    It asks for one point at a time, so the losses of a population cannot be computed at once.
    Its descents, by L-BFGS-B, estimate each gradient from D + 1 losses, at differences of
    1.5e-8 that float32 does not resolve: choose dtype float64, or ``local_search=False``. An
    iteration takes 2 D losses, so it is for few dimensions.

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
            optimize.dual_annealing(
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

        yield from asks_of(run, space, rng)


class _Displacement:
    """An even draw from a box around a point; SciPy adapts its `stepsize`."""

    def __init__(self, stepsize: float, space: Space, rng: np.random.Generator) -> None:
        self.stepsize = stepsize
        self._space, self._rng = space, rng

    def __call__(self, x: Array) -> Array:
        moves = self._rng.uniform(-self.stepsize, self.stepsize, x.shape)
        return self._space.repair(x + moves * self._space.scale)


def _local(space: Space) -> dict[str, Any]:
    """Return how SciPy is told to descend by L-BFGS-B, from losses with their gradients."""
    bounds = None if space.bounds is None else optimize.Bounds(*space.bounds)
    return {"method": "L-BFGS-B", "jac": True, "bounds": bounds}


def box_around(points: Array, space: Space, width: float) -> optimize.Bounds:
    """Return the bounds of a space; without any, a box that also holds the points (n, D)."""
    if space.bounds is not None:
        return optimize.Bounds(*space.bounds)
    reach = width * space.scale
    return optimize.Bounds(
        np.minimum(-reach, points.min(axis=0)), np.maximum(reach, points.max(axis=0))
    )
