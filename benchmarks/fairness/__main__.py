"""Do conclusions depend on the conditions of a comparison? One is changed at a time.

    python -m benchmarks.fairness [--budget N] [--seeds N] [--jobs N]

Ten optimizers train networks on four problems of the suite: as a study does, in float64, from
points uniform in [-1, 1], within that box, and with gradients of other prices. Runs with other
seeds are the control: what changes there changes by chance. Every finished run is a line of
fairness-runs.jsonl at once, and is not made again; fairness.json has what is printed.
"""

import argparse
import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import kendalltau

from benchmarks.command import OUT, Parser, make_folder
from benchmarks.fairness.conditions import (
    BASE,
    CONDITIONS,
    OPTIMIZERS,
    PROBLEMS,
    Found,
    Key,
    is_new,
    problem,
    run,
)
from benchmarks.report import describe_machine, heading, paragraphs, table, write_json
from metarnn.statistics import compare_samples, holm, ranks

LEVEL = 0.05
RUNS = "fairness-runs.jsonl"

#: Losses (seeds,) by optimizer.
Losses = dict[str, np.ndarray]


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--budget", type=int, default=3000, help="passes of a run, default 3000")
    parser.add_argument("--seeds", type=int, default=10, help="default 10")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, default 1")
    parser.add_argument("--problems", nargs="+", default=PROBLEMS, metavar="NAME")
    parser.add_argument("--optimizers", nargs="+", default=OPTIMIZERS, metavar="NAME")
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS), metavar="NAME")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="for the JSON file")
    options = parser.parse_args(words)
    for condition in options.conditions:
        if condition not in CONDITIONS:
            parser.error(f"Unknown condition {condition!r}; there are {', '.join(CONDITIONS)}.")
    for name in ("budget", "seeds", "jobs"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(options, name)}.")
    options.conditions = list(dict.fromkeys([BASE, *options.conditions]))
    make_folder(parser, options.out)
    return options


def keys_of(options: argparse.Namespace) -> list[Key]:
    """Return all runs; what a condition does not change has none of its own."""
    return [
        Key(condition, name, optimizer, seed, options.budget)
        for condition in options.conditions
        for name in options.problems
        for optimizer in options.optimizers
        if is_new(condition, optimizer)
        for seed in range(options.seeds)
    ]


def stored_runs(path: Path) -> dict[Key, Found]:
    """Return the runs in a file."""
    lines = path.read_text().splitlines() if path.exists() else []
    runs = (json.loads(line) for line in lines if line.endswith("]"))
    return {Key(*words[:-2]): Found(*words[-2:]) for words in runs}


def all_runs(options: argparse.Namespace) -> dict[Key, Found]:
    """Return what runs found; those that the file has are not made again."""
    path, keys = options.out / RUNS, keys_of(options)
    found = stored_runs(path)
    due = [key for key in keys if key not in found]
    made = Parallel(n_jobs=options.jobs, return_as="generator")(delayed(run)(key) for key in due)
    with path.open("a") as file:
        for key, one in zip(due, made, strict=True):
            found[key] = one
            file.write(f"{json.dumps([*key, *one])}\n")
            file.flush()
    return {key: found[key] for key in keys}


def losses_of(options: argparse.Namespace, found: dict[Key, Found]) -> dict[str, dict[str, Losses]]:
    """Return the losses by condition and problem."""

    def of(condition: str, name: str, optimizer: str) -> np.ndarray:
        own = condition if is_new(condition, optimizer) else BASE
        keys = (Key(own, name, optimizer, s, options.budget) for s in range(options.seeds))
        return np.array([found[key].loss for key in keys])

    return {
        condition: {
            name: {optimizer: of(condition, name, optimizer) for optimizer in options.optimizers}
            for name in options.problems
        }
        for condition in options.conditions
    }


def verdicts(losses: Losses) -> np.ndarray:
    """Return for each pair 1 or -1 where its first or second is better by Holm's p, else 0."""
    tests = [compare_samples(losses[a], losses[b]) for a, b in combinations(losses, 2)]
    sure = holm([test.p for test in tests]) < LEVEL
    return np.where(sure, np.sign([test.a12 - 0.5 for test in tests]), 0).astype(int)


