"""The options of the command line: each one named, explained and parsed in one place."""

import argparse
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .parser import Commands

#: Every argument that more than one command takes.
OPTIONS: dict[str, dict[str, Any]] = {
    "data": dict(
        help="a data set of 'metarnn list', with options if you like (parity:n_bits=5); a "
        "table (.csv, .tsv, .parquet); a .ts file; a folder of recordings; or openml:NAME"
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
    "--optimizer": dict(
        metavar="NAME",
        help="an optimizer of 'metarnn list', with settings if you like: "
        "cuckoo:n_nests=50,variant=paper",
    ),
    "--optimizers": dict(
        metavar="NAME",
        nargs="+",
        help="optimizers of 'metarnn list', with settings if you like: "
        "cuckoo:n_nests=50,variant=paper",
    ),
    "--budget": dict(type=float, metavar="PASSES", help="passes to spend on each run"),
    "--loss": dict(metavar="NAME", help="a loss of 'metarnn list', or a scorer of scikit-learn"),
    "--alpha": dict(type=float, default=0.0, metavar="A", help="L2 penalty"),
    "--timesteps": dict(type=int, metavar="T", help="steps into which each row is cut"),
    "--test-fraction": dict(
        type=float, metavar="F", help="fraction of the sequences held out for testing"
    ),
    "--seed": dict(type=int, default=0, metavar="N", help="seed of the split and of the training"),
    "--seeds": dict(type=int, metavar="N", help="number of paired seeds, from 0 on"),
    "--jobs": dict(type=int, metavar="N", help="runs at a time; -1 for one on each core"),
    "--threads": dict(
        type=lambda word: None if word == "all" else int(word),
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
    "--quiet": dict(action="store_true", help="show no progress"),
    "--debug": dict(action="store_true", help="show the traceback of an error"),
}

#: The arguments of ``Network.build``.
NETWORK: dict[str, dict[str, Any]] = {
    "--cell": dict(metavar="NAME", default="elman", help="a cell of 'metarnn list'"),
    "--hidden": dict(
        type=int, nargs="+", metavar="H", help="hidden units of each layer, from the input up"
    ),
    "--activation": dict(
        metavar="NAME",
        default="tanh",
        help="activation of cells that leave a choice: tanh, relu or sigmoid",
    ),
    "--bidirectional": dict(action="store_true", help="run each layer in both directions"),
    "--residual": dict(action="store_true", help="add each layer's input to its output"),
    "--windows": dict(
        type=int,
        nargs="+",
        metavar="W",
        help="steps that are merged into one between two layers: one number for each "
        "place, or one for all",
    ),
    "--grid": dict(type=int, metavar="N", help="scan images from this many corners: 1, 2 or 4"),
    "--readout": dict(metavar="NAME", default="last", help="a readout of 'metarnn list'"),
    "--embedding": dict(
        type=int, metavar="E", help="size of the vector of each token, where the inputs are tokens"
    ),
    "--decoder": dict(metavar="NAME", help="decoder of target sequences: plain, dot or additive"),
    "--dtype": dict(metavar="TYPE", default="float32", help="float32 or float64"),
    "--init-scale": dict(
        type=float, default=1.0, metavar="S", help="factor of the initial weights"
    ),
}


#: What a command does, from the parsed options to the exit status; None is success.
Run = Callable[[argparse.Namespace], int | None]


class Command(NamedTuple):
    """A command: what it does, its help, and its arguments; see :func:`command`."""

    run: Run
    options: list[str]
    output: str
    own: dict[str, dict[str, Any]]
    defaults: dict[str, Any]

    def add(self, commands: Commands) -> None:
        """Add the command, under the name of its function, with the docstring as its help."""
        description = inspect.getdoc(self.run) or ""
        headline = description.partition("\n")[0].removesuffix(".")
        summary = headline[:1].lower() + headline[1:]
        parser = commands.add_parser(self.run.__name__, help=summary, description=description)
        arguments = {name: OPTIONS[name] for name in self.options if name != "network"} | self.own
        if self.output:
            arguments["--output"] = dict(type=Path, metavar="PATH", help=self.output)
        for name, settings in [*arguments.items(), ("--debug", OPTIONS["--debug"])]:
            parser.add_argument(name, **settings)
        if "network" in self.options:
            group = parser.add_argument_group("network")
            for option, settings in NETWORK.items():
                group.add_argument(option, **settings)
        parser.set_defaults(run=self.run, parser=parser, **self.defaults)


def command(
    *,
    options: str = "",
    output: str = "",
    own: dict[str, dict[str, Any]] | None = None,
    **defaults: Any,
) -> Callable[[Run], Command]:
    """Make a command of the function that runs it, whose docstring is its help.

    Parameters
    ----------
    options : str
        Keys of `OPTIONS`, separated by spaces; ``network`` adds those of `NETWORK`.
    output : str
        What ``--output`` names; without it the command writes to standard output only.
    own : dict, optional
        Arguments that no other command takes, as in `OPTIONS`.
    **defaults
        Values of options that are not given.
    """
    return lambda run: Command(run, options.split(), output, own or {}, defaults)


def network_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments of ``Network.build`` among parsed options."""
    names = [option.removeprefix("--").replace("-", "_") for option in NETWORK]
    settings = {name: getattr(options, name) for name in names}
    for name in ("hidden", "windows"):
        if settings[name] is not None:
            settings[name] = tuple(settings[name])
    if settings["windows"] and len(settings["windows"]) == 1:
        (settings["windows"],) = settings["windows"]
    return {name: value for name, value in settings.items() if value is not None}
