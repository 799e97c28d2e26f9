"""Which settings solve the generated tasks, and what is possible without memory.

Run it anywhere: python -m benchmarks.tasks [task ...]

Each task is trained from several seeds by a gradient method, by a population method and by a
hybrid of the two, on new data for each seed, and judged by its own rule
(`metarnn.study.solving.solved`) on fresh data. The network of the gradient method is also trained
on single steps, which is all that a model without memory sees.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from benchmarks.command import announce, parse
from benchmarks.report import describe_machine, heading, number, paragraphs, table, write_json
from benchmarks.tasks.series import SERIES
from benchmarks.tasks.settings import OPTIMIZERS, Case, Setting
from benchmarks.tasks.settings import TASKS as MEMORY_TASKS
from metarnn import Fitness, Network, minimize
from metarnn.datasets import EVERY_LABEL, Dataset, Task, load
from metarnn.optimizers import Rprop
from metarnn.study.solving import Solved, solved

TASKS = MEMORY_TASKS | SERIES
SEEDS = 3
FIRST_SEED = 1000
#: Passes for the network that sees one step at a time.
SINGLE_STEP_BUDGET = 600


@dataclass(frozen=True)
class Run:
    """The result of a run: by the task's rule on fresh data, the passes and the seconds."""

    outcome: Solved
    passes: float
    seconds: float
    n_weights: int


def rows_of(data: Dataset, rows: Any) -> Dataset:
    """Return some of the sequences."""
    lengths = None if data.lengths is None else data.lengths[rows]
    return replace(data, X=data.X[rows], y=data.y[rows], lengths=lengths, exhaustive=False)


def draw(case: Case, setting: Setting, seed: int) -> tuple[Dataset, Dataset]:
    """Return the data of the training and those of the judgment."""
    options = case.options | setting.options
    if case.fresh is None:
        data = load(case.data, **options)
        return data, data
    if case.held_out:
        data = load(case.data, **options)
        if case.threshold is not None:
            task = Task(EVERY_LABEL, "nothing agreed on", threshold=case.threshold)
            data = replace(data, task=task)
        order = np.random.default_rng(seed).permutation(data.n_sequences)
        return rows_of(data, order[case.held_out :]), rows_of(data, order[: case.held_out])
    seeds = [{}, {}] if case.unseeded else [{"seed": seed}, {"seed": seed + 1_000_000}]
    return (
        load(case.data, **options | seeds[0]),
        load(case.data, **options | case.fresh | seeds[1]),
    )


def build(data: Dataset, **settings: Any) -> Network:
    """Return a network for the data."""
    n_inputs = data.X.shape[-1] if data.n_tokens is None else data.n_tokens
    return Network.build(n_inputs, data.n_classes, **settings)


def run(case: Case, kind: str, seed: int) -> Run:
    """Train once, and test."""
    setting = case.solvers[kind]
    train, fresh = draw(case, setting, seed)
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
    """Return what a model without memory sees: each step that has a label, by itself.

    Of sequences with one label, or with a decoder's labels, that is the last step, and of
    images the last pixel.
    """
    task = replace(data.task, rule=EVERY_LABEL)
    if data.X.ndim == 4:
        return replace(data, X=data.X[:, -1:, -1:], task=task)
    if data.y.ndim == 2 and data.n_tokens is None:
        rows, steps = np.nonzero(data.y >= 0)
        y = data.y[rows, steps]
        return replace(data, X=data.X[rows, steps][:, None], y=y, lengths=None, task=task)
    last = np.full(data.n_sequences, data.X.shape[1]) if data.lengths is None else data.lengths
    X = data.X[np.arange(data.n_sequences), last - 1][:, None]
    lengths = None if data.lengths is None else np.ones_like(last)
    return replace(data, X=X, lengths=lengths, exhaustive=False)


def without_memory(case: Case, seed: int) -> tuple[float, int]:
    """Return the accuracy of a network that sees single steps, and the number of labels."""
    setting = case.solvers["gradient"]
    train, fresh = map(single_steps, draw(case, setting, seed))
    settings = {name: value for name, value in setting.network.items() if name != "readout"}
    network = build(train, **settings)
    fitness = Fitness(network, train.X, train.y, lengths=train.lengths, n_threads=1)
    result = minimize(fitness, Rprop(), budget=SINGLE_STEP_BUDGET, seed=seed)
    return solved(fresh, network, result.x, n_threads=1).fraction, fresh.n_sequences


def summary(runs: dict[str, list[Run]], single: list[tuple[float, int]]) -> dict[str, Any]:
    """Return the numbers of a task's tables."""
    kinds = {
        kind: {
            "solved": sum(run.outcome.is_solved for run in each),
            "runs": len(each),
            "fractions": [run.outcome.fraction for run in each],
            "passes": float(np.median([run.passes for run in each])),
            "seconds": float(np.median([run.seconds for run in each])),
            "weights": each[0].n_weights,
        }
        for kind, each in runs.items()
    }
    accuracies, counts = zip(*single, strict=True)
    return {"solvers": kinds, "single_step": list(accuracies), "n_labels": list(counts)}


def show(name: str, found: dict[str, Any]) -> str:
    """Return a task's table."""
    case = TASKS[name]
    rows = [
        [
            kind,
            case.solvers[kind].label,
            str(each["weights"]),
            f"{each['solved']}/{each['runs']}",
            f"{min(each['fractions']):.3f}",
            f"{each['passes']:,.0f}",
            number(each["seconds"]),
        ]
        for kind, each in found["solvers"].items()
    ]
    header = ["", "setting", "D", "solved", "least\nfraction", "passes", "s"]
    single = f"Accuracy of a single step: {np.mean(found['single_step']):.3f}"
    chance = "" if found["chance"] is None else f"; chance is {found['chance']:.3f}"
    return f"{name}: {case.description}\n{single}{chance}.\n\n{table(header, rows, left=(0, 1))}"


def main(words: list[str] | None = None) -> None:
    """Run the command."""
    options = parse(__doc__ or "", TASKS, "task", SEEDS, words)
    machine = describe_machine(())
    print(heading("Generated tasks, and which methods solve them.", machine, ()))
    results: dict[str, Any] = {}
    seeds = range(FIRST_SEED, FIRST_SEED + options.rounds)
    for name in options.names:
        announce(f"{name}, {options.rounds} seeds")
        case = TASKS[name]
        jobs = [(kind, seed) for kind in case.solvers for seed in seeds]
        with Parallel(n_jobs=-1) as parallel:
            runs = parallel(delayed(run)(case, *job) for job in jobs)
            single = parallel(delayed(without_memory)(case, seed) for seed in seeds)
        grouped: dict[str, list[Run]] = {kind: [] for kind in case.solvers}
        for (kind, _), finished in zip(jobs, runs, strict=True):
            grouped[kind].append(finished)
        task = draw(case, case.solvers["gradient"], FIRST_SEED)[1].task
        results[name] = {"chance": task.chance} | summary(grouped, single)
        print(f"\n{show(name, results[name])}", flush=True)
    print()
    print(
        paragraphs(
            "Solved: by the task's own rule, on fresh data. Least fraction: of the sequences that "
            "are right by the rule, in the worst run. Passes and seconds: medians; a gradient "
            "costs 3 passes, and a run has one thread while others run beside it."
        )
    )
    write_json(options.out / "tasks.json", {"command": "tasks", "machine": machine} | results)


if __name__ == "__main__":
    main()
