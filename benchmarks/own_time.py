"""An optimizer's own time: what a generation takes where losses cost nothing.

A contestant is made for D weights and P candidates, and called with a number of generations;
it returns the seconds of one. Losses are ready-made in ours, and the first weight of a point
in the libraries', whose ways of asking for losses are part of what is timed.
"""

import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import gamma, pi, sin
from typing import Any

import numpy as np

from metarnn.optimizers import OPTIMIZERS, Optimizer, Order, Space, Told

P = 50
#: What optimizers call the number of points that they move at once.
SIZE_SETTINGS = ("population_size", "n_nests", "n_starts", "batch_size")

Generations = Callable[[int], float]


@dataclass(frozen=True)
class Contestant:
    """A library, what makes one ready for D weights, and the largest D it is measured at."""

    library: str
    make: Callable[[int], Generations]
    largest: float = np.inf


def of_size(optimizer: Optimizer) -> Optimizer:
    """Set an optimizer to P points at once."""
    settings = optimizer.get_params(deep=False)
    return optimizer.set_params(**{name: P for name in SIZE_SETTINGS if name in settings})


def cycle(name: str, optimizer: Optimizer) -> tuple[int, int]:
    """Return after how many asks, and generations, an optimizer of ours begins anew."""
    if name == "cuckoo":
        return 2, 1  # Levy flights, then discovery
    if name == "hybrid_ga":  # every so often, gradient steps and a last value
        every, steps = optimizer.refine_every, optimizer.refine_steps
        return every + steps + 1, every
    return 1, 1


def ours(name: str) -> Callable[[int], Generations]:
    """Return what makes an optimizer of the table ready."""

    def make(D: int) -> Generations:
        rng = np.random.default_rng(0)
        optimizer = of_size(OPTIMIZERS[name]())
        n_asks, n_generations = cycle(name, optimizer)
        losses, gradients = rng.random(10_000), rng.standard_normal((P, D))
        search = optimizer.search(Space.normal(D), rng)
        waiting = next(search)

        def one() -> float:
            nonlocal waiting
            n, first = len(waiting.points), rng.integers(losses.size - P)
            told = Told(losses[first : first + n].copy())
            if waiting.order is Order.GRADIENT:
                told = told._replace(gradients=gradients[:n].copy())
            began = time.perf_counter()
            waiting = search.send(told)
            return time.perf_counter() - began

        def run(generations: int) -> float:
            n_cycles = -(-generations // n_generations)
            return sum(one() for _ in range(n_cycles * n_asks)) / (n_cycles * n_generations)

        return run

    return make


def timed(generation: Callable[[], Any]) -> Generations:
    """Return the contestant that a function of one generation makes."""

    def run(generations: int) -> float:
        began = time.perf_counter()
        for _ in range(generations):
            generation()
        return (time.perf_counter() - began) / generations

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

    return timed(generation)


def deap_ga(D: int) -> Generations:
    """DEAP's usual genetic algorithm: lists, two-point crossover, Gaussian mutation."""
    from deap import algorithms, base, creator, tools

    if not hasattr(creator, "OwnTimeIndividual"):
        creator.create("OwnTimeFitness", base.Fitness, weights=(-1.0,))
        creator.create("OwnTimeIndividual", list, fitness=creator.OwnTimeFitness)
    toolbox = base.Toolbox()
    individual = creator.OwnTimeIndividual
    toolbox.register("individual", tools.initRepeat, individual, random.random, D)
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=0.1, indpb=0.05)
    toolbox.register("select", tools.selTournament, tournsize=3)
    population = [toolbox.individual() for _ in range(P)]

    def evaluate(individuals):
        for one in individuals:
            if not one.fitness.valid:
                one.fitness.values = (one[0],)

    def generation():
        nonlocal population
        population = algorithms.varAnd(toolbox.select(population, P), toolbox, 0.7, 0.3)
        evaluate(population)

    evaluate(population)
    return timed(generation)


def pycma(diagonal: bool) -> Callable[[int], Generations]:
    """Return what makes CMA-ES ready, with a full or a diagonal covariance."""

    def make(D: int) -> Generations:
        import cma

        options = {"popsize": P, "verbose": -9, "CMA_diagonal": diagonal, "seed": 1}
        strategy = cma.CMAEvolutionStrategy(np.zeros(D), 0.5, options)

        def generation():
            points = strategy.ask()
            strategy.tell(points, [float(point[0]) for point in points])

        return timed(generation)

    return make


def mealpy(module: str, name: str) -> Callable[[int], Generations]:
    """Return what makes an algorithm of mealpy ready; its start is not timed."""

    def make(D: int) -> Generations:
        import importlib

        from mealpy import FloatVar

        algorithm = getattr(importlib.import_module(f"mealpy.{module}"), name)
        problem = {
            "obj_func": lambda point: float(point[0]),
            "bounds": FloatVar(lb=[-1.0] * D, ub=[1.0] * D),
            "minmax": "min",
            "log_to": None,
        }

        def seconds(epochs):
            began = time.perf_counter()
            algorithm(epoch=epochs, pop_size=P).solve(problem, seed=1)
            return time.perf_counter() - began

        return lambda generations: (seconds(1 + generations) - seconds(1)) / generations

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
            return (time.perf_counter() - began) / generations

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


def contestants() -> dict[str, Contestant]:
    """Return ours, every optimizer of the table, and the libraries'."""
    warnings.filterwarnings("ignore", module="cma")
    names = [name for name, kind in OPTIMIZERS.items() if "adapter" not in kind.__module__]
    own = {f"ours: {name}": Contestant("metarnn", ours(name)) for name in names}
    return own | {
        "NumPy cuckoo": Contestant("numpy", numpy_cuckoo),
        "mealpy OriginalCSA": Contestant("mealpy", mealpy("swarm_based.CSA", "OriginalCSA")),
        "mealpy BaseGA": Contestant("mealpy", mealpy("evolutionary_based.GA", "BaseGA")),
        "DEAP GA": Contestant("deap", deap_ga),
        "pycma CMA-ES": Contestant("cma", pycma(diagonal=False), largest=500),
        "pycma diagonal": Contestant("cma", pycma(diagonal=True)),
        "evosax SimpleGA": Contestant("evosax", evosax("SimpleGA")),
        "evosax PSO": Contestant("evosax", evosax("PSO")),
        "evosax Open_ES": Contestant("evosax", evosax("Open_ES")),
    }
