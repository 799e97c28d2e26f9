"""Texts in CSV files that a spreadsheet would take for formulas, and how they are kept from that.

A spreadsheet runs a text that begins with ``=``, ``+``, ``-``, ``@``, a tab or the end of a line.
By OWASP's advice on CSV injection such a text gets a ``'`` in front. A text that is a number, such
as ``-1.5``, stays as it is. A text that looks as if it had such a mark already gets another one, so
that :func:`unshielded` gives every text back: tables that metarnn wrote are read as they were.
"""

import re

from .text import as_number

#: What begins a formula, in full width too, which some spreadsheets read alike.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def shielded(text: str) -> str:
    """Return a text as it stands in a CSV file: with a ``'`` in front of a formula."""
    return f"'{text}" if _FORMULA.match(text) and as_number(text) is None else text


def unshielded(field: str) -> str:
    """Return the text that :func:`shielded` was given; another field as it is."""
    if not field.startswith("'"):
        return field
    return field[1:] if shielded(field[1:]) == field else field
