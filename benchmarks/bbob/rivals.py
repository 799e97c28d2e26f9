"""The contestants on BBOB: the optimizers of our table, and the field's libraries.

Ours have their default settings. The libraries are called as their users call them, with
their own defaults; they receive the box, the seed and, where they take a number of rounds,
the one that spends the budget.
"""

import functools
import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.bbob.suite import LOWER, UPPER, Trial
from metarnn.optimizers import OPTIMIZERS, Order, Space, minimize

Solve = Callable[[Trial, int], None]

#: Ours, and the same algorithm (or the nearest to it) elsewhere.
PAIRS = (
    ("ga", "mealpy BaseGA"),
    ("de", "mealpy OriginalDE"),
    ("de", "SciPy DE"),
    ("lshade", "mealpy L_SHADE"),
    ("pso", "mealpy OriginalPSO"),
    ("abc", "mealpy OriginalABC"),
    ("cuckoo", "mealpy OriginalCSA"),
    ("improved_cuckoo", "mealpy OriginalCSA"),
    ("es", "mealpy OriginalES"),
    ("sa", "mealpy OriginalSA"),
    ("sa", "SciPy dual_annealing"),
    ("cma_es", "pycma BIPOP"),
    ("pycma", "pycma BIPOP"),
    ("scipy_de", "SciPy DE"),
    ("scipy_dual_annealing", "SciPy dual_annealing"),
)


@dataclass(frozen=True)
class Contestant:
    """A library, and a function that searches until the trial ends it."""

    library: str
    solve: Solve


def ours(name: str) -> Solve:
    """Return a function that minimizes by an optimizer of the table."""

    def solve(trial: Trial, seed: int) -> None:
        space = Space.box(LOWER, UPPER, trial.dimension)
        optimizer = OPTIMIZERS[name]()
        result = minimize(trial.many, optimizer, budget=trial.budget, seed=seed, space=space)
        if result.stop == "interrupt":
            raise KeyboardInterrupt

    return solve


def mealpy(module: str, name: str) -> Solve:
    """Return a function that minimizes by an algorithm of mealpy, one point at a time."""

    def solve(trial: Trial, seed: int) -> None:
        first, each = evaluations_of(module, name)
        epochs = max(1, int(np.ceil((trial.budget - first) / each)))
        run_mealpy(module, name, epochs, trial.dimension, trial.one, seed)

    return solve


def run_mealpy(
    module: str,
    name: str,
    epochs: int,
    dimension: int,
    value: Callable[[np.ndarray], float],
    seed: int,
) -> int:
    """Run an algorithm of mealpy to its end, and return the size of its population."""
    from mealpy import FloatVar

    algorithm = getattr(importlib.import_module(f"mealpy.{module}"), name)(epoch=epochs)
    bounds = FloatVar(lb=[LOWER] * dimension, ub=[UPPER] * dimension)
    problem = {"obj_func": value, "bounds": bounds, "minmax": "min", "log_to": None}
    size = algorithm.pop_size
    algorithm.solve(problem, seed=seed)
    return int(size)


@functools.cache
def evaluations_of(module: str, name: str, epochs: int = 20) -> tuple[int, float]:
    """Return how many points an algorithm of mealpy evaluates at first, and then an epoch.

    Schedules run over its epochs, so their number must be the one that spends the budget. The
    mean is over a whole short run, because the population of some of them shrinks.
    """
    calls = 0

    def value(point: np.ndarray) -> float:
        nonlocal calls
        calls += 1
        return float(point @ point)

    state = random.getstate(), np.random.get_state()  # noqa: NPY002
    first = run_mealpy(module, name, epochs, 5, value, seed=1)
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002
    return first, max((calls - first) / epochs, 1.0)


def pycma(trial: Trial, seed: int) -> None:
    """CMA-ES with BIPOP restarts, from a step size of a fifth of the box."""
    import cma

    rng = np.random.default_rng(seed)
    options = {"bounds": [LOWER, UPPER], "seed": seed or 1, "verbose": -9, "verb_log": 0}
    options["maxfevals"] = np.inf

    def start() -> np.ndarray:
        return rng.uniform(LOWER, UPPER, trial.dimension)

    cma.fmin2(trial.one, start, 2.0, options, restarts=20, bipop=True)


def scipy(name: str) -> Solve:
    """Return a function that minimizes by a global method of SciPy."""

    def solve(trial: Trial, seed: int) -> None:
        method = getattr(importlib.import_module("scipy.optimize"), name)
        method(trial.one, [(LOWER, UPPER)] * trial.dimension, rng=seed)

    return solve


@functools.cache
def contestants() -> dict[str, Contestant]:
    """Return every optimizer of the table that needs values only, and the rivals."""
    own = {}
    for name, make in OPTIMIZERS.items():
        optimizer = make()
        if optimizer.order == Order.VALUE and not optimizer.needs_mini_batches:
            own[name] = Contestant("metarnn", ours(name))
    return own | {
        "mealpy BaseGA": Contestant("mealpy", mealpy("evolutionary_based.GA", "BaseGA")),
        "mealpy OriginalDE": Contestant("mealpy", mealpy("evolutionary_based.DE", "OriginalDE")),
        "mealpy L_SHADE": Contestant("mealpy", mealpy("evolutionary_based.SHADE", "L_SHADE")),
        "mealpy OriginalPSO": Contestant("mealpy", mealpy("swarm_based.PSO", "OriginalPSO")),
        "mealpy OriginalABC": Contestant("mealpy", mealpy("swarm_based.ABC", "OriginalABC")),
        "mealpy OriginalCSA": Contestant("mealpy", mealpy("swarm_based.CSA", "OriginalCSA")),
        "mealpy OriginalES": Contestant("mealpy", mealpy("evolutionary_based.ES", "OriginalES")),
        "mealpy OriginalSA": Contestant("mealpy", mealpy("physics_based.SA", "OriginalSA")),
        "pycma BIPOP": Contestant("cma", pycma),
        "SciPy DE": Contestant("scipy", scipy("differential_evolution")),
        "SciPy dual_annealing": Contestant("scipy", scipy("dual_annealing")),
    }


def missing_library(name: str) -> str | None:
    """Return why a contestant cannot take part, in one sentence, or None where it can."""
    contestant = contestants()[name]
    try:
        importlib.import_module(contestant.library)
        if name in OPTIMIZERS:
            OPTIMIZERS[name]().check()
    except ImportError as error:
        return str(error).rstrip(".") + "."
    return None
