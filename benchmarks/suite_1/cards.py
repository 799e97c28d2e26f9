"""The problems of suite-1: sizes, and the minima that descents meet.

Run it anywhere: python -m benchmarks.suite_1.cards

It writes cards.json, beside this file, which the tables of docs/answer.md take their sizes from.
The tables and series that the suite names must lie in the folder METARNN_DATA, or be fetched.

The minima are those of the training part of the first seed, in float64, with a penalty (alpha)
that turns valleys which run to infinity into minima: L-BFGS descends from 20 starts, and second
derivatives certify where it ends. Symmetries of the network do not count. Losses without a
gradient have no such minima, and networks of more than 100 weights would take hours.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Parser, announce
from benchmarks.report import describe_machine, table
from metarnn.minima import find_minima
from metarnn.solved_fitness import fitness_for
from metarnn.study import StudySettings
from metarnn.study.problems import Problem, problems_of
from metarnn.study.split import split
from metarnn.study.suite import PARTS, SIZES, read_suite

PATH = Path(__file__).with_name("cards.json")
N_STARTS, STEPS, ALPHA = 20, 500, 1e-3
MOST_WEIGHTS = 100


def read_cards(path: Path = PATH) -> dict[str, Any]:
    """Return the cards by the name of their problem."""
    found: dict[str, Any] = json.loads(path.read_text())["problems"]
    return found


def problems(part: str, size: str) -> list[Problem]:
    """Return the problems of a part of the suite, with networks of a size."""
    return problems_of(StudySettings(optimizers=["adam"], suite="suite-1", part=part, size=size))


def card(problem: Problem, differentiable: bool) -> dict[str, Any]:
    """Return the sizes of a problem, the loss of knowing nothing, and what descents meet."""
    protocol = problem.protocol
    train = split(protocol, 0, 0).train
    found = {
        "network": problem.network,
        "sequences": len(train.X),
        "steps": int(np.max(train.lengths) if train.lengths is not None else train.X.shape[1]),
        "baseline": problem.targets[0],
    }
    few = protocol.network.n_weights <= MOST_WEIGHTS
    return found | (minima(problem, train) if differentiable and few else {})


def minima(problem: Problem, train: Any) -> dict[str, Any]:
    """Return how many starts end in certified minima, how many there are, and their losses."""
    fitness = fitness_for(
        replace(problem.protocol.network, dtype="float64"),
        train.X,
        train.y,
        lengths=train.lengths,
        loss=problem.protocol.loss,
        alpha=ALPHA,
        n_threads=1,
    )
    found = find_minima(fitness, n_starts=N_STARTS, steps=STEPS, seed=0)
    losses = np.sort([one.loss for one in found.certificates]) / problem.targets[0]
    return {
        "starts": N_STARTS,
        "certified": sum(len(one.starts) for one in found.minima),
        "minima": len(found.minima),
        "lowest": float(losses[0]),
        "median": float(np.median(losses)),
        "passes": found.passes,
    }


def main(words: Sequence[str] | None = None) -> None:
    """Measure and write the cards; those that are there already are kept."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=PATH, metavar="FILE", help="what to write")
    options = parser.parse_args(words)
    kept = read_cards(options.out) if options.out.exists() else {}
    suite = {one.name: one for one in read_suite("suite-1").problems}
    machine = describe_machine(())
    for part in PARTS:
        sizes = {size: {p.dataset: p for p in problems(part, size)} for size in SIZES}
        for name, problem in sizes["medium"].items():
            if name in kept:
                continue
            announce(name)
            weights = {size: of[name].protocol.network.n_weights for size, of in sizes.items()}
            differentiable = suite[name].group != "no gradient"
            kept[name] = {"weights": weights} | card(problem, differentiable)
            stated = {"date": machine["date"], "processor": machine["processor"], "alpha": ALPHA}
            stated |= {"problems": kept}
            options.out.write_text(json.dumps(stated, indent=1) + "\n")
    rows = [
        [name, str(one["weights"]["medium"]), str(one["sequences"]), str(one["steps"]),
         *(str(one.get(key, "-")) for key in ("certified", "minima"))]
        for name, one in kept.items()
    ]  # fmt: skip
    print(table(["", "weights", "sequences", "steps", "certified", "minima"], rows))


if __name__ == "__main__":
    main()
