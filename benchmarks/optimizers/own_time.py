"""An optimizer's own time: that of P evaluated points where losses cost nothing.

A contestant is made for D weights and P candidates, and called with a number of generations:
it requests P losses for each, and returns the seconds of P. So algorithms that evaluate
once, twice or now and then in a generation are compared at equal numbers of losses. Losses are
precomputed in ours, and the first weight of a point in the libraries', whose calls of the
objective are part of what is timed.
"""

import contextlib
import importlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import gamma, pi, sin
from typing import Any

import numpy as np

from benchmarks.optimizers import deap_rivals as in_deap
from metarnn.optimizers import OPTIMIZERS, Ask, Optimizer, Order, Space, Told

P = 50
#: The memory of the curvatures of P points is at most this: 1 GB at D = 1600.
LARGEST_CURVATURES = 1e9

Generations = Callable[[int], float]


@dataclass(frozen=True)
class Contestant:
    """An algorithm (a name of our table), its library, and what makes it for D weights."""

    algorithm: str
    library: str
    make: Callable[[int], Generations]


class Refused(Exception):  # noqa: N818 - not an error
    """A contestant cannot be made for so many weights."""


def of_size(optimizer: Optimizer) -> Optimizer:
    """Set an optimizer to P points at once."""
    size = optimizer.size_param
    return optimizer if size is None else optimizer.set_params(**{size: P})


class Bowl:
    """Precomputed replies for the methods that need gradients: a long bowl, with noise.

    A line search has to find lower losses where the gradient points. The noise is that of
    networks' arithmetic in float32; without it, momentum would decay to numbers so small that
    processors are slow with them.
    """

    def __init__(self, D: int, rng: np.random.Generator) -> None:
        self.curvature = np.geomspace(1e-3, 1, D)
        self.center = rng.standard_normal(D)
        self.noise = 1e-6 * rng.standard_normal((P, D))

    def told(self, ask: Ask) -> Told:
        """Reply as an objective would."""
        n, D = ask.points.shape
        away = ask.points - self.center
        exact = self.curvature * away
        losses = 0.5 * np.einsum("nd,nd->n", exact, away)
        gradients = curvatures = None
        if ask.order >= Order.GRADIENT:
            gradients = exact + self.noise[np.arange(n) % P]
        if ask.order == Order.GAUSS_NEWTON:
            curvatures = np.zeros((n, D, D))
            curvatures[:, np.arange(D), np.arange(D)] = self.curvature
        return Told(losses, gradients, curvatures)


