"""The one sentence about a name that nothing has: the nearest name, and where the others are.

Former names of parameters go on working, with a warning.
"""

import re
import textwrap
import warnings
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

#: By what a name means, the table of ``metarnn list`` that shows it.
LISTED = {
    "data set": "datasets",
    "model": "models",
    "optimizer": "optimizers",
    "cell": "cells",
    "readout": "readouts",
    "loss": "losses",
    "solve": "solves",
    "decoder": "decoders",
    "activation": "activations",
}

#: The most names that a sentence holds.
MOST = 16


def unknown(what: str, name: Any, known: Iterable[Any], listed: str | None = None) -> str:
    """Return the sentence that refuses a name: what it is near to, and what there is.

    Parameters
    ----------
    what : str
        What the name should mean, such as "cell".
    name : object
        The name that was given.
    known : iterable of str
        The names that there are.
    listed : str, optional
        The table of ``metarnn list`` that shows them, by default that of `LISTED`; "" for all its
        tables. More than a few names are not repeated in the sentence then.
    """
    names = [str(each) for each in known]
    parts = [part for part in re.split(r"[,\s]+", str(name)) if part]
    if len(parts) > 1 and set(parts) <= set(names):
        apart = f"{' '.join(parts)} as {len(parts)} words"
        return f"unknown {what} {name!r}: expected one name, or {apart}."
    listed = LISTED.get(what) if listed is None else listed
    if not names:
        rest = "there is none"
    elif listed is not None and len(names) > 6:
        rest = f"'{' '.join(['metarnn list', *listed.split()])}' shows them"
    elif len(names) == 1:
        rest = f"expected {names[0]}"
    else:
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        rest = f"expected one of {', '.join(names[:MOST])}{more}"
    return f"unknown {what} {name!r}{did_you_mean(name, names)}; {rest}."


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """Return the nearest of some names as words in brackets, or nothing if none is near."""
    by_letters = {_letters(each): each for each in known}
    near = get_close_matches(_letters(name), by_letters, n=1)
    return f" (did you mean {by_letters[near[0]]!r}?)" if near else ""


def many(number: int, what: str) -> str:
    """Return a number of things."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def are(number: int) -> str:
    """Return the verb of a number of things."""
    return "is" if number == 1 else "are"


def in_column(label: object, width: int) -> tuple[list[str], str]:
    """Return what stands of a label in a column of text, after lines of its own where it is long.

    A label may be the words of an optimizer with all its settings. Cut off, two would be alike.
    """
    text = str(label)
    if len(text) <= width:
        return [], f"{text:{width}}"
    return textwrap.wrap(text, 80, break_on_hyphens=False), " " * width


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function take parameters by their former names too, ``former="present"``."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for former in names.keys() & kwargs.keys():
                present = names[former]
                if present in kwargs:
                    raise TypeError(f"{former} is the former name of {present}: give {present}.")
                warn_renamed(former, present, stacklevel=3)
                kwargs[present] = kwargs.pop(former)
            return function(*args, **kwargs)

        return call

    return decorate


def warn_renamed(former: str, present: str, stacklevel: int = 2) -> None:
    """Warn that something has another name now."""
    warnings.warn(f"{former} is now {present}.", DeprecationWarning, stacklevel=stacklevel + 1)


def _letters(name: Any) -> str:
    """Return a name as those compare who type it: without case, hyphens and blanks."""
    return str(name).lower().replace("-", "_").replace(" ", "_")
