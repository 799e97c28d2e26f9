"""The BBOB test suite: 24 functions with known optima, targets, and runs that record them.

A run has a function, a dimension, an instance and a budget of evaluations, and ends when the
budget is spent or the last target is reached. Definitions and targets are those of COCO; the
functions come from the package ioh.

References
----------
N. Hansen, S. Finck, R. Ros, A. Auger: Real-parameter black-box optimization benchmarking 2009:
noiseless functions definitions. INRIA RR-6829, 2009.
N. Hansen, A. Auger, R. Ros, O. Mersmann, T. Tusar, D. Brockhoff: COCO: a platform for comparing
continuous optimizers in a black-box setting. Optimization Methods and Software 36 (2021) 114-144.
"""

import random
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

#: Distances to the optimum that count, from 10^2 to 10^-8 in steps of 10^-0.2.
TARGETS = 10.0 ** np.linspace(2, -8, 51)
#: The search box of all functions.
LOWER, UPPER = -5.0, 5.0
#: BBOB's own groups of functions.
GROUPS = {
    "separable": range(1, 6),
    "moderate": range(6, 10),
    "ill-conditioned": range(10, 15),
    "multi-modal": range(15, 20),
    "weak structure": range(20, 25),
}
FUNCTIONS = range(1, 25)


class Ended(BaseException):
    """Raised by a :class:`Trial` to end a run; no Exception, which libraries might catch."""


class Trial:
    """A function to minimize, which counts, records the targets reached, and ends the run.

    Attributes
    ----------
    evaluations : int
        Points evaluated, never more than the budget.
    error : float
        The lowest value so far, above the optimum.
    hits : list of int
        The evaluations after which each target was reached, in the order of TARGETS.
    """

    def __init__(
        self,
        evaluate: Callable[[list[list[float]]], list[float]],
        optimum: float,
        dimension: int,
        budget: int,
    ) -> None:
        self.evaluate = evaluate
        self.optimum = optimum
        self.dimension = dimension
        self.budget = budget
        self.evaluations = 0
        self.error = np.inf
        self.hits: list[int] = []

    @property
    def ended(self) -> bool:
        """Whether the last target is reached or the budget spent."""
        return len(self.hits) == len(TARGETS) or self.evaluations >= self.budget

    def many(self, points: np.ndarray) -> np.ndarray:
        """Return the values (n,) of points (n, D)."""
        if self.ended:  # a library has caught what ended the run
            raise Ended
        # A list of lists: ioh takes four times as long to read an array.
        values = np.array(self.evaluate(points[: self.budget - self.evaluations].tolist()))
        errors = values - self.optimum
        for i in np.flatnonzero(errors < self.error):
            self._improve(self.evaluations + int(i) + 1, float(errors[i]))
        self.evaluations += len(values)
        if self.ended:
            raise Ended
        return values

    def one(self, point: np.ndarray) -> float:
        """Return the value of one point (D,)."""
        return float(self.many(np.asarray(point, float)[None])[0])

    def _improve(self, evaluations: int, error: float) -> None:
        self.error = min(self.error, error)
        while len(self.hits) < len(TARGETS) and error <= TARGETS[len(self.hits)]:
            self.hits.append(evaluations)


def make_trial(function: int, dimension: int, instance: int, budget: int) -> Trial:
    """Return a function of the suite."""
    import ioh

    problem = ioh.get_problem(function, instance, dimension, ioh.ProblemClass.BBOB)
    return Trial(problem, problem.optimum.y, dimension, budget)


@dataclass(frozen=True, order=True)
class Key:
    """What identifies a run; in this order an interrupted study has done whole instances."""

    instance: int
    dimension: int
    function: int
    contestant: str
    budget: int

    @property
    def seed(self) -> int:
        """The same for every contestant."""
        words = [self.function, self.dimension, self.instance]
        return int(np.random.SeedSequence(words).generate_state(1)[0] >> 1)


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    key : Key
        What it is of.
    evaluations : int
        Points evaluated.
    error : float
        The lowest value reached, above the optimum.
    hits : list of int
        The evaluations after which targets were reached, the first of TARGETS first.
    seconds : float
        Its duration.
    ended : str
        "target", "budget", "itself", or the error that ended it.
    """

    key: Key
    evaluations: int
    error: float
    hits: list[int] = field(repr=False)
    seconds: float
    ended: str

    def to_dict(self) -> dict[str, Any]:
        """Return what a line of the file holds."""
        return asdict(self.key) | {k: v for k, v in vars(self).items() if k != "key"}

    @classmethod
    def from_dict(cls, line: dict[str, Any]) -> "Run":
        """Return the run that a line of the file holds."""
        names = Key.__dataclass_fields__
        own = {name: value for name, value in line.items() if name not in names}
        return cls(Key(**{name: line[name] for name in names}), **own)

    @property
    def failed(self) -> bool:
        """Whether the contestant raised an error."""
        return self.ended not in ("target", "budget", "itself")


def run(key: Key, solve: Callable[[Trial, int], None]) -> Run:
    """Run a contestant, ``solve(trial, seed)``, on one thread."""
    trial = make_trial(key.function, key.dimension, key.instance, key.budget)
    # Some libraries draw from the global generators, whatever seed they are given.
    random.seed(key.seed)
    np.random.seed(key.seed % 2**32)  # noqa: NPY002
    ended = "itself"
    began = time.perf_counter()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        try:
            solve(trial, key.seed)
        except Ended:
            pass
        except Exception as error:
            ended = f"{type(error).__name__}: {error}"
    if trial.ended:
        ended = "target" if len(trial.hits) == len(TARGETS) else "budget"
    seconds = time.perf_counter() - began
    return Run(key, trial.evaluations, float(trial.error), trial.hits, seconds, ended)


def evaluations_a_second(dimension: int, n: int = 50, repeats: int = 20) -> float:
    """Return the speed of the functions by themselves, with n points at a time."""
    points = np.random.default_rng(0).uniform(LOWER, UPPER, (n, dimension))
    trials = [make_trial(f, dimension, 1, 10**9) for f in FUNCTIONS]
    began = time.perf_counter()
    for trial in trials:
        for _ in range(repeats):
            trial.many(points)
    return len(trials) * repeats * n / (time.perf_counter() - began)
