"""Text files: their characters, the numbers and the words in them."""

import math
from collections.abc import Sequence
from pathlib import Path

#: Marks of a missing value, in lower case.
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})


def read_text(path: Path, kind: str) -> str:
    """Read a text in UTF-8; `kind` says in an error what was expected."""
    file = repr(str(path))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {file}, expected {kind}.") from None
    except IsADirectoryError:
        raise ValueError(f"{file} is a folder, expected {kind}.") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # No text has a zero byte; a binary file that happens to be valid UTF-8 does.
    if "\0" in text:
        raise ValueError(f"{file} is not text in UTF-8, expected {kind} in that encoding.")
    return text


def as_number(field: str) -> float | None:
    """Return a field as a number, infinities and NaN included, or None if it is not one."""
    # To float() 2020_01 is a number; in a file it is a name.
    if "_" in field:
        return None
    try:
        return float(field)
    except ValueError:
        return None


def is_finite_number(field: str) -> bool:
    """Whether a field is a number, and neither an infinity nor NaN."""
    number = as_number(field)
    return number is not None and math.isfinite(number)


def is_word(field: str) -> bool:
    """Whether a field is neither a number nor the mark of a missing value."""
    return field.casefold() not in MISSING and as_number(field) is None


def quoted(names: Sequence[str]) -> str:
    """Return the first dozen of some names in quotation marks, and how many more there are."""
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"