class Chance:
    """Precomputed replies for the methods that need values: random losses.

    So a population never contracts, and goes on as in its first generations.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.losses = rng.random(10_000)

    def told(self, ask: Ask) -> Told:
        """Reply as an objective would."""
        n = len(ask.points)
        return Told(self.losses[self.rng.integers(self.losses.size, size=n)])


def ours(name: str) -> Callable[[int], Generations]:
    """Return what makes an optimizer of the table ready."""

    def make(D: int) -> Generations:
        rng = np.random.default_rng(0)
        optimizer = of_size(OPTIMIZERS[name]())
        if optimizer.order == Order.GAUSS_NEWTON and 8 * P * D * D > LARGEST_CURVATURES:
            raise Refused(f"{P} curvatures of {D} x {D} take {8 * P * D * D / 1e9:.1f} GB.")
        objective = Bowl(D, rng) if optimizer.order > Order.VALUE else Chance(rng)
        space = Space.normal(D)
        try:
            optimizer.check()
            search = optimizer.search(space, rng)
            waiting = next(search)
        except (ImportError, MemoryError, ValueError) as error:
            raise Refused(str(error)) from None

        def one() -> float:
            nonlocal search, waiting
            told = objective.told(waiting)
            began = time.perf_counter()
            try:
                waiting = search.send(told)
            except StopIteration:  # those that stop by themselves start again
                search = optimizer.search(space, rng)
                waiting = next(search)
            return time.perf_counter() - began

        def run(generations: int) -> float:
            seconds, n_points = 0.0, 0
            while n_points < generations * P:
                n_points += len(waiting.points)
                seconds += one()
            return seconds * P / n_points

        return run

    return make


def timed(generation: Callable[[], int]) -> Generations:
    """Return a contestant from a function that evaluates points and returns their number.

    The function is called until there are enough points.
    """

    def run(generations: int) -> float:
        n_points = 0
        began = time.perf_counter()
        while n_points < generations * P:
            n_points += generation()
        return (time.perf_counter() - began) * P / n_points

    return run


def numpy_cuckoo(D: int) -> Generations:
    """Cuckoo search, written down in NumPy as in the reference code."""
    rng = np.random.default_rng(0)
    beta = 1.5
    sigma = gamma(1 + beta) * sin(pi * beta / 2)
    sigma = (sigma / (gamma((1 + beta) / 2) * beta * 2 ** ((beta - 1) / 2))) ** (1 / beta)
    nests = rng.standard_normal((P, D))
    losses = nests[:, 0].copy()

    def keep_better(eggs):
        nonlocal nests, losses
        better = eggs[:, 0] < losses
        nests = np.where(better[:, None], eggs, nests)
        losses = np.where(better, eggs[:, 0], losses)

    def generation():
        u, v = rng.standard_normal((P, D)) * sigma, rng.standard_normal((P, D))
        steps = 0.01 * u / np.abs(v) ** (1 / beta) * (nests - nests[losses.argmin()])
        keep_better(nests + steps * rng.standard_normal((P, D)))
        moved = rng.random((P, D)) > 0.25
        differences = nests[rng.permutation(P)] - nests[rng.permutation(P)]
        keep_better(nests + rng.random() * moved * differences)
        return 2 * P

    return timed(generation)


def deap(make_generation: Callable[[int, int], Callable[[], int]]) -> Callable[[int], Generations]:
    """Return what makes an algorithm of DEAP ready."""
    return lambda D: timed(make_generation(P, D))


def pycma(diagonal: bool) -> Callable[[int], Generations]:
    """Return what makes CMA-ES ready, with a full or a diagonal covariance."""

    def make(D: int) -> Generations:
        import cma

        options = {"popsize": P, "verbose": -9, "CMA_diagonal": diagonal, "seed": 1}
        strategy = cma.CMAEvolutionStrategy(np.zeros(D), 0.5, options)

        def generation():
            points = strategy.ask()
            strategy.tell(points, [float(point[0]) for point in points])
            return P

        return timed(generation)

    return make


def mealpy(module: str, name: str) -> Callable[[int], Generations]:
    """Return what makes an algorithm of mealpy ready.

    It cannot be stepped, so the clock runs from a loss early in a run to a later one, where
    the run is ended.
    """

    class Ended(BaseException):
        pass

    def make(D: int) -> Generations:
        from mealpy import FloatVar

        algorithm = getattr(importlib.import_module(f"mealpy.{module}"), name)
        first = 3 * P  # past the first population, and what is done once

        def run(generations):
            times, calls = [0.0, 0.0], 0

            def loss(point):
                nonlocal calls
                calls += 1
                if calls == first:
                    times[0] = time.perf_counter()
                elif calls == first + generations * P:
                    times[1] = time.perf_counter()
                    raise Ended
                return float(point[0])

            bounds = FloatVar(lb=[-1.0] * D, ub=[1.0] * D)
            problem = {"obj_func": loss, "bounds": bounds, "minmax": "min", "log_to": None}
            with contextlib.suppress(Ended):
                algorithm(epoch=100_000, pop_size=P).solve(problem, seed=1)
            return (times[1] - times[0]) / generations

        return run

    return make


def evosax(name: str) -> Callable[[int], Generations]:
    """Return what makes an algorithm of evosax ready: ask and tell in one compiled function."""

    def make(D: int) -> Generations:
        import jax
        import jax.numpy as jnp

        key, start, generation = evosax_generation(name, P, D, lambda points: points[:, 0])
        state = [key, start(jax.random.normal(key, (P, D)), jnp.zeros(P))]

        def run(generations):
            began = time.perf_counter()
            for _ in range(generations):
                *state[:], _ = generation(*state)
            jax.block_until_ready(state)
            return (time.perf_counter() - began) / generations  # of P points each

        return run

    return make


def evosax_generation(
    name: str, n: int, D: int, losses: Callable[[Any], Any], **options: Any
) -> tuple[Any, Callable[..., Any], Callable[..., Any]]:
    """Return a key, ``start(points, losses) -> state``, and a compiled generation.

    The generation takes key and state, and returns them with the losses.
    """
    import jax
    import jax.numpy as jnp
    from evosax.algorithms import algorithms

    algorithm = algorithms[name](population_size=n, solution=jnp.zeros(D), **options)
    settings = algorithm.default_params
    key = jax.random.key(0)

    def start(points, told):
        try:
            return algorithm.init(key, points, told, settings)
        except TypeError:  # those that search around a mean start from a point
            return algorithm.init(key, points[0], settings)

    @jax.jit
    def generation(key, state):
        key, asking, telling = jax.random.split(key, 3)
        points, state = algorithm.ask(asking, state, settings)
        told = losses(points)
        state, _ = algorithm.tell(telling, points, told, state, settings)
        return key, state, told

    return key, start, generation


#: Name in our table: module and class of mealpy.
MEALPY = {
    "ga": ("evolutionary_based.GA", "BaseGA"),
    "de": ("evolutionary_based.DE", "OriginalDE"),
    "lshade": ("evolutionary_based.SHADE", "L_SHADE"),
    "pso": ("swarm_based.PSO", "OriginalPSO"),
    "abc": ("swarm_based.ABC", "OriginalABC"),
    "cuckoo": ("swarm_based.CSA", "OriginalCSA"),
    "es": ("evolutionary_based.ES", "OriginalES"),
    "sa": ("physics_based.SA", "OriginalSA"),
    "cma_es": ("evolutionary_based.ES", "CMA_ES"),
}
#: Name in our table: what makes a generation of DEAP's.
DEAP = {
    "ga": in_deap.ga,
    "de": in_deap.de,
    "pso": in_deap.pso,
    "es": in_deap.es,
    "cma_es": in_deap.cma_es,
}
#: Name in our table: evosax's name.
EVOSAX = {
    "ga": "SimpleGA",
    "de": "DifferentialEvolution",
    "pso": "PSO",
    "es": "SimpleES",
    "openai_es": "Open_ES",
    "sa": "SimulatedAnnealing",
    "cma_es": "CMA_ES",
    "sep_cma_es": "Sep_CMA_ES",
}


def contestants() -> list[Contestant]:
    """Return ours, every optimizer of the table, and the same algorithms of the libraries."""
    warnings.filterwarnings("ignore", module="cma")
    names = [name for name, kind in OPTIMIZERS.items() if "adapter" not in kind.__module__]
    entered = [
        *((name, "metarnn", ours(name)) for name in names),
        ("cuckoo", "numpy", numpy_cuckoo),
        *((name, "mealpy", mealpy(*where)) for name, where in MEALPY.items()),
        ("cma_es", "cma", pycma(diagonal=False)),
        ("sep_cma_es", "cma", pycma(diagonal=True)),
        *((name, "deap", deap(generation)) for name, generation in DEAP.items()),
        *((name, "evosax", evosax(theirs)) for name, theirs in EVOSAX.items()),
    ]
    return [Contestant(*one) for one in entered]
