"""Which settings solve the tasks that are generated, and what is possible without memory.

Run it anywhere: python benchmarks/tasks.py [task ...]

Each task is learnt from several seeds by a gradient method, by a population method and by a
hybrid of the two, on data drawn anew for each seed, and judged by its own rule
(`metarnn.study.solving.solved`) on fresh data. Next to it the network of the gradient method learns
from single steps, which is all that a model without memory sees.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from command import announce, parse
from joblib import Parallel, delayed
from report import describe_machine, heading, number, paragraphs, table, write_json
from task_settings import OPTIMIZERS, TASKS, Setting, Task

from metarnn import Fitness, Network, minimize
from metarnn.datasets import Dataset, load
from metarnn.optimizers import Rprop
from metarnn.study.solving import Solved, solved

SEEDS = 3
FIRST_SEED = 1000
#: Passes for the network that sees one step at a time.
ALONE = 600


@dataclass(frozen=True)
class Run:
    """How a run ended: by the task's rule on fresh data, the passes and the seconds."""

    outcome: Solved
    passes: float
    seconds: float
    n_weights: int


def rows_of(data: Dataset, rows: Any) -> Dataset:
    """Return some of the sequences."""
    lengths = None if data.lengths is None else data.lengths[rows]
    return replace(data, X=data.X[rows], y=data.y[rows], lengths=lengths, exhaustive=False)


def draw(task: Task, setting: Setting, seed: int) -> tuple[Dataset, Dataset]:
    """Return what a run is trained on and what it is judged by."""
    options = task.options | setting.options
    ruled = {} if task.share is None else {"rule": "sequences", "rule_share": task.share}
    if task.fresh is None:  # all there is
        data = load(task.data, **options)
        return data, data
    if task.held_out:
        data = replace(load(task.data, **options), **ruled)
        order = np.random.default_rng(seed).permutation(data.n_sequences)
        return rows_of(data, order[task.held_out :]), rows_of(data, order[: task.held_out])
    fresh = options | task.fresh
    seeds = [{}, {}] if task.unseeded else [{"seed": seed}, {"seed": seed + 1_000_000}]
    return (
        load(task.data, **options | seeds[0]),
        load(task.data, **fresh | seeds[1]),
    )


def build(data: Dataset, **settings: Any) -> Network:
    """Return a network for the data."""
    n_inputs = data.X.shape[-1] if data.n_tokens is None else data.n_tokens
    return Network.build(n_inputs, data.n_classes, **settings)


def one(task: Task, kind: str, seed: int) -> Run:
    """Train once and judge."""
    setting = task.solvers[kind]
    train, fresh = draw(task, setting, seed)
    network = build(train, **setting.network)
    fitness = Fitness(network, train.X, train.y, lengths=train.lengths, n_threads=1)
    fitness.warm_up()
    result = minimize(
        fitness,
        OPTIMIZERS[setting.optimizer](),
        budget=setting.budget,
        seed=seed,
        target=setting.target or None,
    )
    outcome = solved(fresh, network, result.x, n_threads=1)
    return Run(outcome, result.passes, result.seconds, network.n_weights)


def single_steps(data: Dataset) -> Dataset:
    """Return what a model without memory sees: each step that is answered, by itself.

    Of sequences with one answer, or with a decoder's answers, that is the last step, and of
    images the last pixel.
    """
    if data.X.ndim == 4:
        return replace(data, X=data.X[:, -1:, -1:], rule="sequences")
    if data.y.ndim == 2 and data.n_tokens is None:
        rows, steps = np.nonzero(data.y >= 0)
        y = data.y[rows, steps]
        return replace(data, X=data.X[rows, steps][:, None], y=y, lengths=None, rule="sequences")
    last = np.full(data.n_sequences, data.X.shape[1]) if data.lengths is None else data.lengths
    X = data.X[np.arange(data.n_sequences), last - 1][:, None]
    lengths = None if data.lengths is None else np.ones_like(last)
    return replace(data, X=X, lengths=lengths, exhaustive=False)


def without_memory(task: Task, seed: int) -> tuple[float, int]:
    """Return the share of right answers of a network that sees single steps, and of how many."""
    setting = task.solvers["gradient"]
    train, fresh = map(single_steps, draw(task, setting, seed))
    settings = {name: value for name, value in setting.network.items() if name != "readout"}
    network = build(train, **settings)
    fitness = Fitness(network, train.X, train.y, lengths=train.lengths, n_threads=1)
    result = minimize(fitness, Rprop(), budget=ALONE, seed=seed)
    return solved(fresh, network, result.x, n_threads=1).share, fresh.n_sequences


def summary(runs: dict[str, list[Run]], alone: list[tuple[float, int]]) -> dict[str, Any]:
    """Return what the tables tell of a task's runs."""
    kinds = {
        kind: {
            "solved": sum(run.outcome.is_solved for run in each),
            "runs": len(each),
            "shares": [run.outcome.share for run in each],
            "passes": float(np.median([run.passes for run in each])),
            "seconds": float(np.median([run.seconds for run in each])),
            "weights": each[0].n_weights,
        }
        for kind, each in runs.items()
    }
    rates, counts = zip(*alone, strict=True)
    return {"solvers": kinds, "alone": list(rates), "alone_of": list(counts)}


def show(name: str, found: dict[str, Any]) -> str:
    """Return a task's table."""
    task = TASKS[name]
    rows = [
        [
            kind,
            task.solvers[kind].says,
            str(each["weights"]),
            f"{each['solved']}/{each['runs']}",
            f"{min(each['shares']):.3f}",
            f"{each['passes']:,.0f}",
            number(each["seconds"]),
        ]
        for kind, each in found["solvers"].items()
    ]
    header = ["", "setting", "D", "solved", "least\nshare", "passes", "s"]
    alone = f"One step alone: {np.mean(found['alone']):.3f} of the answers"
    chance = "" if found["chance"] is None else f"; chance is {found['chance']:.3f}"
    return f"{name}: {task.what}\n{alone}{chance}.\n\n{table(header, rows, left=(0, 1))}"


def main(words: list[str] | None = None) -> None:
    """Run the command."""
    options = parse(__doc__ or "", TASKS, "task", SEEDS, words)
    machine = describe_machine(())
    print(heading("Tasks that are generated, and who solves them.", machine, ()))
    results: dict[str, Any] = {}
    seeds = range(FIRST_SEED, FIRST_SEED + options.rounds)
    for name in options.names:
        announce(f"{name}, {options.rounds} seeds")
        task = TASKS[name]
        jobs = [(kind, seed) for kind in task.solvers for seed in seeds]
        with Parallel(n_jobs=-1) as parallel:
            runs = parallel(delayed(one)(task, *job) for job in jobs)
            alone = parallel(delayed(without_memory)(task, seed) for seed in seeds)
        grouped: dict[str, list[Run]] = {kind: [] for kind in task.solvers}
        for (kind, _), run in zip(jobs, runs, strict=True):
            grouped[kind].append(run)
        chance = draw(task, task.solvers["gradient"], FIRST_SEED)[1].chance
        results[name] = {"chance": chance} | summary(grouped, alone)
        print(f"\n{show(name, results[name])}", flush=True)
    print()
    print(
        paragraphs(
            "Solved: by the task's own rule, on fresh data. Least share: of the sequences that are "
            "right by the rule, in the worst run. Passes and seconds: medians; a gradient is 3 "
            "passes, and a run has one thread while others run beside it."
        )
    )
    write_json(options.out / "tasks.json", {"command": "tasks", "machine": machine} | results)


if __name__ == "__main__":
    main()
