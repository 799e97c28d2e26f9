"""What commands write: JSON on standard output, and files where nothing is overwritten."""

import argparse
import itertools
import json
import math
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from metarnn.writing import check_folder_writable, check_writable, is_stream


def print_json(value: Any) -> None:
    """Print a value as JSON, with null for numbers that are not finite."""
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def show(options: argparse.Namespace, value: Any, *lines: str) -> None:
    """Print a value as JSON with ``--json``, and lines of text without it."""
    if options.json:
        print_json(value)
    else:
        print(*lines, sep="\n")


def shows_progress(options: argparse.Namespace) -> bool:
    """Return whether somebody looks at standard error, and wants to see the progress."""
    return sys.stderr.isatty() and not options.quiet


def about_rows(n_columns: int, timesteps: int | str) -> list[str]:
    """Return the lines that say how the rows of a table are read, if nobody has chosen that."""
    if n_columns < 2 or timesteps != 1:
        return []
    line = f"{n_columns} columns are read as one step of {n_columns} inputs; --timesteps features "
    return [textwrap.fill(f"{line}reads them as {n_columns} steps of one input", 80)]


def _plain(value: Any) -> Any:
    """Return arrays as lists, paths as text, and no number that JSON lacks."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


def check_file(path: Path, force: bool) -> None:
    """Raise an error unless a file of this name can be written; see `check_replaced`."""
    check_replaced(path, force)
    check_writable(path)


def check_replaced(path: Path, force: bool, is_own: Callable[[Path], bool] | None = None) -> None:
    """Raise a ValueError if a file would be lost that its command did not write.

    A folder cannot be, and `check_writable` says what it is.

    Parameters
    ----------
    path : Path
        The file to write.
    force : bool
        Whether a file that exists is replaced, whatever it is.
    is_own : callable, optional
        Whether a file says itself that the same command wrote it: such a file, a report that is
        made again, is replaced. Files without a mark of their origin never are.
    """
    if force or not path.exists() or path.is_dir() or is_stream(path):
        return
    if not (is_own and is_own(path)):
        other = ", and this command did not write it" if is_own else ""
        raise ValueError(
            f"{path} exists already{other}: name another file, or replace it with --force."
        )


def new_folder(given: Path | None, name: str, files: Sequence[str], force: bool) -> Path:
    """Return a folder that can be written and holds none of the files, unless `force` is given.

    By default it is `name`, or `name` with the first number from 2 on that is free.
    """
    folder = given or Path(name)
    numbers = itertools.count(2)
    while given is None and folder.exists():
        folder = Path(f"{name}-{next(numbers)}")
    for file in files:
        if (folder / file).exists() and not force:
            raise ValueError(
                f"{folder / file} exists already: name another folder with --output, or replace "
                "it with --force."
            )
    check_folder_writable(folder)
    return folder
