"""The series of the UCR and UEA archives: ``.ts`` and ``.tsv`` files, in pairs or alone."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from .fields import Row, listed, read_labels, read_text
from .padding import padded

_CHECKED = (
    "timestamps",
    "univariate",
    "dimension",
    "dimensions",
    "equallength",
    "serieslength",
    "classlabel",
    "targetlabel",
)

_Series = npt.NDArray[np.float64]


@dataclass
class _File:
    """What a file holds: series (T_i, I), each one's line and label, and the classes named."""

    name: str
    series: list[_Series]
    labels: list[Row]
    classes: tuple[str, ...] = ()


def load_ts(path: str | os.PathLike[str]) -> Dataset:
    """Read a data set of the UCR and UEA archives.

    Parameters
    ----------
    path : str or path
        A file ``NAME.ts`` or ``NAME.tsv``; or, without an ending, what the two files
        ``NAME_TRAIN`` and ``NAME_TEST`` of either kind have in common; or the folder NAME that
        they lie in.

    Returns
    -------
    Dataset
        X of shape (B, T, I), a dimension of a series an input. Series of unequal length have
        zeros after their own `lengths`. Of a pair the training part comes first and `test`
        marks the rest. The classes are those of the header and of the series, numbers by
        value, any others as text.

    Raises
    ------
    FileNotFoundError
        If there is no such file or pair.
    ValueError
        If a file is not of that form, or holds what is not read: time stamps, missing
        values, or numbers to be predicted; the message names the line at fault.

    Notes
    -----
    In a ``.ts`` file the header's ``@timeStamps``, ``@univariate``, ``@dimensions``,
    ``@equalLength``, ``@seriesLength`` and ``@classLabel`` are held against the series; other
    keys are passed over. In a ``.tsv`` file a line is a label and one series, separated by
    tabs, and NaN at the end of a line fills it up, as in the archive of 2018. Nothing is
    scaled: the archives' series of one dimension mostly are already, each by itself.
    """
    path = Path(path)
    files = [_read(file) for file in _files(path)]
    inputs = [file.series[0].shape[1] for file in files]
    if len(set(inputs)) > 1:
        raise ValueError(
            f"{files[0].name} has {inputs[0]} dimensions and {files[1].name} has {inputs[1]}, "
            "expected as many"
        )
    series = [one for file in files for one in file.series]
    labels = [row for file in files for row in file.labels]
    named = [(0, [label]) for file in files for label in file.classes]
    classes, codes = read_labels(labels + named, 0, f"the label of {files[0].name}")
    X, lengths = padded(series)
    test = np.arange(len(series)) >= len(files[0].series) if len(files) > 1 else None
    name = path.stem if path.is_file() else path.name
    return Dataset(
        name=name,
        X=X,
        y=codes[: len(labels)],
        classes=classes,
        description=f"The series of {name}.",
        source=" and ".join(file.name.strip("'") for file in files),
        licence="unknown (your file)",
        lengths=lengths,
        test=test,
    )


def _files(path: Path) -> list[Path]:
    """Return the file, or the two of a pair."""
    if path.is_file():
        return [path]
    base = path / path.name if path.is_dir() else path
    for kind in (".ts", ".tsv"):
        pair = [base.with_name(f"{base.name}_{part}{kind}") for part in ("TRAIN", "TEST")]
        there = [file.exists() for file in pair]
        if all(there):
            return pair
        if any(there):
            got, lacks = (pair[there.index(one)].name for one in (True, False))
            raise FileNotFoundError(
                f"there is {got!r} but no {lacks!r} in {str(base.parent)!r}, expected both or the "
                "path of the one file"
            )
    raise FileNotFoundError(
        f"there is no file {str(path)!r} and no pair {base.name}_TRAIN and {base.name}_TEST, "
        "expected .ts or .tsv files"
    )


def _read(path: Path) -> _File:
    kind = path.suffix.lower()
    if kind not in (".ts", ".tsv"):
        raise ValueError(f"{str(path)!r} ends in {kind!r}, expected a .ts or .tsv file")
    name = repr(path.name)
    lines = read_text(path, repr(str(path)), f"a {kind} file").splitlines()
    read = _read_ts if kind == ".ts" else _read_tsv
    file = read(name, [(i, line.strip("\r\n ")) for i, line in enumerate(lines, start=1)])
    widths = [one.shape[1] for one in file.series]
    for (line, _), width in zip(file.labels, widths, strict=True):
        if width != widths[0]:
            raise ValueError(
                f"line {line} of {name} has {width} dimensions, expected {widths[0]} as before"
            )
    return file


def _read_tsv(name: str, lines: list[tuple[int, str]]) -> _File:
    file = _File(name, [], [])
    for line, text in lines:
        if not text:
            continue
        label, *fields = text.split("\t")
        if not fields:
            raise ValueError(
                f"line {line} of {name} has no tab, expected a label and values separated by tabs"
            )
        while fields and fields[-1].strip().lower() in ("nan", ""):
            fields.pop()
        file.series.append(_values(fields, f"line {line} of {name}")[:, np.newaxis])
        file.labels.append((line, [label.strip()]))
    if not file.series:
        raise ValueError(f"{name} is empty, expected a label and a series on each line")
    return file


