"""What a gradient costs in forward passes, beside the price of 3 that budgets charge.

    python -m benchmarks.fairness.price [--rounds N]

Times are those of one thread on its processor, taken in turn, so that other programs change the
ratios little. ``benchmarks.passes.gradient`` measures seconds on all threads, beside other
libraries.
"""

import time
from collections.abc import Sequence

import numpy as np

from benchmarks.command import Parser
from benchmarks.measure import interleave
from benchmarks.passes.networks import NETWORKS
from benchmarks.passes.problems import make_problem
from benchmarks.report import describe_machine, one_line, paragraphs, table
from metarnn import Fitness

#: Sizes of networks and data, and as many candidates as take some milliseconds.
SIZES = {"iris": 20, "bcancer": 4, "digits": 4, "large": 1}
LEAST_SECONDS = 0.01


def price(network: str, size: str, dtype: str, rounds: int) -> np.ndarray:
    """Return the cost of a gradient in forward passes, (rounds,)."""
    problem = make_problem(size, SIZES[size], network)
    fitness = Fitness(problem.build(dtype), problem.X, problem.y, n_threads=1)
    calls = {
        "forward": lambda: fitness(problem.weights),
        "gradient": lambda: fitness.gradient(problem.weights),
    }
    for call in calls.values():
        call()
    times = interleave(calls, rounds, LEAST_SECONDS, time.thread_time)
    return times["gradient"] / times["forward"]


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = Parser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="default 15")
    options = parser.parse_args(words)
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}.")
    rows = []
    for dtype in ("float32", "float64"):
        for network in NETWORKS:
            measured = [price(network, size, dtype, options.rounds) for size in SIZES]
            rows.append([network, dtype, *(f"{np.median(ratios):.2f}" for ratios in measured)])
    print(
        one_line(describe_machine([])), table(["network", "dtype", *SIZES], rows, (0, 1)), sep="\n"
    )
    print(
        paragraphs(
            f"Medians of {options.rounds} rounds, one thread. B x T x I, H units of a layer: iris "
            "150 x 4 x 1, 8; bcancer 569 x 30 x 1, 16; digits 1797 x 8 x 8, 32; large 256 x 50 x "
            "8, 128."
        )
    )


if __name__ == "__main__":
    main()
