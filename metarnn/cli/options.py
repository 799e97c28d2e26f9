"""The options of the command line: each one named, explained and parsed in one place."""

import argparse
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from metarnn.defaults import CELL, HIDDEN, WIRING

from .completion import completers
from .network import read_network
from .parser import Commands


def steps(word: str) -> int | str:
    """Return the steps of a row: a number, or "features"."""
    return word if word == "features" else int(word)


def threads(word: str) -> int | None:
    """Return the threads to use, None for all."""
    return None if word == "all" else int(word)


#: Every argument that more than one command takes.
OPTIONS: dict[str, dict[str, Any]] = {
    "data": dict(
        help="a data set of 'metarnn list datasets', with options if you like (parity:n_bits=5); a "
        "table (.csv, .tsv, .arff, .parquet); a .ts file; a folder of recordings; openml:NAME; "
        "or - for standard input"
    ),
    "model": dict(type=Path, help="a model file, written by 'metarnn fit'"),
    "settings": dict(
        nargs="?", type=Path, default=Path("study.toml"), help="the file that describes the study"
    ),
    "--target": dict(
        metavar="COLUMN",
        help="column of a table with the labels or numbers to predict: its name, or its "
        "index from 0 (-1 is the last)",
    ),
    "--series": dict(
        metavar="COLUMN", help="of a long table, with a row for each step: the column of the series"
    ),
    "--order": dict(
        metavar="COLUMN", help="of a long table: the column that orders the steps of a series"
    ),
    "--missing": dict(
        choices=("interpolate", "drop", "mask"),
        help="what becomes of missing values: put in from the steps around them; left out with "
        "their step, or row of a table; or held from the step before and marked by a further "
        "input (default: refused)",
    ),
    "--encoding": dict(
        metavar="NAME", help="encoding of a text, such as latin-1 (default: UTF-8, or as marked)"
    ),
    "--model": dict(
        metavar="NAME",
        help="a model of 'metarnn list models', with settings if you like: "
        "recurrent_features:n_features=3000",
    ),
    "--optimizer": dict(
        metavar="NAME",
        help="an optimizer of 'metarnn list optimizers', with settings if you like: "
        "cuckoo:n_nests=50,variant=paper",
    ),
    "--optimizers": dict(
        metavar="NAME",
        nargs="+",
        help="optimizers of 'metarnn list optimizers', with settings if you like: "
        "cuckoo:n_nests=50,variant=paper",
    ),
    "--budget": dict(type=float, metavar="PASSES", help="passes to spend on each run"),
    "--loss": dict(
        metavar="NAME", help="a loss of 'metarnn list losses', or a scorer of scikit-learn"
    ),
    "--solve": dict(
        metavar="NAME",
        help="solve the last linear map of each candidate, in place of searching for it, in a "
        "way of 'metarnn list solves'",
    ),
    "--alpha": dict(type=float, default=0.0, metavar="A", help="L2 penalty"),
    "--timesteps": dict(
        type=steps,
        default=1,
        metavar="T",
        help="steps into which each row is cut; features: each feature is a step",
    ),
    "--test-fraction": dict(
        type=float, metavar="F", help="fraction of the sequences held out for testing"
    ),
    "--seed": dict(type=int, default=0, metavar="N", help="seed of the split and of the training"),
    "--seeds": dict(type=int, metavar="N", help="number of paired seeds, from 0 on"),
    "--jobs": dict(type=int, metavar="N", help="runs at a time; -1 for one on each core"),
    "--threads": dict(
        type=threads,
        default="all",
        metavar="N",
        help="threads to use",
    ),
    "--store": dict(
        type=Path,
        metavar="FILE",
        help="the database of the runs (default: the settings' name, with .sqlite)",
    ),
    "--json": dict(action="store_true", help="print the results as JSON"),
    "--quiet": dict(action="store_true", help="show no progress, which is for terminals"),
    "--decoder": dict(metavar="NAME", help="decoder of target sequences: plain, dot or additive"),
    "--import": dict(
        dest="imports",
        action="append",
        metavar="MODULE",
        help="a module or file (parts.py) with cells, optimizers, losses or data sets of your own, "
        "which is run first; may be given several times",
    ),
    "--force": dict(action="store_true", help="replace files that exist already"),
    "--debug": dict(action="store_true", help="show the traceback of an error"),
}

#: The options that say how a file is read; ``reading`` stands for them.
READING = "--target --series --order --missing --encoding".split()

