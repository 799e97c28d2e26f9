"""Which files are those of the UCR and UEA archives, and which two make a pair."""

from pathlib import Path

from .arff import parse_arff
from .opening import read_lines, unpacked_name
from .text import as_number

#: The endings of files of series, in the order in which a pair is looked for.
KINDS = (".ts", ".tsv", ".txt", ".arff")
#: What the names of the two files of a pair end in.
PARTS = ("TRAIN", "TEST")


def is_series(path: Path, encoding: str | None = None) -> bool:
    """Whether a file, a folder or the common part of two files holds series of the archives.

    A text whose lines are a whole number and other numbers, without a header, is one if it has
    the name of a part, or if what ends a line is no class: a fraction, or padding.
    """
    kind, stem = unpacked_name(path).suffix.lower(), unpacked_name(path).stem
    if not path.is_file() or kind == ".ts":
        return kind == ".ts" or bool(_pair(path))
    if kind == ".arff":
        return stem.endswith(PARTS) or parse_arff(path, encoding).relational is not None
    if kind not in (".tsv", ".txt"):
        return False
    rows = [fields_of(text) for _, text in read_lines(path, "a table", encoding)]
    fields = {field.strip() for row in rows for field in row[1:]} - {""}
    if not rows or not all(as_number(row[0]) is not None for row in rows):
        return False
    classes = all(float(row[0]).is_integer() for row in rows)
    numbers = all(as_number(field) is not None for field in fields)
    ends = [as_number(row[-1]) for row in rows]
    no_class = any(end is None or not end.is_integer() for end in ends)
    return bool(fields) and classes and numbers and (stem.endswith(PARTS) or no_class)


def files_of(path: Path) -> list[Path]:
    """Return the file, or the two of a pair."""
    if path.is_file():
        return [path]
    pair = _pair(path)
    if len(pair) == 2:
        return pair
    for file in pair:
        name = unpacked_name(file)
        lacks = PARTS[name.stem.endswith(PARTS[0])]
        raise FileNotFoundError(
            f"there is {file.name!r} but no {f'{path.name}_{lacks}{name.suffix}'!r} in "
            f"{str(file.parent)!r}, expected both or the path of the one file."
        )
    raise FileNotFoundError(
        f"there is no file {str(path)!r} and no pair {path.name}_TRAIN and {path.name}_TEST, "
        f"expected files {', '.join(KINDS)}."
    )


def _pair(path: Path) -> list[Path]:
    """Return the two files whose common part a path is, or that lie in it; or one, or none."""
    folder = path if path.is_dir() else path.parent
    names = [f"{path.name}_{part}" for part in PARTS]
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    found: list[Path] = []
    for kind in KINDS:
        known = {unpacked_name(file).name: file for file in files}
        pair = [known[name + kind] for name in names if name + kind in known]
        found = pair if len(pair) > len(found) else found
    return found


def fields_of(text: str) -> list[str]:
    """Return the fields of a line: its class and its values, between tabs or spaces."""
    return text.split("\t") if "\t" in text else text.split()
