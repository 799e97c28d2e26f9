"""What the commands have in common: their options, and errors in one sentence."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

OUT = Path(__file__).parent / "results"


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistake with one sentence and exit code 2."""

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
    """Return the options of a command: sizes or tasks, rounds, network, out and quick.

    Parameters
    ----------
    description : str
        Shown by --help.
    names : iterable of str
        What can be named; without a name, all are meant, or with --quick the first.
    noun : str
        What they are, such as "size".
    rounds : int
        Default of --rounds; --quick takes 2.
    words : sequence of str, optional
        The command line; by default the program's own.
    networks : sequence of str, optional
        What --network can be, by default the first; without any, there is no such option.
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
    """Say on standard error what is being measured, while the table is not there yet."""
    print(f"measuring {what} ...", file=sys.stderr, flush=True)


def disagreement(name: str, problem: str, error: float, tolerance: float) -> NoReturn:
    """End the command: what does not compute the same thing is not to be timed."""
    print(
        f"{name} is off the reference by {error:.1e} on {problem}, where {tolerance:.0e} is "
        "allowed, so nothing more was timed.",
        file=sys.stderr,
    )
    sys.exit(1)
