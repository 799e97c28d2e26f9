"""Seconds of fits and predictions, in turn round after round, as multiples of MiniRocket's.

    python -m benchmarks.features.speed --archive FOLDER --rounds 5

All run in one process with as many threads (--threads, 1 by default), each compiled before.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.command import OUT, Parser, announce, make_folder
from benchmarks.defaults import Part, is_numbers
from benchmarks.features.contestants import SIZES, features
from benchmarks.features.rivals import RIVALS, missing
from benchmarks.features.sets import halves, shape
from benchmarks.measure import interleave, ratio
from benchmarks.report import describe_machine, heading, number, paragraphs, table, write_json

REFERENCE = "MiniRocket"
LABELS = REFERENCE, "Hydra", "echo states, mean", "random forest", "1-NN, warping"
SETS = "FaceFour", "Trace", "two_patterns", "control_charts", "waveform, mixed", "Plane, cut"


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--archive", type=Path, metavar="FOLDER", help="folder of .npz files")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help=f"by default {', '.join(SETS)}")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="for the results")
    options = parser.parse_args(words)
    for name in ("rounds", "threads"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(options, name)}.")
    if REFERENCE not in RIVALS:
        parser.error(
            f"The times are multiples of {REFERENCE}'s, from aeon, which is not installed."
        )
    make_folder(parser, options.out)
    return options


def timed(part: Part, rounds: int, threads: int) -> dict[str, dict[str, Any]]:
    """Return the seconds of each round of fits and of predictions, by what and contestant."""
    makers = {f"features, {n:,}": features(n_features=n, n_threads=threads) for n in SIZES}
    makers |= {label: RIVALS[label] for label in LABELS if label in RIVALS}
    numbers = is_numbers(part.y)
    models = {label: make(numbers, 0) for label, make in makers.items()}
    for model in models.values():
        model.fit(part.X, part.y)
        model.predict(part.X_test)
    fits = {label: lambda model=model: model.fit(part.X, part.y) for label, model in models.items()}
    predictions = {
        label: lambda model=model: model.predict(part.X_test) for label, model in models.items()
    }
    return {
        "fit": interleave(fits, rounds, 0.0),
        "predict": interleave(predictions, rounds, 0.0),
    }


def main(words: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = parse(words)
    machine = describe_machine(("scikit-learn", "torch", "aeon", "reservoirpy"))
    machine |= {"threads": options.threads}
    print(heading("Seconds of recurrent features and other methods.", machine, missing()))
    known = {
        name: draw for named in halves(options.archive).values() for name, draw in named.items()
    }
    results: dict[str, Any] = {}
    for name in options.sets or [name for name in SETS if name in known]:
        part = next(iter(known[name](0)))
        announce(f"{name}, {options.rounds} rounds")
        with threadpool_limits(options.threads):
            times = timed(part, options.rounds, options.threads)
        results[name] = {
            what: {
                label: {"seconds": float(np.median(t)), "ratio": ratio(t, of[REFERENCE])}
                for label, t in of.items()
            }
            for what, of in times.items()
        }
        found = results[name]
        rows = [
            [
                label,
                *(
                    number(found[what][label][column])
                    for what in ("fit", "predict")
                    for column in ("seconds", "ratio")
                ),
            ]
            for label in found["fit"]
        ]
        header = ["", "fit,\ns", f"/ {REFERENCE}\n", "predict,\ns", f"/ {REFERENCE}\n"]
        print(f"\n{name}: {shape(part)}, {len(part.X_test)} to predict\n{table(header, rows)}")
    every = {
        label: [
            float(np.exp(np.mean([np.log(of[what][label]["ratio"]) for of in results.values()])))
            for what in ("fit", "predict")
        ]
        for label in next(iter(results.values()))["fit"]
    }
    rows = [[label, *map(number, ratios)] for label, ratios in every.items()]
    print(f"\nGeometric means of the ratios:\n{table(['', 'fit', 'predict'], rows)}\n")
    print(
        paragraphs(
            f"Medians of {options.rounds} rounds, in one process, in turn; {options.threads} thread"
            f"{'s' if options.threads > 1 else ''} each."
        )
    )
    content = {"command": "features.speed", "machine": machine, "sets": results, "means": every}
    write_json(options.out / f"features-speed-{options.threads}.json", content)


if __name__ == "__main__":
    main()
