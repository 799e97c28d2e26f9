"""The options of the command line: each one named, explained and parsed in one place."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .parser import Parser

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]

#: Every argument that more than one command takes.
OPTIONS: dict[str, dict[str, Any]] = {
    "data": {
        "help": "a data set of 'metarnn list', with options if you like (parity:n_bits=5); a "
        "table (.csv, .tsv, .parquet); a .ts file; a folder of recordings; or openml:NAME",
    },
    "model": {"type": Path, "help": "a model file, written by 'metarnn fit'"},
    "settings": {
        "nargs": "?",
        "type": Path,
        "default": Path("study.toml"),
        "help": "the file that describes the study",
    },
    "--target": {
        "metavar": "COLUMN",
        "help": "column of a table with the labels or numbers to predict: its name, or its "
        "index from 0 (-1 is the last)",
    },
    "--optimizer": {
        "metavar": "NAME",
        "help": "an optimizer of 'metarnn list', with settings if you like: "
        "cuckoo:n_nests=50,variant=paper",
    },
    "--optimizers": {
        "metavar": "NAME",
        "nargs": "+",
        "help": "optimizers of 'metarnn list', with settings if you like: "
        "cuckoo:n_nests=50,variant=paper",
    },
    "--budget": {"type": float, "metavar": "PASSES", "help": "passes to spend on each run"},
    "--loss": {
        "metavar": "NAME",
        "help": "a loss of 'metarnn list', or a scorer of scikit-learn",
    },
    "--alpha": {"type": float, "default": 0.0, "metavar": "A", "help": "L2 penalty"},
    "--timesteps": {"type": int, "metavar": "T", "help": "steps into which each row is cut"},
    "--test-fraction": {
        "type": float,
        "metavar": "F",
        "help": "fraction of the sequences held out for testing",
    },
    "--seed": {
        "type": int,
        "default": 0,
        "metavar": "N",
        "help": "seed of the split and of the training",
    },
    "--seeds": {"type": int, "metavar": "N", "help": "number of paired seeds, from 0 on"},
    "--jobs": {"type": int, "metavar": "N", "help": "runs at a time; -1 for one on each core"},
    "--threads": {
        "type": lambda word: None if word == "all" else int(word),
        "default": "all",
        "metavar": "N",
        "help": "threads to use",
    },
    "--store": {
        "type": Path,
        "metavar": "FILE",
        "help": "the database of the runs (default: the settings' name, with .sqlite)",
    },
    "--json": {"action": "store_true", "help": "print the results as JSON"},
    "--quiet": {"action": "store_true", "help": "show no progress"},
    "--debug": {"action": "store_true", "help": "show the traceback of an error"},
}

#: The arguments of ``Network.build``.
NETWORK: dict[str, dict[str, Any]] = {
    "--cell": {"metavar": "NAME", "default": "elman", "help": "a cell of 'metarnn list'"},
    "--hidden": {
        "type": int,
        "nargs": "+",
        "metavar": "H",
        "help": "hidden units of each layer, from the input up",
    },
    "--activation": {
        "metavar": "NAME",
        "default": "tanh",
        "help": "activation of cells that leave a choice: tanh, relu or sigmoid",
    },
    "--bidirectional": {"action": "store_true", "help": "run each layer in both directions"},
    "--residual": {"action": "store_true", "help": "add each layer's input to its output"},
    "--windows": {
        "type": int,
        "nargs": "+",
        "metavar": "W",
        "help": "steps that are merged into one between two layers: one number for each "
        "place, or one for all",
    },
    "--grid": {
        "type": int,
        "metavar": "N",
        "help": "scan images from this many corners: 1, 2 or 4",
    },
    "--readout": {"metavar": "NAME", "default": "last", "help": "a readout of 'metarnn list'"},
    "--embedding": {
        "type": int,
        "metavar": "E",
        "help": "size of the vector of each token, where the inputs are tokens",
    },
    "--decoder": {
        "metavar": "NAME",
        "help": "decoder of target sequences: plain, dot or additive",
    },
    "--dtype": {"metavar": "TYPE", "default": "float32", "help": "float32 or float64"},
    "--init-scale": {
        "type": float,
        "default": 1.0,
        "metavar": "S",
        "help": "factor of the initial weights",
    },
}


def add_command(
    commands: "Commands",
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    *,
    details: str = "",
    options: str = "",
    output: str = "",
    own: dict[str, dict[str, Any]] | None = None,
    **defaults: Any,
) -> None:
    """Add a command.

    Parameters
    ----------
    commands : argparse's action
        Of the parser.
    name : str
        Of the command.
    run : function
        What it does: from the parsed options to the exit status.
    summary, details : str
        Its help: one line without a period, and what else there is to say.
    options : str
        Keys of `OPTIONS`, separated by spaces; ``network`` adds those of `NETWORK`.
    output : str
        What ``--output`` names; without it the command writes to standard output only.
    own : dict, optional
        Arguments that no other command takes, as in `OPTIONS`.
    **defaults
        Values of options that are not given.
    """
    description = f"{summary[0].upper()}{summary[1:]}. {details}"
    parser = commands.add_parser(name, help=summary, description=description)
    names = options.split()
    for option in names:
        if option != "network":
            parser.add_argument(option, **OPTIONS[option])
    for option, settings in (own or {}).items():
        parser.add_argument(option, **settings)
    if output:
        parser.add_argument("--output", type=Path, metavar="PATH", help=output)
    parser.add_argument("--debug", **OPTIONS["--debug"])
    if "network" in names:
        group = parser.add_argument_group("network")
        for option, settings in NETWORK.items():
            group.add_argument(option, **settings)
    parser.set_defaults(run=run, parser=parser, **defaults)


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
