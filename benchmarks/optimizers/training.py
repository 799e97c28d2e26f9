"""Whole training runs: the same data, the same budget of passes, by ours and by the field's.

A contestant is made for a task, and called with a seed and a :class:`Record`, which receives
every loss that it computes; the record ends the run when the budget is spent. The population
methods have P candidates, and all but PyGAD, which starts as its manual says, start from
the same ones.
"""

import contextlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.optimizers.own_time import P, evosax_generation, of_size
from benchmarks.passes.jax_rivals import jax_loss
from benchmarks.passes.numpy_rivals import numpy_loop_float64, numpy_matmul
from benchmarks.passes.problems import Problem
from benchmarks.passes.torch_rivals import TorchModules, torch_on_all_cores
from metarnn import Fitness, Network, minimize
from metarnn.datasets import load
from metarnn.optimizers import OPTIMIZERS

#: Name: data set, hidden units H.
TASKS = {"iris": ("iris", 8), "bcancer": ("breast_cancer", 16)}
#: Half the side of the box for those that need one, about the origin.
BOX = 5.0
#: A run that takes more seconds than this is cut short.
LIMIT = 20.0
OURS = ("ga", "cuckoo", "hybrid_ga", "rprop")


class BudgetSpent(BaseException):
    """Raised by a :class:`Record` to end a run; no Exception, which libraries might catch."""


class Record:
    """The losses that a run has computed, by the second.

    Parameters
    ----------
    budget : int
        Losses after which the run ends.
    limit : float
        Seconds after which it ends in any case.

    Attributes
    ----------
    steps : list of (seconds, loss)
        The lowest loss so far, after each call.
    """

    def __init__(self, budget: int, limit: float) -> None:
        self.left = budget
        self.limit = limit
        self.lowest = np.inf
        self.steps: list[tuple[float, float]] = []
        self.began = time.perf_counter()

    def one(self, loss: float) -> float:
        """Note one loss, and return it."""
        self.many(np.array([loss]))
        return loss

    def many(self, losses: np.ndarray) -> np.ndarray:
        """Note losses that were computed together, and return them."""
        self.lowest = min(self.lowest, float(losses[: self.left].min()))
        self.left -= len(losses)
        self.steps.append((time.perf_counter() - self.began, self.lowest))
        if self.left <= 0 or self.seconds > self.limit:
            raise BudgetSpent
        return losses

    @property
    def seconds(self) -> float:
        """The seconds so far."""
        return self.steps[-1][0]

    def loss_after(self, seconds: float) -> float:
        """Return the lowest loss known then; NaN where there was none."""
        return min((loss for at, loss in self.steps if at <= seconds), default=np.nan)


@dataclass(frozen=True)
class Task:
    """Data and network, as a problem whose weights are drawn for each seed."""

    problem: Problem
    network: Network

    @property
    def n_weights(self) -> int:
        """D."""
        return self.network.n_weights

    def start(self, seed: int) -> np.ndarray:
        """Return the P candidates (P, D) from which all start."""
        return self.network.space.sample(P, np.random.default_rng(seed))


Run = Callable[[int, Record], None]


def make_task(name: str) -> Task:
    """Return one of the TASKS: columns of a table, standardized and read one a step."""
    dataset, H = TASKS[name]
    data = load(dataset)
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    K = len(data.classes)
    network = Network.build(1, K, hidden=H)
    weights = np.zeros((P, network.n_weights))
    y = np.array(data.y, np.int64)
    B, T = X.shape
    return Task(Problem(name, P, B, T, 1, H, K, weights, X[:, :, None], y), network)


def ours(name: str) -> Callable[[Task], Run]:
    """Return a function that trains by an optimizer of ours."""

    def make(task: Task) -> Run:
        fitness = Fitness(task.network, task.problem.X, task.problem.y)
        optimizer = of_size(OPTIMIZERS[name]())
        if not hasattr(optimizer, "population_size") and hasattr(optimizer, "n_starts"):
            optimizer.set_params(n_starts=1)  # a descent, from the first of the candidates

        def run(seed, record):
            result = minimize(
                fitness, optimizer, budget=record.left, seed=seed, x0=task.start(seed)
            )
            # Ours counts its passes itself: a gradient is charged 3.
            record.steps = [(at, loss) for _, at, loss in result.history.improvements]
            record.steps.append((result.seconds, result.fun))
            record.left = 0

        return run

    return make


def numpy_objective(task: Task) -> Callable[[np.ndarray], float]:
    """Return the loss of one candidate, in NumPy."""
    losses = numpy_loop_float64(task.problem)
    return lambda weights: float(losses(weights[None])[0])


def torch_objective(task: Task) -> Callable[[np.ndarray], float]:
    """Return the loss of one candidate, by torch's own modules."""
    torch = torch_on_all_cores()
    modules = TorchModules(torch, task.problem)

    def loss(weights):
        with torch.no_grad():
            return modules.loss(torch.as_tensor(weights, dtype=torch.float32)).item()

    return loss


def mealpy(module: str, name: str, objective: Callable[[Task], Any]) -> Callable[[Task], Run]:
    """Return a function that trains by an algorithm of mealpy, one loss at a time."""

    def make(task: Task) -> Run:
        import importlib

        from mealpy import FloatVar

        algorithm = getattr(importlib.import_module(f"mealpy.{module}"), name)
        loss = objective(task)

        def run(seed, record):
            problem = {
                "obj_func": lambda weights: record.one(loss(weights)),
                "bounds": FloatVar(lb=[-BOX] * task.n_weights, ub=[BOX] * task.n_weights),
                "minmax": "min",
                "log_to": None,
            }
            model = algorithm(epoch=record.left, pop_size=P)
            model.solve(problem, seed=seed + 1, starting_solutions=list(task.start(seed)))

        return run

    return make


