"""ARFF, the files of Weka: tables with a header, and series in a relational attribute."""

# SciPy's reader refuses attributes of strings and sparse rows, fails at a file that has quotation
# marks of both kinds, and does not name the line of a fault; liac-arff, which scikit-learn has
# inside, knows no relational attributes.

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .opening import Line, read_lines

if TYPE_CHECKING:
    import pandas

_QUOTED = r"'([^'\\]*(?:\\.[^'\\]*)*)'|\"([^\"\\]*(?:\\.[^\"\\]*)*)\""
_FIELD = re.compile(rf"\s*(?:{_QUOTED}|([^\s,'\"][^,]*|))\s*(,|$)")
_ATTRIBUTE = re.compile(rf"@attribute\s+(?:{_QUOTED}|(\S+))\s+(.+)", re.IGNORECASE)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_NUMBERS = ("numeric", "real", "integer")


@dataclass
class Attribute:
    """A column: its name, its kind in lower case, and its values if they are listed."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in _NUMBERS


@dataclass
class Arff:
    """The attributes of a file, its rows of as many fields, and their lines."""

    attributes: list[Attribute]
    rows: list[list[str]]
    lines: list[int]

    @property
    def relational(self) -> int | None:
        """The place of the attribute that holds series, if there is one."""
        kinds = [attribute.kind for attribute in self.attributes]
        return kinds.index("relational") if "relational" in kinds else None


def parse_arff(path: Path, encoding: str | None) -> Arff:
    """Read an ARFF file; an error names the line at fault."""
    name = repr(path.name)
    lines = iter(read_lines(path, "an ARFF file", encoding, comments=("%",)))
    attributes = _header(name, lines)
    arff = Arff(attributes, [], [])
    for line, text in lines:
        where = f"line {line} of {name}"
        fields = _sparse(text, attributes, where) if text[0] == "{" else split(text, where)
        if len(fields) == len(attributes) + 1 and re.fullmatch(r"\{.*\}", fields[-1]):
            fields.pop()  # the weight of a row
        if len(fields) != len(attributes):
            raise ValueError(
                f"{where} has {len(fields)} fields, expected one for each of the "
                f"{len(attributes)} attributes."
            )
        for attribute, value in zip(attributes, fields, strict=True):
            if attribute.values and value not in (*attribute.values, "?"):
                raise ValueError(
                    f"{where} has {value[:40]!r} for {attribute.name!r}, expected one of the "
                    f"header: {', '.join(attribute.values[:12])}."
                )
        arff.rows.append(fields)
        arff.lines.append(line)
    if not arff.rows:
        raise ValueError(f"{name} has no rows after @data, expected some.")
    return arff


def read_arff(path: Path, encoding: str | None) -> "pandas.DataFrame":
    """Read a table; ``attrs["class"]`` names its last column if that holds no numbers."""
    import pandas

    arff = parse_arff(path, encoding)
    if arff.relational is not None:
        raise ValueError(f"{path.name!r} holds series, expected a table: load_ts reads them.")
    columns = []
    for attribute, values in zip(arff.attributes, zip(*arff.rows, strict=True), strict=True):
        column = pandas.Series(values, index=arff.lines, name=attribute.name, dtype=str)
        numbers = pandas.to_numeric(column, errors="coerce")
        columns.append(column if numbers.isna().any() else numbers)
    frame = pandas.concat(columns, axis=1)
    if not arff.attributes[-1].is_number:
        frame.attrs["class"] = arff.attributes[-1].name
    return frame


def split(text: str, where: str) -> list[str]:
    """Return the fields of a row, without quotation marks and escapes."""
    fields, at = [], 0
    while True:
        found = _FIELD.match(text, at)
        if not found:
            raise ValueError(f"{where} has {text[at : at + 40]!r}, expected fields and commas.")
        fields.append(_plain(*found.groups()[:3]))
        at = found.end()
        if not found[4]:
            return fields


def _header(name: str, lines: Iterator[Line]) -> list[Attribute]:
    """Read up to @data, and return the attributes outside of relational ones."""
    attributes: list[Attribute] = []
    inside = False
    for line, text in lines:
        where = f"line {line} of {name}"
        key = text.split(maxsplit=1)[0].lower()
        if key == "@data":
            if not attributes:
                raise ValueError(f"{name} has no @attribute, expected some before @data.")
            return attributes
        if key == "@end":
            inside = False
        elif key == "@attribute":
            found = _ATTRIBUTE.fullmatch(text)
            if not found:
                raise ValueError(f"{where} is {text[:40]!r}, expected a name and a type.")
            kind = found[4].strip()
            if kind[0] == "{":
                values = split(kind.strip("{} \t"), where)
                attribute = Attribute(_plain(*found.groups()[:3]), "nominal", values)
            else:
                attribute = Attribute(_plain(*found.groups()[:3]), kind.split()[0].lower())
            if not inside:
                attributes.append(attribute)
            inside |= attribute.kind == "relational"
        elif key != "@relation":
            raise ValueError(f"{where} is {text[:40]!r}, expected @attribute or @data.")
    raise ValueError(f"{name} has no @data, expected it between header and rows.")


def _sparse(text: str, attributes: list[Attribute], where: str) -> list[str]:
    """Return all fields of a row {place value, ...}; those left out are 0, or the first value."""
    fields = [attribute.values[0] if attribute.values else "0" for attribute in attributes]
    for entry in split(text.strip("{} \t"), where) if text.strip("{} \t") else []:
        place, _, value = entry.partition(" ")
        found = _FIELD.match(value)
        if not place.isdecimal() or int(place) >= len(fields) or not value or not found:
            raise ValueError(
                f"{where} has {entry[:40]!r}, expected an index from 0 to {len(fields) - 1} and a "
                "value."
            )
        fields[int(place)] = _plain(*found.groups()[:3])
    return fields


def _plain(single: str | None, double: str | None, bare: str | None) -> str:
    """Return the text of a field that is in quotation marks of one kind, or bare."""
    if bare is not None:
        return bare.strip()
    text = single if single is not None else double or ""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)
