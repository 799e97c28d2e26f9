"""Which optimizer solves recurrent tasks with traps, and in how many passes.

Run it anywhere, as no time is measured: python -m benchmarks.optimizers.solving [task ...]

Each optimizer trains each network from several seeds until its best weights classify every
training sequence correctly, or a cap of passes is spent. The expected running time (ERT) is the
passes of all runs, failed ones at the cap, over the number of successes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from benchmarks.command import announce, parse
from benchmarks.report import describe_machine, heading, paragraphs, table, write_json
from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.optimizers import (
    CSBPERN,
    GA,
    LSHADE,
    Adam,
    CuckooSearch,
    HybridGA,
    Memetic,
    Optimizer,
    RandomGuessing,
    Restarts,
    Rprop,
    Space,
    minimize,
)

SEEDS = 30
#: The first one: none that settings were chosen by.
FIRST_SEED = 1000
#: Loss above which the best weights cannot be right everywhere, so nothing is predicted.
HOPELESS = np.log(2)


@dataclass(frozen=True)
class Task:
    """A data set, a network, and a cap of passes.

    `width` is the standard deviation of the normals that searches begin with; guesses are drawn
    evenly from -10 to 10.
    """

    data: str
    options: dict[str, Any]
    hidden: int
    cap: int
    what: str
    width: float = 3.0
    held_out: int = 0


TASKS = {
    "parity7-2": Task("parity", {"n_bits": 7}, 2, 100_000, "parity of 7 bits, 2 units"),
    "parity5-4": Task("parity", {"n_bits": 5}, 4, 100_000, "parity of 5 bits, 4 units"),
    "parity7-4": Task("parity", {"n_bits": 7}, 4, 100_000, "parity of 7 bits, 4 units"),
    "latch": Task(
        "latch",
        {"n_sequences": 100, "n_steps": 50, "noise": 0.2**0.5},
        1,
        20_000,
        "latch over 50 steps, noise of variance 0.2, 1 unit",
        held_out=100,
    ),
    "two_sequence": Task(
        "two_sequence",
        {"n_sequences": 100, "n_steps": 100},
        5,
        20_000,
        "two sequences of 100 to 110 steps, noise of variance 0.2, 5 units",
        held_out=100,
    ),
}

Make = Callable[[], Optimizer]

CONTESTANTS: dict[str, Make] = {
    "guessing": RandomGuessing,
    "adam, 25 starts": lambda: Adam(n_starts=25),
    "adam, restarts": lambda: Restarts(Adam(), population_growth=1),
    "rprop, 25 starts": lambda: Rprop(n_starts=25),
    "rprop, restarts": lambda: Restarts(Rprop(), population_growth=1),
    "cuckoo": CuckooSearch,
    "lshade": LSHADE,
    "csbpern": CSBPERN,
    "csbpern, restarts": lambda: Restarts(CSBPERN(), population_growth=1),
    "cuckoo + rprop, restarts": lambda: Restarts(
        Memetic(CuckooSearch(25), refine_every=1, n_refined=5, refine_steps=5),
        population_growth=1,
    ),
    "ga + rprop": lambda: HybridGA(
        GA(50), refine_every=5, n_refined=5, refine_steps=10, patience=None
    ),
    "ga + rprop, restarts": lambda: Restarts(
        HybridGA(GA(50), refine_every=1, n_refined=10, refine_steps=5),
        population_growth=1,
        patience=15,
    ),
}


@dataclass(frozen=True)
class Run:
    """The end of a run: whether all predictions were right, at what pass, and the test accuracy."""

    solved: bool
    passes: float
    held_out: float


def one(task: Task, name: str, seed: int) -> Run:
    """Train once."""
    options = dict(task.options)
    if task.held_out:
        options |= {"n_sequences": options["n_sequences"] + task.held_out, "seed": seed}
    data = load(task.data, **options)
    n = len(data.X) - task.held_out
    lengths = data.lengths if data.lengths is not None else np.full(len(data.X), data.X.shape[1])
    network = Network.build(data.X.shape[2], len(data.classes), hidden=task.hidden)
    fitness = Fitness(network, data.X[:n], data.y[:n], lengths=lengths[:n], n_threads=1)
    seen = [np.inf]

    def right(weights: Any, rows: slice) -> Any:
        scores = network.scores(weights[None], data.X[rows], lengths=lengths[rows])
        return scores[0].argmax(axis=-1) == data.y[rows]

    def see(intermediate_result: Any) -> None:
        if intermediate_result.fun < min(seen[0], HOPELESS):
            seen[0] = intermediate_result.fun
            if right(intermediate_result.x, slice(n)).all():
                raise StopIteration

    space = Space.normal(network.n_weights, task.width)
    result = minimize(
        fitness, CONTESTANTS[name](), budget=task.cap, seed=seed, space=space, callback=see
    )
    solved = result.stop == "callback"
    passes = result.history.improvements[-1][0] if solved else task.cap
    held_out = right(result.x, slice(n, None)).mean() if task.held_out else np.nan
    return Run(solved, float(passes), float(held_out))


def expected_running_time(passes: Any, solved: Any, axis: int = -1) -> Any:
    """Return the passes of all runs over the number of successes."""
    with np.errstate(divide="ignore"):
        return np.sum(passes, axis=axis) / np.sum(solved, axis=axis)


def summary(runs: list[Run]) -> dict[str, Any]:
    """Return the figures of a contestant's runs."""
    passes, solved = np.array([r.passes for r in runs]), np.array([r.solved for r in runs])
    drawn = np.random.default_rng(0).integers(len(runs), size=(2000, len(runs)))
    again = expected_running_time(passes[drawn], solved[drawn])
    # Not between two of them: a sample without a success has no finite time.
    interval = np.quantile(again, (0.025, 0.975), method="nearest").tolist()
    held_out = [r.held_out for r in runs if r.solved and r.held_out == r.held_out]
    return {
        "solved": int(solved.sum()),
        "runs": len(runs),
        "median": float(np.median(np.where(solved, passes, np.inf))),
        "ert": float(expected_running_time(passes, solved)),
        "interval": interval,
        "held_out": float(np.mean(held_out)) if held_out else None,
        "passes": passes.tolist(),
        "solved_each": solved.tolist(),
    }


