"""Whole runs beside their passes alone: what a search costs that is not the objective.

    python -m benchmarks.optimizers.whole_runs [optimizer ...]

A run has P candidates on the data of the size iris (see ``benchmarks.passes``), and its passes are
those that it has requested, repeated without it. Both are timed in turn by the time of one thread
on its processor, so that other programs, which take turns there, change the ratios little.
"""

import time
from collections.abc import Sequence

import numpy as np

from benchmarks.command import announce, parse
from benchmarks.measure import Call, interleave, ratio
from benchmarks.optimizers.own_time import P, of_size
from benchmarks.passes.problems import make_problem
from benchmarks.report import describe_machine, heading, number, paragraphs, table
from metarnn import Fitness, minimize
from metarnn.optimizers import OPTIMIZERS, Order

NAMES = "cuckoo", "ga", "de", "lshade", "pso", "es", "memetic", "hybrid_ga", "rprop", "adam"
BUDGET, QUICK_BUDGET = 10_000, 500
RUN, ALONE = "run", "passes alone"


class Recorded:
    """An objective that keeps what it is asked."""

    def __init__(self, fitness: Fitness) -> None:
        self.fitness = fitness
        self.space, self.cost, self.floor = fitness.space, fitness.cost, fitness.floor
        self.requests: list[tuple[Order, np.ndarray]] = []

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the losses."""
        self.requests.append((Order.VALUE, points.copy()))
        return self.fitness(points)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return losses and gradients."""
        self.requests.append((Order.GRADIENT, points.copy()))
        return self.fitness.gradient(points)


def contestants(name: str, fitness: Fitness, budget: float) -> tuple[dict[str, Call], int]:
    """Return a run and its passes alone, both called once, and the number of its requests."""
    optimizer, recorded = of_size(OPTIMIZERS[name]()), Recorded(fitness)
    minimize(recorded, optimizer, budget=budget, seed=0)

    def run() -> None:
        minimize(fitness, optimizer, budget=budget, seed=0)

    def alone() -> None:
        for order, points in recorded.requests:
            (fitness if order == Order.VALUE else fitness.gradient)(points)

    calls = {RUN: run, ALONE: alone}
    for call in calls.values():
        call()
    return calls, len(recorded.requests)


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = parse(__doc__, NAMES, "optimizer", 15, words)
    budget = QUICK_BUDGET if options.quick else BUDGET
    problem = make_problem("iris", P, "elman")
    fitness = Fitness(problem.build(), problem.X, problem.y, n_threads=1)
    intro = f"Runs of {budget:,} passes, P = {P}, D = {fitness.dim}, one thread."
    print(heading(intro, describe_machine({}), []))
    entered = {}
    for name in options.names:
        announce(name)
        entered[name] = contestants(name, fitness, budget)
    calls = {
        f"{name} {which}": call
        for name, (of_name, _) in entered.items()
        for which, call in of_name.items()
    }
    times = interleave(calls, options.rounds, 0.0, time.thread_time)
    rows = []
    for name, (_, n_requests) in entered.items():
        run, alone = (times[f"{name} {which}"] for which in (RUN, ALONE))
        rows.append(
            [
                name,
                f"{n_requests}",
                f"{np.median(run) * 1e6 / budget:.2f}",
                f"{np.median(alone) * 1e6 / budget:.2f}",
                number(ratio(run, alone)),
                f"{np.median(run - alone) * 1e6 / n_requests:.0f}",
            ]
        )
    columns = ["optimizer", "requests", "run", "alone", "ratio", "own"]
    print(table(columns, rows))
    print(
        paragraphs(
            "run, alone: microseconds a pass of a whole run, and of the same requests without it; "
            f"own: microseconds of the rest a request. Medians over {options.rounds} interleaved "
            "rounds."
        )
    )


if __name__ == "__main__":
    main()