def compared(one: Losses, other: Losses) -> dict[str, float]:
    """Return how far two sets of runs on one problem agree.

    Kendall's tau of the ranks of the medians; and pairs of optimizers whose verdict is the same,
    sure on one side only, or reversed.
    """
    before, after = verdicts(one), verdicts(other)
    places = [ranks([[float(np.median(x)) for x in side.values()]])[0] for side in (one, other)]
    best = [min(side, key=lambda name: float(np.median(side[name]))) for side in (one, other)]
    return {
        "tau": float(kendalltau(*places).statistic),
        "same": int((before == after).sum()),
        "one_sided": int(((before == 0) != (after == 0)).sum()),
        "reversed": int((before * after < 0).sum()),
        "same_winner": best[0] == best[1],
    }


def gains(one: Losses, other: Losses) -> dict[str, dict[str, float]]:
    """Return each optimizer's ratio of medians, the changed one to the other, with p and A12."""
    tests = {name: compare_samples(other[name], one[name]) for name in one}
    adjusted = holm([test.p for test in tests.values()])
    return {
        name: {
            "before": float(np.median(one[name])),
            "after": float(np.median(other[name])),
            "a12": test.a12,
            "p": float(p),
        }
        for (name, test), p in zip(tests.items(), adjusted, strict=True)
    }


def agreement_table(agreements: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return a row for each condition: means and sums over the problems."""
    rows = []
    for condition, by_problem in agreements.items():
        each = list(by_problem.values())
        sums = [sum(one[k] for one in each) for k in ("same", "one_sided", "reversed")]
        taus = [one["tau"] for one in each]
        winners = sum(one["same_winner"] for one in each)
        cells = [f"{np.mean(taus):.2f}", f"{min(taus):.2f}", f"{winners} of {len(each)}"]
        rows.append([condition, *cells, *map(str, sums)])
    header = ["changed", "mean\ntau", "least\ntau", "same\nwinner"]
    return table([*header, "pairs\nthe same", "sure on\none side", "reversed"], rows)


def gains_table(changed: dict[str, dict[str, dict[str, dict[str, float]]]], condition: str) -> str:
    """Return the losses before and after, a row for each optimizer, a column for each problem.

    A star marks what is better or worse by Holm's p within the problem.
    """
    by_problem = changed[condition]
    names = list(next(iter(by_problem.values())))
    rows = []
    for name in names:
        cells = []
        for each in by_problem.values():
            one = each[name]
            star = " " if one["p"] >= LEVEL else "+" if one["a12"] > 0.5 else "-"
            cells.append(f"{one['before']:.2g} -> {one['after']:.2g} {star}")
        rows.append([name, *cells])
    return table([condition, *by_problem], rows)


def main(words: Sequence[str] | None = None) -> None:
    """Make the runs, print the tables, and write fairness.json."""
    options = parse(words)
    machine = describe_machine(["scipy", "cma"])
    for name in options.problems:
        problem(name)  # says at once where one cannot be read
    losses = losses_of(options, all_runs(options))
    changed = [condition for condition in options.conditions if condition != BASE]
    agreements = {
        condition: {
            name: compared(losses[BASE][name], losses[condition][name]) for name in options.problems
        }
        for condition in changed
    }
    gained = {
        condition: {
            name: gains(losses[BASE][name], losses[condition][name]) for name in options.problems
        }
        for condition in changed
    }
    print(heading("Conditions of a comparison, changed one at a time.", machine, []))
    print(f"\n{agreement_table(agreements)}\n")
    for condition in changed:
        print(f"{gains_table(gained, condition)}\n")
    print(
        paragraphs(
            f"{options.seeds} seeds, {options.budget:,} passes a run, medians of the best losses. "
            "Tau: Kendall's, of the ranks. Pairs of optimizers: better, worse or not sure, by "
            f"Mann-Whitney's test at {LEVEL} after Holm. + and -: better and worse than without "
            "the change, by the same test."
        )
    )
    content: dict[str, Any] = {"command": "fairness", "machine": machine}
    content |= {"budget": options.budget, "seeds": options.seeds}
    content |= {"agreement": agreements, "gains": gained}
    content["losses"] = {
        condition: {
            name: {optimizer: values.tolist() for optimizer, values in of.items()}
            for name, of in by_problem.items()
        }
        for condition, by_problem in losses.items()
    }
    write_json(options.out / "fairness.json", content)
    print(paragraphs(f"Written to {options.out}: {RUNS}, fairness.json"))


if __name__ == "__main__":
    main()
