"""The fields of a text: numbers, words and marks of missing values."""

import math
from collections.abc import Sequence

#: Marks of a missing value, in lower case.
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})


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
