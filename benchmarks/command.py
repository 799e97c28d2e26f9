"""The options that the commands share, and errors in one sentence."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

OUT = Path(__file__).parent / "results"


class Parser(argparse.ArgumentParser):
    """An argument parser that reports a mistake in one sentence, with exit status 2."""

    def __init__(self, **settings: Any) -> None:
        run = sys.modules["__main__"].__spec__  # of the module behind python -m
        name = run.name.removesuffix(".__main__") if run else "benchmarks"
        super().__init__(prog=f"python -m {name}", **settings)

    def error(self, message: str) -> NoReturn:
        """Print the sentence without the usage."""
        print(f"{message[:1].upper()}{message[1:].rstrip('.')}.", file=sys.stderr)
        sys.exit(2)


def parse(
    description: str,
    names: Iterable[str],
    noun: str,
    rounds: int,
    words: Sequence[str] | None,
    networks: Sequence[str] = (),
) -> argparse.Namespace:
    """Return the options of a command: names, rounds, network, out and quick.

    Parameters
    ----------
    description : str
        Shown by --help.
    names : iterable of str
        All names; where none is given, the command takes all, or with --quick the first.
    noun : str
        What the names are of, such as "size".
    rounds : int
        Default of --rounds; --quick takes 2.
    words : sequence of str, optional
        The command line; by default the program's own.
    networks : sequence of str, optional
        Values of --network, whose default is the first; without any there is no such option.
    """
    known = list(names)
    parser = Parser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "names", nargs="*", metavar=noun, help=f"any of {', '.join(known)}; by default all"
    )
    if networks:
        parser.add_argument(
            "--network", default=networks[0], metavar="NAME", help=f"one of {', '.join(networks)}"
        )
    parser.add_argument("--rounds", type=int, metavar="N", help=f"default {rounds}")
    parser.add_argument(
        "--out", type=Path, default=OUT, metavar="FOLDER", help="for the JSON and PNG files"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"a short look: {known[0]} and 2 rounds by default"
    )
    options = parser.parse_args(words)
    for name in options.names:
        if name not in known:
            parser.error(f"Unknown {noun} {name!r}; there are {', '.join(known)}.")
    if networks and options.network not in networks:
        parser.error(f"Unknown network {options.network!r}; there are {', '.join(networks)}.")
    options.names = list(dict.fromkeys(options.names)) or (known[:1] if options.quick else known)
    if options.rounds is None:
        options.rounds = 2 if options.quick else rounds
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}.")
    make_folder(parser, options.out)
    return options


def make_folder(parser: Parser, folder: Path) -> None:
    """Make the folder for what is written, or end the command."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        parser.error(f"--out must be a folder that can be written to, got {folder}: {error}")


def announce(what: str) -> None:
    """Print on standard error what is being measured, before the table."""
    print(f"measuring {what} ...", file=sys.stderr, flush=True)


def disagreement(name: str, problem: str, error: float, tolerance: float) -> NoReturn:
    """End the command: times of different results do not compare."""
    print(
        f"{name} is off the reference by {error:.1e} on {problem}, where {tolerance:.0e} is "
        "allowed, so nothing more was timed.",
        file=sys.stderr,
    )
    sys.exit(1)
