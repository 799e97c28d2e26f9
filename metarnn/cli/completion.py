"""Completion in a shell, by argcomplete: options, files, and the names of ``metarnn list``.

It is asked for once, in a line of ``~/.bashrc`` or ``~/.zshrc``:
``eval "$(register-python-argcomplete metarnn)"``.
"""

import argparse
import os
from collections.abc import Callable
from typing import Any

from .settings import settings_of
from .tables import TABLES

#: By argument, the table of ``metarnn list`` with its words.
COMPLETED = {
    "data": "datasets",
    "name": "",
    "--activation": "activations",
    "--cell": "cells",
    "--decoder": "decoders",
    "--loss": "losses",
    "--model": "models",
    "--optimizer": "optimizers",
    "--optimizers": "optimizers",
    "--readout": "readouts",
    "--solve": "solves",
}

#: Returns the words that a beginning may become.
Completer = Callable[..., list[str]]


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell and exit, if it is the shell that asks and argcomplete is installed."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(parser)


def completers(argument: str) -> Completer | None:
    """Return what completes an argument, or None where files do."""
    return _words(COMPLETED[argument]) if argument in COMPLETED else None


def _words(table: str) -> Completer:
    def words(prefix: str, **_: Any) -> list[str]:
        if not table:
            return [*TABLES, *(name for make in TABLES.values() for name in make())]
        names = TABLES[table]()
        name, colon, written = prefix.partition(":")
        if colon and name in names:
            before = prefix[: len(prefix) - len(written.rpartition(",")[2])]
            return [f"{before}{setting}=" for setting in settings_of(names[name])]
        return [*names, *(_files(prefix) if table == "datasets" else [])]

    return words


def _files(prefix: str) -> list[str]:
    from argcomplete.completers import FilesCompleter

    return list(FilesCompleter()(prefix))
