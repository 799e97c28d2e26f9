"""The optimizers and the field's libraries on BBOB, the public suite of 24 test functions.

python -m benchmarks.bbob --functions 1-24 --dimensions 5,10,20 --instances 1-15 --jobs 2

Every finished run is a line of bbob-runs.jsonl at once; --resume skips what is there, so that
a study can be cut short and continued, or joined by more contestants.
"""

import argparse
import fnmatch
import importlib.util
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from benchmarks.bbob.report import describe, draw, summarize
from benchmarks.bbob.rivals import contestants, missing_library
from benchmarks.bbob.suite import FUNCTIONS, Key, Run, evaluations_a_second, run
from benchmarks.command import OUT, Parser, make_folder
from benchmarks.report import describe_machine, heading, paragraphs, write_json
from metarnn.optimizers import OPTIMIZERS
from metarnn.optimizers.progress import Bar

DIMENSIONS, INSTANCES, BUDGET = (5, 10, 20), range(1, 16), 2000
QUICK_FUNCTIONS, QUICK_BUDGET = (1, 15), 60
QUICK_OPTIMIZERS = ("random_search", "ga", "cuckoo", "mealpy OriginalCSA", "SciPy DE")
RUNS = "bbob-runs.jsonl"


def numbers(text: str) -> list[int]:
    """Return the numbers that a list such as 1,3,8-12 names."""
    named: list[int] = []
    for word in text.split(","):
        first, _, last = word.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            raise argparse.ArgumentTypeError(f"a list such as 1,3,8-12 is expected, got {text!r}")
        named += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(named))


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    known = contestants()
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--optimizers",
        nargs="+",
        metavar="NAME",
        help='ours, theirs, patterns such as "mealpy *", or any of\n' + "\n".join(known),
    )
    parser.add_argument("--functions", type=numbers, metavar="LIST", help="default 1-24")
    parser.add_argument("--dimensions", type=numbers, metavar="LIST", help="default 5,10,20")
    parser.add_argument("--instances", type=numbers, metavar="LIST", help="default 1-15")
    parser.add_argument(
        "--budget", type=int, metavar="N", help=f"evaluations / D, default {BUDGET}"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes of one thread each, default 1"
    )
    parser.add_argument(
        "--out", type=Path, default=OUT, metavar="FOLDER", help="for the JSON and PNG files"
    )
    parser.add_argument("--resume", action="store_true", help="skip the runs that are there")
    parser.add_argument("--quick", action="store_true", help="a short look at little of it")
    options = parser.parse_args(words)
    groups = {"ours": list(OPTIMIZERS), "theirs": [n for n in known if n not in OPTIMIZERS]}
    chosen = []
    for word in options.optimizers or (QUICK_OPTIMIZERS if options.quick else known):
        named = [n for n in known if n in groups.get(word, ()) or fnmatch.fnmatch(n, word)]
        if not named:
            parser.error(f"Unknown optimizer {word!r}; there are {', '.join(known)}.")
        chosen += named
    options.optimizers = list(dict.fromkeys(chosen))
    options.functions = options.functions or (QUICK_FUNCTIONS if options.quick else FUNCTIONS)
    options.dimensions = options.dimensions or (DIMENSIONS[:1] if options.quick else DIMENSIONS)
    options.instances = options.instances or (INSTANCES[:1] if options.quick else INSTANCES)
    if options.budget is None:
        options.budget = QUICK_BUDGET if options.quick else BUDGET
    for name in options.functions:
        if name not in FUNCTIONS:
            parser.error(f"--functions must be from 1 to 24, got {name}.")
    if min(options.dimensions) < 2:
        parser.error(f"--dimensions must be at least 2, got {min(options.dimensions)}.")
    if min(options.instances) < 1:
        parser.error(f"--instances must be at least 1, got {min(options.instances)}.")
    for name in ("budget", "jobs"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(options, name)}.")
    if importlib.util.find_spec("ioh") is None:
        parser.error("The functions come from the package ioh, which is not installed.")
    make_folder(parser, options.out)
    if (options.out / RUNS).exists() and not options.resume:
        parser.error(
            f"{options.out / RUNS} holds runs: add --resume to continue, or choose another --out."
        )
    return options


def stored_runs(path: Path) -> dict[Key, Run]:
    """Return the runs in a file; a line that was cut off while it was written is left out."""
    runs = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            finished = Run.from_dict(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue
        runs[finished.key] = finished
    return runs


def finish(keys: Sequence[Key], path: Path, n_jobs: int) -> dict[Key, Run]:
    """Return all runs: those stored, without those that failed, and the missing ones, made now."""
    runs = {key: done for key, done in stored_runs(path).items() if not done.failed}
    due = [key for key in keys if key not in runs]
    made = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(run_named)(key) for key in due
    )
    # Evaluations of the budget, so that what is left is right for all dimensions.
    bar = Bar(sum(key.budget for key in due), f"{len(due):,} runs", "evaluations", pause=60)
    done = 0
    with path.open("a") as file, closing(bar):
        if file.tell() and not path.read_bytes().endswith(b"\n"):
            file.write("\n")  # after a line that was cut off
        for finished in made:
            runs[finished.key] = finished
            file.write(json.dumps(finished.to_dict()) + "\n")
            file.flush()
            done += finished.key.budget
            bar.move(done)
    return {key: runs[key] for key in keys}


def run_named(key: Key) -> Run:
    """Return a run, in a process of its own."""
    return run(key, contestants()[key.contestant].solve)


def all_keys(options: argparse.Namespace) -> Iterator[Key]:
    """Yield the keys of all runs, whole instances first."""
    grid = itertools.product(
        options.instances, options.functions, options.dimensions, options.optimizers
    )
    for instance, function, D, name in grid:
        yield Key(instance, D, function, name, options.budget * D)


def main(words: Sequence[str] | None = None) -> None:
    """Make the missing runs, print the tables, and write bbob.json and bbob.png."""
    options = parse(words)
    left_out = {name: missing_library(name) for name in options.optimizers}
    options.optimizers = [name for name, reason in left_out.items() if reason is None]
    known = contestants()
    libraries = [known[name].library for name in options.optimizers]
    machine = describe_machine(dict.fromkeys(["ioh", *libraries]))
    print(heading("BBOB: shares of targets, and evaluations to reach them.", machine, []))
    for name, reason in left_out.items():
        if reason is not None:
            print(paragraphs(f"Left out: {name}. {reason}"))
    speeds = {D: evaluations_a_second(D) for D in options.dimensions}
    rates = ", ".join(f"{speed / 1e6:.2f} million (D = {D})" for D, speed in speeds.items())
    print(paragraphs(f"The functions alone, 50 points at a time: {rates} evaluations a second."))
    try:
        runs = list(finish(list(all_keys(options)), options.out / RUNS, options.jobs).values())
    except KeyboardInterrupt:
        print(f"Stopped. Go on with --resume; finished runs are in {options.out / RUNS}.")
        sys.exit(130)
    content: dict[str, Any] = {"command": "bbob", "machine": machine, "left_out": left_out}
    content |= {"budget": options.budget, "evaluations_a_second": speeds}
    content |= {"functions": list(options.functions), "instances": list(options.instances)}
    content |= summarize(runs, {name: known[name].library for name in options.optimizers})
    print(describe(content))
    write_json(options.out / "bbob.json", content)
    draw(options.out / "bbob.png", content)
    print(paragraphs(f"Written to {options.out}: {RUNS}, bbob.json, bbob.png"))


if __name__ == "__main__":
    main()
