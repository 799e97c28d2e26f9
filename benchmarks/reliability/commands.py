"""Commands drawn from the parser's own options, with nasty values and damaged files."""

import argparse
import contextlib
import io
import os
import shutil
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from metarnn.cli import main
from metarnn.cli.app import COMMANDS
from metarnn.cli.parser import Parser

from .files import damage
from .forked import Outcome, outcomes
from .samples import SAMPLES, models, warm
from .tally import Tally, fault_of_text

SHORT, LONG = 100, 3000
TITLE = "fuzzed commands"

#: Exit statuses that a command may have.
STATUSES = 0, 1, 2, 130

#: Words that each command takes first, so that what runs takes a moment.
SMALL = {
    "fit": "--budget 20 --hidden 2 --output m.npz",
    "compare": "--budget 20 --hidden 2 --seeds 1 --optimizers adam",
    "predict": "",
    "evaluate": "",
    "describe": "",
    "list": "",
    "study init": "",
    "study run": "",
    "study status": "",
    "study export": "",
    "study report": "",
    "study check": "",
}
#: Options that would take long, or start many processes, for good reasons.
LEFT_OUT = "--help", "-h", "--debug", "--jobs", "--budget", "--seeds"

#: Values that mostly fit, by what an option calls its value.
USUAL = {
    "COLUMN": "label 0 -1 a id t",
    "NAME": "adam cuckoo:n_nests=5 last mean gru elman cross_entropy mse ridge tanh "
    "recurrent_features:n_features=20 additive restarts:optimizer=adam",
    "FILE": "network.toml study.toml study.sqlite m.npz nowhere/x",
    "PATH": "out.csv out nowhere/x.csv study.toml . recordings m.npz",
    "FOLDER": "out . nowhere/x",
    "TYPE": "float32 float64 float16",
}
NUMBERS = "0 1 2 3 0.5 -1 nan inf -inf 1e300 1e-300 1e10 99999999999999999999 1_0 0x3 ١"
NASTY = (
    *("", " ", "x", "-", "--", "*", "%s", "{}", "=", ":", "a:b", "a:b=", "adam:learning_rate=x"),
    *("adam:learning_rate=1e400", "ga:population_size=10**9", "parity:n_bits=99", "openml:", "ä"),
    *("../..", "/", "/dev/null", "/proc/self/mem", "a" * 5000, "\udc80", "1,2", "--nonsense"),
    *("latin-1", "utf-99", "None", "[]", "adam:{}", "cuckoo:n_nests=1e300"),
)
DATA = (
    *("xor", "parity:n_bits=3", "parity:n_bits=x", "iris:x=1", "nothing", "nothing.csv"),
    *("table.csv", "table.tsv", "long.csv", "toy.ts", "toy.arff", "table.parquet", "recordings"),
    *("table.csv.gz", "table.csv.zip", "study.sqlite", "classifier.npz", "network.toml"),
)


class Command(NamedTuple):
    """A command line to try, in a folder with samples of which one is damaged."""

    words: tuple[str, ...]
    damaged: str


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Run commands, each in a copy of the samples."""
    warnings.simplefilter("ignore")
    samples = folder / "samples"
    samples.mkdir()
    warm(samples)
    models()
    table, rng = parsers(), np.random.default_rng(seed)
    tally.notes["commands"] = list(table)
    cases = [drawn(table, rng) for _ in range(size)]
    for case, (kind, text) in outcomes(cases, partial(_judge, samples, folder / "copy")):
        words = " ".join(word[:40] or "''" for word in case.words)
        tally.add(
            f"metarnn {words}" + f" ({case.damaged} damaged)" * bool(case.damaged), kind, text
        )


def parsers() -> dict[str, list[argparse.Action]]:
    """Return the arguments of each command, as the parser has them."""
    top = Parser()
    subparsers = top.add_subparsers()
    for add in COMMANDS:
        add(subparsers)
    found = {}
    for name, parser in subparsers.choices.items():
        nested = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        inner = nested[0].choices if nested else {"": parser}
        for word, one in inner.items():
            if (command := f"{name} {word}".strip()) in SMALL:
                found[command] = one._actions
    return found


def drawn(table: dict[str, list[argparse.Action]], rng: np.random.Generator) -> Command:
    """Draw a command line."""

    def of(values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    def value(action: argparse.Action) -> str:
        if rng.random() < 0.25:
            return of(NASTY)
        if action.choices:
            return str(of([*action.choices]))
        is_number = getattr(action.type, "__name__", "") in ("int", "float", "steps", "threads")
        usual = NUMBERS if is_number else USUAL.get(str(action.metavar), "x study.toml")
        return of(usual.split())

    name = of([*table])
    first, words = {"data": DATA, "model": [s.name for s in SAMPLES[:4]]}, name.split()
    places = [action for action in table[name] if not action.option_strings]
    for action in places:
        words.append(
            of(first.get(action.dest, ("study.toml",))) if rng.random() < 0.9 else of(NASTY)
        )
    words += SMALL[name].split()
    options = [a for a in table[name] if a.option_strings and a.option_strings[0] not in LEFT_OUT]
    for _ in range(int(rng.integers(5)) if options else 0):
        action = of(options)
        words.append(of(action.option_strings))
        if action.nargs != 0:
            words += [value(action) for _ in range(1 if rng.random() < 0.8 else 2)]
    return Command(tuple(words), of(SAMPLES).name if rng.random() < 0.4 else "")


def _judge(samples: Path, folder: Path, case: Command) -> Outcome:
    """Run a command in a copy of the samples, and judge its status and what it prints."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(samples, folder)
    os.chdir(folder)
    if case.damaged:
        damage(folder / case.damaged, np.random.default_rng(len(" ".join(case.words))))
    shown, said = io.StringIO(), io.StringIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO((folder / "table.csv").read_bytes()))
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(said):
        try:
            status = main(case.words)
        except SystemExit as ended:
            status = ended.code
        except BaseException as error:
            return "crash", repr(error)
    text = said.getvalue()
    if status not in STATUSES:
        return "crash", f"status {status}"
    if "Traceback" in text or "defect of metarnn" in text:
        return "raw", text
    if status == 2:
        fault = fault_of_text(text.strip().splitlines()[-1]) if text.strip() else "no message"
        return ("raw", f"{fault}; {text}") if fault else ("refused", text)
    return "fine", ""