def _read_ts(name: str, lines: list[tuple[int, str]]) -> _File:
    header, cases = _header(name, lines)
    classes = _checked_header(name, header)
    file = _File(name, [], [], classes)
    for line, text in cases:
        where = f"line {line} of {name}"
        *dimensions, label = text.split(":")
        if not dimensions:
            raise ValueError(f"{where} has no ':', expected dimensions and a label between them")
        values = [_values(dimension.split(","), where) for dimension in dimensions]
        steps = {len(one) for one in values}
        if len(steps) > 1:
            raise ValueError(
                f"{where} has dimensions of {min(steps)} to {max(steps)} steps, expected them alike"
            )
        label = label.strip()
        if classes and label not in classes:
            raise ValueError(
                f"{where} has the label {label!r}, expected one of the header: {listed(classes)}"
            )
        file.series.append(np.column_stack(values))
        file.labels.append((line, [label]))
    _check_series(file, header)
    return file


def _header(
    name: str, lines: list[tuple[int, str]]
) -> tuple[dict[str, list[str]], list[tuple[int, str]]]:
    """Split the lines at @data into the header's words by key and the cases."""
    header: dict[str, list[str]] = {}
    lines = [(line, text) for line, text in lines if text and text[0] not in "#%"]
    for i, (line, text) in enumerate(lines):
        if not text.startswith("@"):
            raise ValueError(
                f"line {line} of {name} is no key of a header, expected @data before the series"
            )
        key, *words = text[1:].split() or [""]
        key = key.lower()
        if key == "data":
            if not lines[i + 1 :]:
                raise ValueError(f"{name} has nothing after @data, expected a series on each line")
            return header, lines[i + 1 :]
        # Some files of the archives say a thing twice.
        if header.get(key, words) != words and key in _CHECKED:
            raise ValueError(f"line {line} of {name} has another @{key}, expected it once")
        header[key] = words
    raise ValueError(f"{name} has no @data, expected it between header and series")


def _checked_header(name: str, header: dict[str, list[str]]) -> tuple[str, ...]:
    """Check what can be without the series, and return the classes."""
    if _flag(name, header, "timestamps"):
        raise ValueError(f"{name} has time stamps, expected values alone, evenly spaced")
    if _flag(name, header, "targetlabel"):
        raise ValueError(f"{name} has numbers to be predicted (@targetLabel), expected classes")
    if not _flag(name, header, "classlabel"):
        raise ValueError(f"{name} has no class labels, expected @classLabel true in its header")
    classes = tuple(header["classlabel"][1:])
    if len(set(classes)) < len(classes):
        raise ValueError(f"{name} names a class twice in @classlabel, expected different ones")
    return classes


def _check_series(file: _File, header: dict[str, list[str]]) -> None:
    """Hold the series against what the header says of them."""
    lengths = [len(one) for one in file.series]
    width = file.series[0].shape[1]
    if _flag(file.name, header, "univariate") and width > 1:
        raise ValueError(
            f"{file.name} says @univariate true, but has series of {width} dimensions, expected one"
        )
    if _flag(file.name, header, "equallength") and min(lengths) < max(lengths):
        raise ValueError(
            f"{file.name} says @equalLength true, but has series of {min(lengths)} to "
            f"{max(lengths)} steps, expected them alike"
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
            raise ValueError(f"{file.name} says @{key} {word}, expected a whole number")
        # Of series of unequal length some files state a length of 0.
        if found != {int(word)} and (key != "serieslength" or int(word)):
            raise ValueError(
                f"{file.name} says @{key} {word}, but has series of {min(found)} to {max(found)} "
                f"{what}, expected the same"
            )


def _flag(name: str, header: dict[str, list[str]], key: str) -> bool:
    """Return whether a key of the header is true; without it, it is not."""
    if key not in header:
        return False
    word = (header[key] or [""])[0].lower()
    if word not in ("true", "false"):
        raise ValueError(f"{name} says @{key} {word or 'nothing'}, expected true or false")
    return word == "true"


def _values(fields: list[str], where: str) -> _Series:
    """Return the values of one dimension (T,)."""
    try:
        values = np.array(fields, dtype=np.float64)
    except ValueError:
        values = np.array([np.nan])
    if len(values) and np.isfinite(values).all():
        return values
    for field in fields:
        if field.strip().lower() in ("?", "nan"):
            raise ValueError(f"{where} has a missing value ({field.strip()}), expected none")
        try:
            finite = bool(np.isfinite(float(field)))
        except ValueError:
            finite = False
        if not finite:
            raise ValueError(f"{where} has {field.strip()[:40]!r}, expected a finite number")
    raise ValueError(f"{where} has no values, expected a step or more")
