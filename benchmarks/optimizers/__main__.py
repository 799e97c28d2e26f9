"""The optimizers' own time, and whole training runs, against the field's.

Run it on an otherwise idle machine: python -m benchmarks.optimizers [task ...]
"""

import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chart import draw_panels
from benchmarks.command import announce, parse
from benchmarks.measure import PAUSE
from benchmarks.optimizers.own_time import P, Refused, contestants
from benchmarks.optimizers.training import CONTESTANTS, LIMIT, TASKS, Record, make_task, train
from benchmarks.passes.rivals import missing_libraries
from benchmarks.report import (
    describe_machine,
    heading,
    number,
    one_line,
    paragraphs,
    table,
    write_json,
)

DIMENSIONS = (100, 500, 2000)
BUDGET, QUICK_BUDGET = 2000, 200
#: The reference of the others' seconds.
MEASURE = "ours: ga"
#: A contestant that takes more seconds than this for P points is left out at a larger D.
SLOW = 0.1
#: Columns of the table of own times.
LIBRARIES = {
    "metarnn": "ours",
    "numpy": "NumPy",
    "mealpy": "mealpy",
    "cma": "pycma",
    "deap": "DEAP",
    "evosax": "evosax",
}


def own_times(
    missing: Sequence[str], dimensions: Sequence[int], rounds: int, least: float
) -> list[dict[str, Any]]:
    """Return seconds for P points, by contestant and D, median of interleaved rounds."""
    entered = [one for one in contestants() if one.library not in missing]
    results: list[dict[str, Any]] = [
        {"algorithm": one.algorithm, "library": one.library, "seconds": {}, "refused": {}}
        for one in entered
    ]
    for D in dimensions:
        announce(f"{P} candidates, D = {D}")
        runs = {}
        for one, result in zip(entered, results, strict=True):
            try:
                if max(result["seconds"].values(), default=0.0) > SLOW:
                    raise Refused("It is too slow for fewer weights already.")
                run = one.make(D)
            except Refused as refusal:
                result["refused"][str(D)] = str(refusal)
                continue
            run(2)  # compiles, and compiles again for what the first generation returns
            seconds = run(2)
            result["seconds"][str(D)] = seconds
            if seconds < SLOW:
                generations = int(np.clip(least / max(seconds, 1e-7), 2, 1000))
                runs[one.algorithm, one.library] = (run, generations, result["seconds"], [])
        for _ in range(rounds):
            for run, generations, _, times in runs.values():
                time.sleep(PAUSE)
                times.append(run(generations))
        for _, _, seconds, times in runs.values():
            seconds[str(D)] = float(np.median(times))
    return results


def training_runs(missing: Sequence[str], name: str, budget: int, n_seeds: int) -> dict[str, Any]:
    """Return seconds and losses of whole runs on a task, medians over seeds."""
    announce(f"whole runs on {name}, {budget:,} passes")
    task = make_task(name)
    runs = {
        rival: make(task)
        for rival, (libraries, make) in CONTESTANTS.items()
        if not set(libraries) & set(missing)
    }
    for run in runs.values():
        train(run, 0, min(budget, 3 * P + 1))  # compiles
    records: dict[str, list[Record]] = {rival: [] for rival in runs}
    for seed in range(n_seeds):
        for rival, run in runs.items():
            time.sleep(PAUSE)
            records[rival].append(train(run, seed, budget))
    seconds = {r: float(np.median([record.seconds for record in records[r]])) for r in runs}
    deadline = max(seconds[rival] for rival in runs if rival.startswith("ours"))
    return {
        "budget": budget,
        "seeds": n_seeds,
        "n_weights": task.n_weights,
        "B": task.problem.B,
        "T": task.problem.T,
        "H": task.problem.H,
        "K": task.problem.K,
        "deadline": deadline,
        "contestants": {
            rival: {
                "library": CONTESTANTS[rival][0][0],
                "seconds": seconds[rival],
                "cut_short": any(record.left > 0 for record in records[rival]),
                "ratio": seconds[rival] / seconds[MEASURE],
                "loss": _middle([record.steps[-1][1] for record in records[rival]]),
                "loss_at_deadline": _middle(
                    [record.loss_after(deadline) for record in records[rival]]
                ),
            }
            for rival in runs
        },
    }


def _middle(losses: Sequence[float]) -> float | None:
    """Return the median, or None where most runs had no loss yet."""
    middle = float(np.median(np.nan_to_num(losses, nan=np.inf)))
    return middle if np.isfinite(middle) else None


def own_table(own: Sequence[dict[str, Any]], D: int) -> str:
    """Return the own times at D weights: a row for each algorithm, a column for each library."""
    times = {(one["algorithm"], one["library"]): one["seconds"].get(str(D)) for one in own}
    libraries = [library for library in LIBRARIES if library in {one["library"] for one in own}]
    rows = [
        [algorithm, *(_microseconds(times.get((algorithm, library))) for library in libraries)]
        for algorithm in dict.fromkeys(one["algorithm"] for one in own)
    ]
    return table([f"D = {D}", *(LIBRARIES[library] for library in libraries)], rows)


def _microseconds(seconds: float | None) -> str:
    return "-" if seconds is None else number(seconds * 1e6)


