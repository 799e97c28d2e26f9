"""Which settings of some optimizers hold on tables, traps and functions alike.

Run it anywhere: python -m benchmarks.optimizers.defaults [optimizer ...]

Each candidate minimizes the loss of small networks on standardized tables, read in one step, and on
recurrent tasks with traps, and some analytic functions. Its score is the expected running time to a
target loss, as a multiple of the best candidate's: the geometric mean over the problems of a
kind, then over the kinds. The settings are chosen on seeds from 0; as many from 1000 are held out.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from benchmarks.command import announce, parse
from benchmarks.optimizers.solving import expected_running_time
from benchmarks.report import describe_machine, heading, number, paragraphs, table, write_json
from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.optimizers import (
    GA,
    LBFGS,
    BeeColony,
    CuckooSearch,
    HybridGA,
    Memetic,
    Optimizer,
    Restarts,
    Space,
    analytic,
    minimize,
)

SEEDS = 5
#: The first seeds of the runs by which settings are chosen, and of those held out.
CHOOSE, HELD_OUT = 0, 1000

Make = Callable[[], Optimizer]


@dataclass(frozen=True)
class Problem:
    """What is minimized, until a target is reached or a budget of passes is spent.

    `width` is the standard deviation of the first weights; None for that of the network.
    """

    kind: str
    data: str
    budget: int
    target: float
    options: dict[str, Any] = field(default_factory=dict)
    network: dict[str, Any] = field(default_factory=dict)
    width: float | None = None

    def objective(self, seed: int) -> tuple[Any, Space]:
        """Return the objective and its space."""
        if self.kind == "function":
            function = analytic.FUNCTIONS[self.data](10)
            return function, function.space
        fresh = {"seed": seed} if self.kind == "trap" and self.data not in ("parity", "xor") else {}
        data = load(self.data, **self.options | fresh)
        X = data.X
        if self.kind == "table":
            X = ((X - X.mean(axis=0)) / X.std(axis=0))[:, np.newaxis]
        network = Network.build(X.shape[2], data.n_classes, **self.network)
        fitness = Fitness(network, X, data.y, lengths=data.lengths, n_threads=1)
        space = fitness.space if self.width is None else Space.normal(network.n_weights, self.width)
        return fitness, space


PROBLEMS = {
    # The target is a tenth of the loss of predicting the frequencies of the classes.
    "iris": Problem("table", "iris", 10_000, 0.11, network={"hidden": 8}),
    "wine": Problem("table", "wine", 10_000, 0.11, network={"hidden": 8}),
    "breast cancer": Problem("table", "breast_cancer", 10_000, 0.066, network={"hidden": 8}),
    "xor": Problem("trap", "xor", 20_000, 0.05, network={"hidden": 2}, width=3.0),
    "parity 7, 2 units": Problem(
        "trap", "parity", 50_000, 0.05, {"n_bits": 7}, {"hidden": 2}, width=3.0
    ),
    "the same, small weights": Problem(
        "trap", "parity", 50_000, 0.05, {"n_bits": 7}, {"hidden": 2}
    ),
    "parity 5, 4 units": Problem(
        "trap", "parity", 50_000, 0.05, {"n_bits": 5}, {"hidden": 4}, width=3.0
    ),
    "latch": Problem(
        "trap",
        "latch",
        20_000,
        0.05,
        {"n_sequences": 100, "n_steps": 50, "noise": 0.2**0.5},
        {"hidden": 1},
        width=3.0,
    ),
    "delayed recall": Problem(
        "trap",
        "delayed_recall",
        40_000,
        0.05,
        network={"cell": "gru", "hidden": 4, "init_scale": 2.0},
    ),
    "two sequences": Problem(
        "trap",
        "two_sequence",
        20_000,
        0.05,
        {"n_sequences": 100, "n_steps": 60},
        {"hidden": 4},
        width=3.0,
    ),
    "ellipsoid": Problem("function", "ellipsoid", 10_000, 1e-2),
    "rosenbrock": Problem("function", "rosenbrock", 10_000, 8.0),
    "rastrigin": Problem("function", "rastrigin", 10_000, 10.0),
    "ackley": Problem("function", "ackley", 10_000, 0.01),
}
KINDS = ("table", "trap", "function")


def hybrid(n: int, every: int, best: int, steps: int, patience: int | None) -> Make:
    """Return a hybrid of a genetic algorithm."""
    return lambda: HybridGA(
        GA(n), refine_every=every, n_refined=best, refine_steps=steps, patience=patience
    )


def memetic(n: int, every: int, best: int, steps: int, patience: int | None) -> Make:
    """Return a hybrid of cuckoo search."""
    return lambda: Memetic(
        CuckooSearch(n), refine_every=every, n_refined=best, refine_steps=steps, patience=patience
    )


def grid(make: Callable[..., Make], *settings: tuple[Any, ...]) -> dict[str, Make]:
    """Return candidates by their settings in words."""
    words = "{} points, {} best of every {}, {} steps, patience {}"
    return {words.format(n, b, e, s, p): make(n, e, b, s, p) for n, e, b, s, p in settings}


CANDIDATES: dict[str, dict[str, Make]] = {
    "hybrid_ga": grid(
        hybrid,
        (50, 5, 5, 10, None),
        (50, 1, 5, 10, 4),
        (20, 1, 5, 20, 4),
        (10, 1, 5, 10, 4),
    )
    | {
        "Restarts of 50 points, 10 best of every 1, 5 steps": lambda: Restarts(
            HybridGA(GA(50), refine_every=1, n_refined=10, refine_steps=5),
            population_growth=1,
            patience=15,
        )
    },
    "memetic": grid(
        memetic,
        (25, 5, 5, 10, None),
        (25, 1, 5, 10, 4),
        (20, 1, 5, 20, 4),
        (10, 1, 5, 10, 4),
    ),
    "cuckoo": {
        f"{n} nests, discovery {rate}, step {step}, patience {patience}": partial(
            CuckooSearch, n, rate, step, patience=patience
        )
        for n, rate, step, patience in (
            (25, 0.25, 0.01, None),
            (25, 0.25, 0.1, None),
            (15, 0.25, 0.01, None),
            (15, 0.25, 0.1, None),
            (25, 0.25, 0.01, 50),
            (15, 0.25, 0.01, 50),
            (15, 0.25, 0.1, 50),
            (15, 0.25, 0.1, 200),
        )
    },
    # The last of each is what tuning on a suite found (benchmarks/suite_1/tuned.toml).
    "abc": {
        f"{n} sources, limit {limit}": partial(BeeColony, n, limit)
        for n, limit in ((25, None), (10, None), (5, None), (5, 138))
    },
    "lbfgs": {
        f"{size} changes, first step {step}": partial(
            LBFGS, history_size=size, initial_step_size=step
        )
        for size, step in ((10, 0.1), (30, 0.1), (10, 0.03), (30, 0.03))
    },
}


def one(problem: Problem, make: Make, seed: int) -> tuple[float, bool, float]:
    """Return the passes that were spent, whether they reached the target, and the seconds."""
    objective, space = problem.objective(seed)
    begun = time.perf_counter()
    result = minimize(
        objective, make(), budget=problem.budget, seed=seed, space=space, target=problem.target
    )
    reached = result.fun <= problem.target
    passes = result.history.improvements[-1][0] if reached else problem.budget
    return float(passes), bool(reached), time.perf_counter() - begun


def measure(candidates: dict[str, Make], seeds: Iterable[int]) -> dict[str, dict[str, Any]]:
    """Return, by candidate and problem, the expected running time, the successes, the seconds."""
    jobs = [(c, p, seed) for c in candidates for p in PROBLEMS for seed in seeds]
    runs = Parallel(n_jobs=-1)(delayed(one)(PROBLEMS[p], candidates[c], s) for c, p, s in jobs)
    found: dict[str, dict[str, Any]] = {c: {} for c in candidates}
    for name in candidates:
        for problem in PROBLEMS:
            own = [
                run for (c, p, _), run in zip(jobs, runs, strict=True) if (c, p) == (name, problem)
            ]
            passes, reached, seconds = np.array(own, dtype=float).T
            # Without a success as if half a run had been one, so that the failure has a price.
            ert = expected_running_time(passes, max(reached.sum(), 0.5), axis=None)
            found[name][problem] = {
                "ert": float(ert), "solved": int(reached.sum()), "seconds": float(seconds.sum())
            }  # fmt: skip
    return found


def scores(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the multiples of the best candidate's expected running times, by kind and in all."""
    best = {p: min(each[p]["ert"] for each in found.values()) for p in PROBLEMS}
    result = {}
    for name, each in found.items():
        logs = {p: np.log(each[p]["ert"] / best[p]) for p in PROBLEMS}
        by_kind = {
            kind: np.mean([logs[p] for p in PROBLEMS if PROBLEMS[p].kind == kind]) for kind in KINDS
        }
        result[name] = {kind: float(np.exp(mean)) for kind, mean in by_kind.items()}
        result[name]["all"] = float(np.exp(np.mean(list(by_kind.values()))))
    return result