def numpy_swarm(task: Task) -> Run:
    """Global-best particle swarm, a loop as pyswarms runs it, with the population in NumPy."""
    losses = numpy_matmul(task.problem)

    def run(seed, record):
        rng = np.random.default_rng(seed)
        points = task.start(seed)
        velocities = np.zeros_like(points)
        best, lowest = points.copy(), np.full(P, np.inf)
        while True:
            told = record.many(losses(points.astype(np.float32)))
            better = told < lowest
            best[better], lowest[better] = points[better], told[better]
            to_own = rng.random(points.shape) * (best - points)
            to_best = rng.random(points.shape) * (best[lowest.argmin()] - points)
            velocities = 0.73 * velocities + 1.5 * to_own + 1.5 * to_best
            points = points + velocities

    return run


def pyswarms(task: Task) -> Run:
    """The same by pyswarms itself."""
    from pyswarms.single import GlobalBestPSO

    losses = numpy_matmul(task.problem)

    def run(seed, record):
        np.random.seed(seed)  # noqa: NPY002 - it draws from there
        options = {"c1": 1.5, "c2": 1.5, "w": 0.73}
        swarm = GlobalBestPSO(P, task.n_weights, options, init_pos=task.start(seed))
        swarm.optimize(
            lambda points: record.many(losses(points.astype(np.float32))),
            iters=record.left,
            verbose=False,
        )

    return run


def pygad_torch(task: Task) -> Run:
    """PyGAD with a torch model, as its manual trains networks."""
    import pygad
    import pygad.torchga

    torch = torch_on_all_cores()
    problem = task.problem
    X, y = torch.from_numpy(problem.sequences()[0]), torch.from_numpy(problem.y)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = torch.nn.RNN(problem.I, problem.H)
            self.readout = torch.nn.Linear(problem.H, problem.K)

        def forward(self, X):
            return self.readout(self.rnn(X)[1][0])

    def run(seed, record):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - it draws from there
        model = Model()
        start = pygad.torchga.TorchGA(model=model, num_solutions=P).population_weights

        def fitness(_, solution, __):
            scores = pygad.torchga.predict(model=model, solution=solution, data=X)
            loss = torch.nn.functional.cross_entropy(scores, y).item()
            return 1.0 / (record.one(loss) + 1e-8)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pygad.GA(
                num_generations=record.left,
                num_parents_mating=5,
                initial_population=start,
                fitness_func=fitness,
                random_seed=seed,
                suppress_warnings=True,
            ).run()

    return run


def evosax(name: str, **options: Any) -> Callable[[Task], Run]:
    """Return a function that trains by evosax, a generation and its losses compiled together."""

    def make(task: Task) -> Run:
        import jax
        import jax.numpy as jnp

        losses = jax.vmap(jax_loss(task.problem))
        compiled = jax.jit(losses)
        _, start, generation = evosax_generation(name, P, task.n_weights, losses, **options)

        def run(seed, record):
            points = jnp.asarray(task.start(seed), jnp.float32)
            state = start(points, record.many(np.asarray(compiled(points))))
            key = jax.random.key(seed)
            while True:
                key, state, told = generation(key, state)
                record.many(np.asarray(told))

        return run

    return make


def evosax_small_steps(task: Task) -> Run:
    """evosax's genetic algorithm, with steps of 0.1; its default of 1 learns nothing here."""
    import optax

    return evosax("SimpleGA", std_schedule=optax.constant_schedule(0.1))(task)


#: Name: libraries that it needs, the first of which gives the color, and what makes it.
CONTESTANTS: dict[str, tuple[tuple[str, ...], Callable[[Task], Run]]] = {
    **{f"ours: {name}": (("metarnn",), ours(name)) for name in OURS if name in OPTIMIZERS},
    "mealpy CSA, torch": (
        ("mealpy", "torch"),
        mealpy("swarm_based.CSA", "OriginalCSA", torch_objective),
    ),
    "mealpy GA, torch": (
        ("mealpy", "torch"),
        mealpy("evolutionary_based.GA", "BaseGA", torch_objective),
    ),
    "mealpy CSA, NumPy": (
        ("mealpy",),
        mealpy("swarm_based.CSA", "OriginalCSA", numpy_objective),
    ),
    "mealpy GA, NumPy": (
        ("mealpy",),
        mealpy("evolutionary_based.GA", "BaseGA", numpy_objective),
    ),
    "PyGAD, torch": (("pygad", "torch"), pygad_torch),
    "PSO, NumPy matmul": (("numpy",), numpy_swarm),
    "pyswarms, NumPy matmul": (("pyswarms",), pyswarms),
    "evosax GA, JAX vmap": (("evosax", "jax", "optax"), evosax_small_steps),
    "evosax PSO, JAX vmap": (("evosax", "jax"), evosax("PSO")),
}


def train(run: Run, seed: int, budget: int, limit: float = LIMIT) -> Record:
    """Return the record of a run."""
    record = Record(budget, limit)
    with contextlib.suppress(BudgetSpent):
        run(seed, record)
    return record
