"""What a whole run takes beside its passes alone."""

import time

import numpy as np
import pytest

from benchmarks.measure import fastest_ratio, interleave
from benchmarks.optimizers import whole_runs
from benchmarks.optimizers.whole_runs import ALONE, NAMES, RUN, contestants, main
from benchmarks.passes.problems import make_problem
from metarnn import Fitness


class Counting(Fitness):
    """Counts the points of each order."""

    n_values = n_gradients = 0

    def __call__(self, weights):
        self.n_values += len(weights)
        return super().__call__(weights)

    def gradient(self, weights):
        self.n_gradients += len(weights)
        return super().gradient(weights)


def small_fitness():
    problem = make_problem("tiny", 50, "elman")
    return Counting(problem.build(), problem.X, problem.y, n_threads=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_passes_alone_are_those_of_the_run(name):
    fitness = small_fitness()
    calls, n_requests = contestants(name, fitness, 450)
    assert n_requests > 1
    counts = []
    for which in (RUN, ALONE):
        fitness.n_values = fitness.n_gradients = 0
        calls[which]()
        counts.append((fitness.n_values, fitness.n_gradients))
    assert counts[0] == counts[1]
    assert 440 <= counts[0][0] + 3 * counts[0][1] <= 450


def test_the_command_prints_a_row_for_each(monkeypatch, capsys):
    monkeypatch.setattr(
        whole_runs, "interleave", lambda calls, *_: dict.fromkeys(calls, np.ones(2))
    )
    main(["ga", "lshade", "--quick"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("ga", "lshade"))] == [
        "ga",
        "lshade",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cuckoo", "ga", "de", "pso", "es"])
def test_a_run_takes_little_more_than_its_passes(name):
    problem = make_problem("iris", 50, "elman")
    fitness = Fitness(problem.build(), problem.X, problem.y, n_threads=1)
    calls, _ = contestants(name, fitness, 5000)
    times = interleave(calls, 15, 0.0, time.thread_time)
    # Measured: at most 1.5.
    assert fastest_ratio(times[RUN], times[ALONE]) < 2
