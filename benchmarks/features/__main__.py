"""Recurrent features beside other methods for series: accuracy, seconds, number of features.

    python -m benchmarks.features --archive FOLDER --seeds 3

Each set of the archive has its own training and test part; generated sets are drawn again for each
seed. Half of the sets were for choosing the settings of the features, the other half is reported.
Every finished run is a line of features-runs.jsonl at once, and what is there is not run again: so
a measurement can be cut short and continued, with other contestants from another environment too.
The archive is a folder with .npz files, as that of ``benchmarks.defaults``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.command import OUT, Parser, announce, make_folder
from benchmarks.features.contestants import STUDIES, THREADS
from benchmarks.features.rivals import missing
from benchmarks.features.runs import Run, finish
from benchmarks.features.sets import Draw, halves, shape
from benchmarks.report import describe_machine, heading, number, paragraphs, table, write_json

LIBRARIES = "scikit-learn", "torch", "aeon", "reservoirpy"
#: Columns of a table that fit beside the names of the sets.
COLUMNS = 7
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("study", nargs="?", default="rivals", help=", ".join(STUDIES))
    parser.add_argument("--archive", type=Path, metavar="FOLDER", help="folder of .npz files")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="names of sets, or of halves")
    parser.add_argument("--only", nargs="+", metavar="LABEL", help="labels of contestants")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="for the results")
    options = parser.parse_args(words)
    if options.study not in STUDIES:
        parser.error(f"Unknown study {options.study!r}; there are {', '.join(STUDIES)}.")
    if options.archive and not options.archive.is_dir():
        parser.error(f"--archive must be a folder of .npz files, got {options.archive}.")
    for label in options.only or ():
        if label not in STUDIES[options.study]:
            known = ", ".join(STUDIES[options.study])
            parser.error(f"Unknown contestant {label!r}; there are {known}.")
    make_folder(parser, options.out)
    return options


def chosen(options: argparse.Namespace) -> dict[str, dict[str, Draw]]:
    """Return the parts of the sets that are asked for, by kind and name; kinds of none left out."""
    kinds = {
        kind: {
            name: draw
            for name, draw in named.items()
            if not options.sets or {name, kind} & set(options.sets)
        }
        for kind, named in halves(options.archive).items()
    }
    return {kind: named for kind, named in kinds.items() if named}


def means(runs: Sequence[Run]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the means over the seeds, by set and contestant."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        found.setdefault((run.name, run.contestant), []).append(run)
    return {
        key: {
            **{
                column: float(np.mean([getattr(run, column) for run in group]))
                for column in ("score", "fit_seconds", "predict_seconds")
            },
            "deviation": float(np.std([run.score for run in group])),
            "features": max(run.features or 0 for run in group),
        }
        for key, group in found.items()
    }


def overview(
    found: dict[tuple[str, str], dict[str, float]],
    kinds: dict[str, list[str]],
    labels: Sequence[str],
) -> str:
    """Return the table of contestants: means over the sets that all of them can read."""
    common = {
        kind: [n for n in names if all(np.isfinite(found[n, c]["score"]) for c in labels)]
        for kind, names in kinds.items()
    }
    every = [name for names in common.values() for name in names]
    rows = []
    for letter, label in zip(LETTERS, labels, strict=False):
        of = {name: found[name, label] for name in every}
        accuracy = [
            f"{np.mean([of[n]['score'] for n in names]):.3f}" if names else "-"
            for names in common.values()
        ]
        fit, predict = (
            sum(each[column] for each in of.values())
            for column in ("fit_seconds", "predict_seconds")
        )
        count = max((each["features"] for each in of.values()), default=0)
        deviation = np.mean([each["deviation"] for each in of.values()])
        cells = [f"{deviation:.3f}", number(fit), number(predict), f"{count:,}" if count else "-"]
        rows.append([letter, label, *accuracy, *cells])
    heads = [f"{kind}\n({len(names)})" for kind, names in common.items()]
    header = ["", "", *heads, "devi-\nation", "fit,\ns", "predict,\ns", "features\nat most"]
    return table(header, rows, left=(0, 1))


def each_set(
    found: dict[tuple[str, str], dict[str, float]],
    kinds: dict[str, list[str]],
    labels: Sequence[str],
    shapes: dict[str, str],
) -> str:
    """Return tables of the scores on each set, a column to a contestant."""
    letters = dict(zip(labels, LETTERS, strict=False))
    blocks = []
    for start in range(0, len(labels), COLUMNS):
        shown = labels[start : start + COLUMNS]
        rows = []
        for kind, names in kinds.items():
            rows.append([f"{kind}:", "", *[""] * len(shown)])
            for name in names:
                scores = [found[name, label]["score"] for label in shown]
                cells = ["-" if s != s else f"{s:.3f}".replace("0.", ".", 1) for s in scores]
                rows.append([name, shapes[name], *cells])
        blocks.append(table(["", "B x T x I", *[letters[c] for c in shown]], rows, left=(0,)))
    return "\n\n".join(blocks)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = parse(words)
    machine = describe_machine(LIBRARIES) | {"threads": THREADS}
    lacking = missing() if options.study == "rivals" else []
    print(heading("Recurrent features and other methods for series.", machine, lacking))
    contestants = STUDIES[options.study]
    contestants = {c: make for c, make in contestants.items() if c in (options.only or contestants)}
    kinds = chosen(options)
    sets = {name: draw for named in kinds.values() for name, draw in named.items()}
    announce(f"{len(contestants)} contestants on {len(sets)} sets, {options.seeds} seeds")
    with threadpool_limits(THREADS):
        runs = finish(sets, contestants, options.seeds, options.out / "features-runs.jsonl")
    found = means(runs)
    names = {kind: list(named) for kind, named in kinds.items()}
    shapes = {name: shape(next(iter(draw(0)))) for name, draw in sets.items()}
    print(f"\n{overview(found, names, list(contestants))}")
    print(f"\n{each_set(found, names, list(contestants), shapes)}\n")
    for run in runs:
        if run.failure and run.seed == 0:
            print(paragraphs(f"{run.contestant} cannot read {run.name}: {run.failure}"))
    print(
        paragraphs(
            f"Accuracy, of numbers (Tecator) R^2, of the test part; seeds: {options.seeds}. "
            f"Seconds are sums over the sets; threads: {THREADS}. Deviation: between seeds, the "
            "mean over the sets. Means are over the sets that all contestants read."
        )
    )
    content: dict[str, Any] = {"command": "features", "study": options.study, "machine": machine}
    content["kinds"] = names
    results = {name: {c: found[name, c] for c in contestants} for name in sets}
    write_json(options.out / f"features-{options.study}.json", content | {"sets": results})


if __name__ == "__main__":
    main()
