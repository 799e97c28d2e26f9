"""The header of a ``.ts`` file, and what it says of the series."""

from collections.abc import Sequence

from ..validation import Floats
from .opening import Line

_CHECKED = (
    "timestamps univariate dimension dimensions equallength serieslength classlabel targetlabel"
).split()

#: The words after each key, by the key in lower case.
Header = dict[str, list[str]]


def read_header(name: str, lines: list[Line]) -> tuple[Header, list[Line]]:
    """Split the lines at @data into the header's words by key and the cases."""
    header: Header = {}
    for i, (line, text) in enumerate(lines):
        if not text.startswith("@"):
            raise ValueError(
                f"line {line} of {name} is no key of a header, expected @data before the series."
            )
        key, *words = text[1:].split() or [""]
        key = key.lower()
        if key == "data":
            if not lines[i + 1 :]:
                raise ValueError(f"{name} has nothing after @data, expected a series on each line.")
            return header, lines[i + 1 :]
        # Some files of the archives repeat a key.
        if header.get(key, words) != words and key in _CHECKED:
            raise ValueError(f"line {line} of {name} has another @{key}, expected it once.")
        header[key] = words
    raise ValueError(f"{name} has no @data, expected it between header and series.")


def labels_of(name: str, header: Header) -> tuple[str, tuple[str, ...]]:
    """Check the keys that do not need the series; return what labels are, and the classes.

    Labels are "classes", "numbers", or "" where there are none.
    """
    if _flag(name, header, "timestamps"):
        raise ValueError(f"{name} has time stamps, expected values alone, evenly spaced.")
    if _flag(name, header, "targetlabel"):
        return "numbers", ()
    if "classlabel" not in header and "targetlabel" not in header:
        raise ValueError(
            f"{name} does not say whether it has class labels, expected @classLabel true or "
            "@classLabel false in its header."
        )
    if not _flag(name, header, "classlabel"):
        return "", ()
    classes = tuple(header["classlabel"][1:])
    if len(set(classes)) < len(classes):
        raise ValueError(f"{name} names a class twice in @classlabel, expected different ones.")
    return "classes", classes


def check_series(name: str, header: Header, series: Sequence[Floats]) -> None:
    """Check the series (T_i, I) against the header."""
    lengths = [len(one) for one in series]
    width = series[0].shape[1]
    if _flag(name, header, "univariate") and width > 1:
        raise ValueError(
            f"{name} says @univariate true, but has series of {width} dimensions, expected one."
        )
    if _flag(name, header, "equallength") and min(lengths) < max(lengths):
        raise ValueError(
            f"{name} says @equalLength true, but has series of {min(lengths)} to "
            f"{max(lengths)} steps, expected them equally long."
        )
    for key, found, what in (
        ("dimensions", {width}, "dimensions"),
        ("dimension", {width}, "dimensions"),
        ("serieslength", set(lengths), "steps"),
    ):
        if key not in header:
            continue
        word = " ".join(header[key])
        if not word.isdecimal():
            raise ValueError(f"{name} says @{key} {word}, expected a whole number.")
        # For series of unequal length some files state a length of 0.
        if found != {int(word)} and (key != "serieslength" or int(word)):
            raise ValueError(
                f"{name} says @{key} {word}, but has series of {min(found)} to {max(found)} "
                f"{what}, expected the same."
            )


def _flag(name: str, header: Header, key: str) -> bool:
    """Return whether a key of the header is true; it is not if it is missing."""
    if key not in header:
        return False
    word = (header[key] or [""])[0].lower()
    if word not in ("true", "false"):
        raise ValueError(f"{name} says @{key} {word or 'nothing'}, expected true or false.")
    return word == "true"