def training_table(result: dict[str, Any]) -> str:
    """Return the table of a task: a row for each contestant."""
    rows = [
        [
            name,
            ">" * standing["cut_short"] + f"{standing['seconds']:.3f}",
            number(standing["ratio"]),
            _loss(standing["loss"]),
            _loss(standing["loss_at_deadline"]),
        ]
        for name, standing in result["contestants"].items()
    ]
    header = ["", "\nseconds", "times\nours: ga", "final\nloss"]
    return table([*header, f"loss after\n{result['deadline']:.3f} s"], rows)


def _loss(loss: float | None) -> str:
    return "none" if loss is None else f"{loss:.4f}"


def draw_own_time(path: Path, content: dict[str, Any]) -> None:
    """Draw the own times in optimizers.json: a panel for each D.

    Only algorithms that more than one library has are drawn.
    """
    having = Counter(one["algorithm"] for one in content["own_time"])
    drawn = {
        f"{one['algorithm']}: {LIBRARIES[one['library']]}": one
        for one in sorted(content["own_time"], key=lambda one: list(having).index(one["algorithm"]))
        if having[one["algorithm"]] > 1
    }
    panels = {
        f"D = {D:,} weights": {
            name: one["seconds"][str(D)] * 1e6
            for name, one in drawn.items()
            if str(D) in one["seconds"]
        }
        for D in content["dimensions"]
    }
    draw_panels(
        path,
        panels,
        {name: one["library"] for name, one in drawn.items()},
        f"An optimizer's own time for {P} evaluated points",
        "microseconds (log scale)",
        f"Losses cost nothing. Median of {content['rounds']} interleaved rounds; shorter is "
        f"faster. {one_line(content['machine'])}.",
        unit=" µs",
        reference=None,
    )


def draw_training(path: Path, content: dict[str, Any]) -> None:
    """Draw the training runs in optimizers.json: a panel for each task."""
    panels, notes = {}, {}
    for name, result in content["training"].items():
        title = f"{name}: {result['n_weights']} weights, {result['budget']:,} passes"
        standings = result["contestants"]
        panels[title] = {rival: standing["ratio"] for rival, standing in standings.items()}
        notes[title] = {
            rival: f" ({standing['seconds']:.2g} s), loss {_loss(standing['loss'])}"
            for rival, standing in standings.items()
        }
        libraries = {rival: standing["library"] for rival, standing in standings.items()}
    draw_panels(
        path,
        panels,
        libraries,
        "Seconds to spend one budget, and the training loss reached",
        "time relative to ours: ga (log scale)",
        f"Median of {result['seeds']} seeds; shorter is faster. {one_line(content['machine'])}.",
        n_columns=2,
        notes=notes,
    )


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write optimizers.json and two charts."""
    warnings.filterwarnings("ignore", module="cma")
    options = parse(__doc__, TASKS, "task", 3, words)
    wanted = [contestant.library for contestant in contestants()]
    wanted += [library for libraries, _ in CONTESTANTS.values() for library in libraries]
    missing = missing_libraries(wanted)
    machine = describe_machine(dict.fromkeys(wanted))
    print(heading("Optimizers: their own time, and whole training runs.", machine, missing))
    dimensions = DIMENSIONS[:1] if options.quick else DIMENSIONS
    budget = QUICK_BUDGET if options.quick else BUDGET
    own = own_times(missing, dimensions, options.rounds, 0.01 if options.quick else 0.2)
    print(f"\nMicroseconds of own time for {P} evaluated points, where losses cost nothing")
    for D in dimensions:
        print(f"\n{own_table(own, D)}")
    print()
    print(
        paragraphs(
            f"Median of {options.rounds} interleaved rounds. Populations of {P}, and {P} starts of "
            "the gradient methods, whose losses, gradients and curvatures are ready-made. A "
            "generation of cuckoo search or bees evaluates more than that. -: there is none, or it "
            f"takes gigabytes, or more than {SLOW:g} s with fewer weights already."
        )
    )
    training = {}
    for name in options.names:
        training[name] = result = training_runs(missing, name, budget, options.rounds)
        print(
            f"\n{name}: B {result['B']}, T {result['T']}, I 1, H {result['H']}, K {result['K']}, "
            f"{result['n_weights']} weights; {budget:,} passes\n{training_table(result)}"
        )
    print()
    print(
        paragraphs(
            f"Medians of {options.rounds} seeds. Populations of {P}; a gradient of ours is charged "
            "3 passes. The last column is the loss known when the slowest of ours had spent the "
            "budget (none: no loss was computed yet). Compiling is not timed. Objectives of mealpy "
            "and PyGAD take one candidate, as their users write them; evosax runs a generation, "
            f"losses and all, in one compiled function. >: cut short after {LIMIT:g} s.",
        )
    )
    content = {"command": "optimizers", "machine": machine, "missing": missing, "P": P}
    content |= {"rounds": options.rounds, "dimensions": dimensions}
    content |= {"own_time": own, "training": training}
    write_json(options.out / "optimizers.json", content)
    draw_own_time(options.out / "optimizers-own-time.png", content)
    draw_training(options.out / "optimizers-training.png", content)
    names = "optimizers.json, optimizers-own-time.png, optimizers-training.png"
    print(paragraphs(f"Written to {options.out}: {names}"))


if __name__ == "__main__":
    main()
