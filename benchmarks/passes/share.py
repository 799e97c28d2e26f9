"""The share of the processor's limit that passes reach, in a few seconds, on a machine in use.

Run it anywhere: python -m benchmarks.passes.share

Ends with status 1 where a share is below the least one. Times are those of one thread on its
processor, the shortest of some rounds, and peaks are taken likewise between them: so other
programs, which take turns on the same processors, change the shares little.
"""

import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.command import Parser
from benchmarks.measure import Call
from benchmarks.passes.problems import Problem, make_problem
from benchmarks.peaks import measure_peak
from benchmarks.report import describe_machine, one_line, paragraphs, table
from metarnn import Fitness

ROUNDS, LEAST_SECONDS = 15, 0.005


class Case(NamedTuple):
    """A pass and the share that it must reach."""

    network: str
    size: str
    P: int
    gradient: bool
    least: float


#: The least shares are some two thirds of those measured on an Intel Xeon with AVX-512, or less.
CASES = (
    Case("elman", "tiny", 50, False, 0.2),
    Case("elman", "iris", 50, False, 0.3),
    Case("elman", "bcancer", 10, False, 0.58),
    Case("elman", "digits", 4, False, 0.57),
    Case("elman", "large", 2, False, 0.55),
    Case("lstm", "iris", 20, False, 0.4),
    Case("lstm", "bcancer", 4, False, 0.5),
    Case("gru", "bcancer", 4, False, 0.45),
    Case("elman", "iris", 20, True, 0.2),
    Case("elman", "digits", 4, True, 0.45),
    Case("elman", "large", 1, True, 0.45),
    Case("lstm", "bcancer", 2, True, 0.4),
    Case("gru", "bcancer", 2, True, 0.35),
)


def call_of(case: Case, problem: Problem) -> Call:
    """Return the pass, as optimizers call it, on one thread."""
    fitness = Fitness(problem.build(), problem.X, problem.y, n_threads=1)
    return lambda: (fitness.gradient if case.gradient else fitness)(problem.weights)


def shortest(call: Call, rounds: int = ROUNDS) -> float:
    """Return the seconds of a call in the round that was disturbed least."""
    call()
    began = time.thread_time()
    call()
    repeats = max(1, int(LEAST_SECONDS / max(time.thread_time() - began, 1e-7)))
    best = float("inf")
    for _ in range(rounds):
        began = time.thread_time()
        for _ in range(repeats):
            call()
        best = min(best, (time.thread_time() - began) / repeats)
    return best


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print the table, and fail where a share is too small."""
    parser = Parser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    options = parser.parse_args(words)
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}.")
    peak, measured = measure_peak(1, options.rounds, time.process_time), []
    for case in CASES:
        problem = make_problem(case.size, case.P, case.network)
        measured.append((case, problem, shortest(call_of(case, problem), options.rounds)))
        peak = peak.or_better(measure_peak(1, 2, time.process_time))
    rows, wrong = [], []
    for case, problem, seconds in measured:
        # Each product with weights has two more in a gradient, by what it multiplies.
        limit = peak.seconds(problem.flops * (3 if case.gradient else 1), problem.n_tanh)
        what = f"{case.network} {case.size}{' gradient' if case.gradient else ''}"
        share = limit / seconds
        rows.append([what, f"{seconds * 1e3:.3f}", f"{share:.0%}", f"{case.least:.0%}"])
        if share < case.least:
            wrong.append(f"{what} reaches {share:.0%} of the limit, less than {case.least:.0%}.")
    print(one_line(describe_machine([])), table(["pass", "ms", "share", "least"], rows), sep="\n")
    print(
        paragraphs(
            f"Limit: multiply-adds at {peak.gflops:.0f} GFLOP/s and {peak.gtanh:.1f} billion tanh "
            "values a second, one after the other; a sigmoid counts as a tanh, a gradient as three "
            "times the multiply-adds."
        )
    )
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