#: The arguments of ``Network.build``.
NETWORK: dict[str, dict[str, Any]] = {
    "--network": dict(
        type=Path,
        metavar="FILE",
        help="the whole network in a TOML file: a table [[layers]] for each layer, with its "
        'kind and settings (kind = "Recurrent", cell = "gru", hidden = 16)',
    ),
    "--cell": dict(
        metavar="NAME",
        help=f"a cell of 'metarnn list cells' (default: {CELL})",
    ),
    "--hidden": dict(
        type=int,
        nargs="+",
        metavar="H",
        help=f"hidden units of each layer, from the input up (default: {HIDDEN})",
    ),
    "--activation": dict(
        metavar="NAME",
        help="activation of Elman cells: tanh, relu or sigmoid (default: tanh)",
    ),
    "--bidirectional": dict(
        action=argparse.BooleanOptionalAction,
        help="run each layer in both directions (default: yes, but not for images, scores of "
        "each step, decoders and Jordan cells)",
    ),
    "--residual": dict(
        action="store_true", default=None, help="add each layer's input to its output"
    ),
    "--windows": dict(
        type=int,
        nargs="+",
        metavar="W",
        help="steps that are merged into one between two layers: one number for each "
        "place, or one for all",
    ),
    "--grid": dict(type=int, metavar="N", help="scan images from this many corners: 1, 2 or 4"),
    "--readout": dict(
        metavar="NAME",
        help="a readout of 'metarnn list readouts', or several, max+mean "
        f"(default: {WIRING['readout']})",
    ),
    "--embedding": dict(
        type=int, metavar="E", help="size of the vector of each token, where the inputs are tokens"
    ),
    "--dtype": dict(metavar="TYPE", default="float32", help="float32 or float64"),
    "--init-scale": dict(
        type=float, default=1.0, metavar="S", help="factor of the initial weights"
    ),
}

#: All options that describe a network; no estimator takes a decoder.
OF_A_NETWORK = (*NETWORK, "--decoder")

#: What a command does, from the parsed options to the exit status; None is success.
Run = Callable[[argparse.Namespace], int | None]


class Command(NamedTuple):
    """A command: what it does, its help, and its arguments; see :func:`command`."""

    run: Run
    options: list[str]
    output: str
    needs_output: bool
    own: dict[str, dict[str, Any]]
    examples: str
    defaults: dict[str, Any]

    def add(self, commands: Commands) -> None:
        """Add the command, under the name of its function, with the docstring as its help."""
        description = inspect.getdoc(self.run) or ""
        headline = description.partition("\n")[0].removesuffix(".")
        summary = headline[:1].lower() + headline[1:]
        examples = "\n".join(f"  {line.strip()}" for line in self.examples.strip().splitlines())
        arguments = {name: OPTIONS[name] for name in self.options if name != "network"} | self.own
        named = (s.get("metavar", name) for name, s in arguments.items() if name[0] != "-")
        needed = ["--output PATH"] if self.needs_output else []
        parser = commands.add_parser(
            self.run.__name__.rstrip("_"),  # "import" is a word of Python
            usage=" ".join(["%(prog)s", *named, *needed, "[options]"]),
            help=summary,
            description=description,
            epilog=f"examples:\n{examples}" if examples else None,
        )
        if self.output:
            arguments["--output"] = dict(type=Path, metavar="PATH", help=self.output)
            arguments["--force"] = OPTIONS["--force"]
        self._add(parser, arguments | {"--debug": OPTIONS["--debug"]})
        if "network" in self.options:
            self._add(parser.add_argument_group("network"), NETWORK, given_only=True)
        parser.set_defaults(run=self.run, parser=parser)

    def _add(
        self,
        parser: "argparse._ActionsContainer",
        arguments: dict[str, dict[str, Any]],
        given_only: bool = False,
    ) -> None:
        """Add arguments with the command's own defaults, which help only shows if `given_only`."""
        for name, settings in arguments.items():
            action = parser.add_argument(name, **settings)
            shown = self.defaults.get(action.dest, action.default)
            action.default = None if given_only else shown
            action.shown_default = shown  # type: ignore[attr-defined]
            action.completer = completers(name)  # type: ignore[attr-defined]


def command(
    *,
    options: str = "",
    output: str = "",
    needs_output: bool = False,
    own: dict[str, dict[str, Any]] | None = None,
    examples: str = "",
    **defaults: Any,
) -> Callable[[Run], Command]:
    """Make a command of the function that runs it, whose docstring is its help.

    Parameters
    ----------
    options : str
        Keys of `OPTIONS`, separated by spaces; ``reading`` stands for those of `READING`, and
        ``network`` adds those of `NETWORK`.
    output : str
        What ``--output`` names; without it the command writes to standard output only.
    needs_output : bool
        Whether ``--output`` has no default.
    own : dict, optional
        Arguments that no other command takes, as in `OPTIONS`.
    examples : str
        Lines of commands, at the end of the help.
    **defaults
        Values of options that are not given.
    """
    names = [n for word in options.split() for n in (READING if word == "reading" else [word])]
    return lambda run: Command(run, names, output, needs_output, own or {}, examples, defaults)


def network_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of a network that were given, by their names in Python.

    A network from a file is ``network``, and has all the settings.

    Raises
    ------
    ValueError
        A file and other options of the network.
    """
    by_name = {option.removeprefix("--").replace("-", "_"): option for option in OF_A_NETWORK}
    given = {name: getattr(options, name, None) for name in by_name}
    settings = {name: value for name, value in given.items() if value is not None}
    path = settings.pop("network", None)
    if path is not None:
        if settings:
            first = by_name[next(iter(settings))]
            raise ValueError(f"--network describes the whole network: leave out {first}.")
        return {"network": read_network(path)}
    for name in ("hidden", "windows"):
        if name in settings:
            settings[name] = tuple(settings[name])
    if len(settings.get("windows", ())) == 1:
        (settings["windows"],) = settings["windows"]
    return settings
