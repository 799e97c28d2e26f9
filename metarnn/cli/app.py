"""The command line: its commands, and what becomes of errors and interrupts."""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from metarnn.version import __version__

from . import compare, describe, evaluate, fit, list, predict, study, warm
from .completion import complete
from .messages import with_options
from .parser import Parser

#: In the order of the help.
COMMANDS = (
    *(fit.fit.add, predict.predict.add, evaluate.evaluate.add, compare.compare.add),
    *(describe.describe.add, study.add, list.list.add, warm.warm.add),
)

#: What the bare command prints.
FIRST_WORDS = """\
metarnn trains recurrent networks, by gradients or by whole populations.

  metarnn fit mine.csv --target label --output model.npz  # train, test, save
  metarnn predict model.npz new.csv                       # predict with it
  metarnn compare iris                                    # the best optimizer?

'metarnn --help' shows all commands, 'metarnn fit --help' the options of one,
and 'metarnn list' the data sets, optimizers and parts of networks."""


#: In place of scikit-learn's words for a model of named columns that reads data without names.
UNNAMED = "the data name no columns: these are taken in the order of those that the model read"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 2 for a mistake in the arguments."""
    options = parse(arguments)

    def say(message: object) -> None:
        paths = {name: getattr(options, name, None) for name in ("network", "output")}
        words = with_options(" ".join(str(message).split()), options.parser, **paths)
        print(f"metarnn: {words}", file=sys.stderr)

    def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
        say(UNNAMED if "does not have valid feature names" in str(message) else message)

    warnings.showwarning = show_warning
    # Former names in files are the user's to change.
    warnings.filterwarnings("default", r"\w+ is now \w+\.$", DeprecationWarning)
    if getattr(options, "quiet", False):  # the first run says that it compiles
        logging.getLogger("metarnn").setLevel(logging.ERROR)
    try:
        if getattr(options, "imports", None):
            from metarnn.own_parts import import_parts

            import_parts(options.imports, "--import")
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
        from metarnn.own_parts import own_line

        if where := own_line(error):
            say(f"{where}: {type(error).__name__}: {error}")
            return 2
        if isinstance(error, MemoryError):
            said = f"the data or the settings take more memory than there is: {error}"
            say(said.removesuffix(": "))
        else:
            say(str(error) or repr(error))
        known = ValueError | TypeError | OSError | ImportError | MemoryError
        if not isinstance(error, known):
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
    parser = build_parser()
    words = sys.argv[1:] if arguments is None else [*arguments]
    if words and words[0].startswith("--") and words[0] not in parser._option_string_actions:
        known = next(action.choices for action in parser._actions if action.choices)
        command = next((word for word in words if word in known), "fit")
        parser.error(f"the command comes before its options: metarnn {command} DATA {words[0]}")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        options.parser.reject(unknown)
    return options


def build_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="metarnn",
        description="Train recurrent networks by gradient descent or by population methods, "
        "and compare them.",
        epilog="To complete words with the Tab key, install metarnn[completion] and put this line "
        'into ~/.bashrc or ~/.zshrc:\n\n  eval "$(register-python-argcomplete metarnn)"',
    )
    parser.add_argument("--version", action="version", version=f"metarnn {__version__}")
    parser.set_defaults(run=lambda options: print(FIRST_WORDS), parser=parser, debug=False)
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    complete(parser)
    return parser
