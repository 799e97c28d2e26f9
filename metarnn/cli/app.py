"""The command line: its commands, and what becomes of errors and interrupts."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from metarnn.version import __version__

from . import compare, describe, evaluate, fit, list, predict, study
from .parser import Parser

#: In the order of the help.
COMMANDS = (
    *(fit.fit.add, predict.predict.add, evaluate.evaluate.add, compare.compare.add),
    *(describe.describe.add, study.add, list.list.add),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 2 for a mistake in the arguments."""
    options = parse(arguments)
    warnings.showwarning = _print_warning
    try:
        status: int = options.run(options) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("metarnn: interrupted, nothing was written", file=sys.stderr)
        return 130
    except Exception as error:
        if options.debug:
            raise
        print(f"metarnn: {' '.join(str(error).split()) or repr(error)}", file=sys.stderr)
        if not isinstance(error, ValueError | TypeError | OSError | ImportError):
            print("metarnn: this is a defect of metarnn; --debug shows where", file=sys.stderr)
        return 2
    return status


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of a command, and the function ``run`` that takes them.

    Raises
    ------
    SystemExit
        After help, or a sentence about words that are no options.
    """
    parser = Parser(
        prog="metarnn",
        description="Train recurrent networks by gradient descent or by population methods, "
        "and compare them.",
    )
    parser.add_argument("--version", action="version", version=f"metarnn {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        options.parser.reject(unknown)
    return options


def _print_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"metarnn: {message}", file=sys.stderr)
