"""Runs of optimizers on problems of the suite, with one condition of the comparison changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from metarnn.optimizers import Order, Space, minimize, resolve_optimizer
from metarnn.study.problems import Problem, problems_of
from metarnn.study.run import fitness_of
from metarnn.study.settings import StudySettings
from metarnn.study.split import split
from metarnn.study.suite import read_suite

#: Of four groups of the suite: a trap, memory, a table and series.
PROBLEMS = "parity_5", "latch_40", "iris", "cylinder_bell_funnel"
OPTIMIZERS = (
    *("adam", "rprop", "lbfgs", "hybrid_ga", "cma_es", "lshade"),
    *("ga", "pso", "cuckoo", "random_search"),
)
#: Seeds of the control are these many later.
LATER = 1000


@dataclass(frozen=True)
class Condition:
    """What differs from a study with default settings.

    Attributes
    ----------
    dtype : str
        Of the network.
    space : callable
        The search space, of the network's own.
    gradient_passes : float
        Price of a gradient.
    first_seed : int
        Added to every seed.
    """

    dtype: str = "float32"
    space: Callable[[Space], Space] = lambda space: space
    gradient_passes: float = 3.0
    first_seed: int = 0


def start_in_cube(space: Space) -> Space:
    """Return the network's space with initial points uniform in [-1, 1]^D, and the same scale."""
    return replace(space, sampler=partial(_uniform, space.dim))


def stay_in_cube(space: Space) -> Space:
    """Return the box [-1, 1]^D, which no point leaves; its scale is that of its samples."""
    return replace(Space.box(-1, 1, space.dim), groups=space.groups)


def _uniform(dim: int, n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-1, 1, (n, dim))


BASE = "as it is"
CONDITIONS: dict[str, Condition] = {
    BASE: Condition(),
    "other seeds": Condition(first_seed=LATER),
    "float64": Condition(dtype="float64"),
    "starts in [-1, 1]": Condition(space=start_in_cube),
    "stays in [-1, 1]": Condition(space=stay_in_cube),
    "a gradient costs 2": Condition(gradient_passes=2.0),
    "a gradient costs 5": Condition(gradient_passes=5.0),
}


class Key(NamedTuple):
    """What identifies a run."""

    condition: str
    problem: str
    optimizer: str
    seed: int
    budget: float


class Found(NamedTuple):
    """What a run found: its best loss, and the passes to the target, NaN if it was not reached."""

    loss: float
    passes: float


def run(key: Key) -> Found:
    """Make one run, as a study does, on one thread."""
    changed = CONDITIONS[key.condition]
    protocol = replace(
        problem(key.problem, changed.dtype).protocol, gradient_passes=changed.gradient_passes
    )
    seed = key.seed + changed.first_seed
    optimizer = resolve_optimizer(key.optimizer)
    fitness = fitness_of(protocol, split(protocol, seed, 0), optimizer)
    how: dict[str, Any] = {"budget": key.budget, "seed": seed}
    with threadpool_limits(1):
        result = minimize(fitness, optimizer, space=changed.space(fitness.space), **how)
    reached = result.history.reached(protocol.target)
    return Found(float(result.fun), np.nan if reached is None else float(reached[0]))


def is_new(condition: str, optimizer: str) -> bool:
    """Return whether a condition changes anything for an optimizer: a price may not."""
    priced = CONDITIONS[condition].gradient_passes != CONDITIONS[BASE].gradient_passes
    return not priced or resolve_optimizer(optimizer).order > Order.VALUE


@lru_cache
def problem(name: str, dtype: str = "float32") -> Problem:
    """Return a problem of the suite, of medium size."""
    stated = next(each for each in read_suite("suite-1").problems if each.name == name)
    label, network = stated.network_of("medium")
    settings = StudySettings(
        datasets={name: stated.dataset},
        networks={label: network | {"dtype": dtype}},
        optimizers=["adam"],
    )
    return problems_of(settings)[0]