def show(task: Task, results: dict[str, dict[str, Any]]) -> str:
    """Return a task's table, the lowest expected running time first."""

    def count(value: float) -> str:
        return f"{value:,.0f}" if np.isfinite(value) else "inf"

    rows = [
        [
            name,
            f"{r['solved']}/{r['runs']}",
            count(r["median"]),
            count(r["ert"]),
            " to ".join(map(count, r["interval"])) if r["solved"] else "",
            "" if r["held_out"] is None else f"{r['held_out']:.3f}",
        ]
        for name, r in sorted(results.items(), key=lambda item: (item[1]["ert"], item[0]))
    ]
    header = ["", "solved", "median", "ERT", "95%", "held\nout"]
    if not task.held_out:
        header, rows = header[:-1], [row[:-1] for row in rows]
    title = f"{task.what[0].upper()}{task.what[1:]}, at most {task.cap:,} passes"
    return f"{title}\n\n{table(header, rows)}"


def main(words: list[str] | None = None) -> None:
    """Run the command."""
    options = parse(__doc__ or "", TASKS, "task", SEEDS, words)
    machine, results = describe_machine(()), {}
    print(heading("Passes to solve recurrent tasks.", machine | {"taken_by_others": 0.0}, ()))
    for task_name in options.names:
        announce(f"{task_name}, {options.rounds} seeds")
        task = TASKS[task_name]
        jobs = [
            (name, seed)
            for name in CONTESTANTS
            for seed in range(FIRST_SEED, FIRST_SEED + options.rounds)
        ]
        runs = Parallel(n_jobs=-1)(delayed(one)(task, *job) for job in jobs)
        grouped: dict[str, list[Run]] = {name: [] for name in CONTESTANTS}
        for (name, _), run in zip(jobs, runs, strict=True):
            grouped[name].append(run)
        results[task_name] = {name: summary(each) for name, each in grouped.items()}
        print(f"\n{show(task, results[task_name])}", flush=True)
    print()
    print(
        paragraphs(
            "Solved: the best weights answer all training sequences rightly, asked whenever "
            "they improve. Median, ERT: passes, a gradient being 3; a failed run counts with "
            "the cap. 95%: bootstrap over runs. Held out: share of 100 other sequences that "
            "solvers answer rightly."
        )
    )
    write_json(options.out / "solving.json", {"command": "solving", "machine": machine} | results)


if __name__ == "__main__":
    main()