def show(chosen_by: dict[str, Any], held_out: dict[str, Any], n_seeds: int) -> str:
    """Return the scores, the best chosen first, and the expected running times of each."""
    order = sorted(chosen_by, key=lambda name: scores(chosen_by)[name]["all"])
    first, second = scores(chosen_by), scores(held_out)
    rows = [
        [
            name,
            number(first[name]["all"]),
            *(number(second[name][kind]) for kind in ("all", *KINDS)),
            f"{sum(each['solved'] for each in held_out[name].values())}/{n_seeds * len(PROBLEMS)}",
            number(sum(each["seconds"] for each in held_out[name].values())),
        ]
        for name in order
    ]
    columns = (f"\n{column}" for column in ("tables", "traps", "funcs", "solved", "s"))
    header = ["", "chosen\nby", "held\nout: all", *columns]
    first_three = [held_out[name] for name in order[:3]]
    times = [
        [p, *(f"{found[p]['ert']:,.0f}/{found[p]['solved']}" for found in first_three)]
        for p in PROBLEMS
    ]
    return f"{table(header, rows)}\n\n{table(['ERT/solved', 'first', 'second', 'third'], times)}"


def main(words: list[str] | None = None) -> None:
    """Run the command."""
    options = parse(__doc__ or "", CANDIDATES, "optimizer", SEEDS, words)
    machine = describe_machine(())
    print(heading("Settings that hold on tables and traps.", machine, ()))
    results: dict[str, Any] = {}
    for name in options.names:
        announce(f"{name}, {2 * options.rounds} seeds")
        parts = {
            part: measure(CANDIDATES[name], range(begin, begin + options.rounds))
            for part, begin in (("choose", CHOOSE), ("held_out", HELD_OUT))
        }
        results[name] = parts
        print(f"\n{name}\n\n{show(parts['choose'], parts['held_out'], options.rounds)}", flush=True)
    print()
    print(
        paragraphs(
            "Scores: expected running times as multiples of the best candidate's, geometric means "
            "over the problems of a kind and over the kinds. Chosen by seeds from 0, held out: "
            "seeds from 1000. ERT: passes of all runs over the number that reached the target; a "
            "gradient is 3."
        )
    )
    write_json(options.out / "defaults.json", {"command": "defaults", "machine": machine} | results)


if __name__ == "__main__":
    main()
