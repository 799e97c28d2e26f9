"""The series of the UCR and UEA archives: ``.ts`` and ``.tsv`` files, in pairs or alone."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..dataset import Dataset
from ..validation import Floats
from .labels import labeled_sequences
from .text import is_finite_number, quoted, read_text
from .ts_header import Line, check_series, classes_of, read_header


@dataclass
class _File:
    """What a file holds: the classes of its header; series (T_i, I), their labels and lines."""

    name: str
    classes: tuple[str, ...] = ()
    series: list[Floats] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, series: Floats, label: str, line: int) -> None:
        """Add a series that has as many dimensions as the others."""
        if self.series and series.shape[1] != self.series[0].shape[1]:
            raise ValueError(
                f"line {line} of {self.name} has {series.shape[1]} dimensions, expected "
                f"{self.series[0].shape[1]} as before."
            )
        self.series.append(series)
        self.labels.append(label)
        self.lines.append(line)


def load_ts(path: str | os.PathLike[str]) -> Dataset:
    """Read a data set of the UCR and UEA archives.

    Parameters
    ----------
    path : str or path
        A file ``NAME.ts`` or ``NAME.tsv``; or, without an ending, the common part of the two
        files ``NAME_TRAIN`` and ``NAME_TEST`` of either kind; or the folder NAME in which they
        lie.

    Returns
    -------
    Dataset
        X of shape (B, T, I), with one input per dimension of a series. Series of unequal length
        have zeros after their own `lengths`. Of a pair the training part comes first and `test`
        marks the rest. The classes are those of the header and of the series, numbers by
        value, any others as text.

    Raises
    ------
    FileNotFoundError
        If there is no such file or pair.
    ValueError
        If a file is not of that form, or holds what is not supported: time stamps, missing
        values, or numeric targets; the message names the line at fault.

    Notes
    -----
    In a ``.ts`` file the header's ``@timeStamps``, ``@univariate``, ``@dimensions``,
    ``@equalLength``, ``@seriesLength`` and ``@classLabel`` are checked against the series; other
    keys are skipped. In a ``.tsv`` file a line is a label and one series, separated by
    tabs, and NaN at the end of a line is padding, as in the archive of 2018. Nothing is
    scaled: most of the archives' series of one dimension already are, each by itself.
    """
    path = Path(path)
    files = [_read(file) for file in _files(path)]
    inputs = [file.series[0].shape[1] for file in files]
    if len(set(inputs)) > 1:
        raise ValueError(
            f"{files[0].name} has {inputs[0]} dimensions and {files[1].name} has {inputs[1]}, "
            "expected the same number."
        )
    series = [one for file in files for one in file.series]
    labels = [label for file in files for label in file.labels]
    lines = [line for file in files for line in file.lines]
    # A class of the header counts even if no series has it.
    named = [label for file in files for label in file.classes]
    test = np.arange(len(series)) >= len(files[0].series) if len(files) > 1 else None
    name = path.stem if path.is_file() else path.name
    return labeled_sequences(
        series,
        labels + named,
        lines + [0] * len(named),
        f"the label of {files[0].name}",
        name=name,
        description=f"The series of {name}.",
        source=" and ".join(file.name.strip("'") for file in files),
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
                "path of the one file."
            )
    raise FileNotFoundError(
        f"there is no file {str(path)!r} and no pair {base.name}_TRAIN and {base.name}_TEST, "
        "expected .ts or .tsv files."
    )


def _read(path: Path) -> _File:
    kind = path.suffix.lower()
    if kind not in (".ts", ".tsv"):
        raise ValueError(f"{str(path)!r} ends in {kind!r}, expected a .ts or .tsv file.")
    lines = enumerate(read_text(path, f"a {kind} file").splitlines(), start=1)
    filled = [(i, text) for i, line in lines if (text := line.strip("\r\n "))]
    return (_read_ts if kind == ".ts" else _read_tsv)(repr(path.name), filled)


def _read_tsv(name: str, lines: list[Line]) -> _File:
    file = _File(name)
    for line, text in lines:
        label, *fields = text.split("\t")
        if not fields:
            raise ValueError(
                f"line {line} of {name} has no tab, expected a label and values separated by tabs."
            )
        while fields and fields[-1].strip().lower() in ("nan", ""):
            fields.pop()
        values = _values(fields, f"line {line} of {name}")
        file.add(values[:, np.newaxis], label.strip(), line)
    if not file.series:
        raise ValueError(f"{name} is empty, expected a label and a series on each line.")
    return file


def _read_ts(name: str, lines: list[Line]) -> _File:
    header, cases = read_header(name, lines)
    file = _File(name, classes_of(name, header))
    for line, text in cases:
        where = f"line {line} of {name}"
        *dimensions, label = text.split(":")
        if not dimensions:
            raise ValueError(f"{where} has no ':', expected dimensions and a label between them.")
        values = [_values(dimension.split(","), where) for dimension in dimensions]
        steps = {len(one) for one in values}
        if len(steps) > 1:
            raise ValueError(
                f"{where} has dimensions of {min(steps)} to {max(steps)} steps, expected them "
                "equally long."
            )
        label = label.strip()
        if file.classes and label not in file.classes:
            raise ValueError(
                f"{where} has the label {label!r}, expected one of the header: "
                f"{quoted(file.classes)}."
            )
        file.add(np.column_stack(values), label, line)
    check_series(name, header, file.series)
    return file


def _values(fields: list[str], where: str) -> Floats:
    """Return the values of one dimension (T,)."""
    try:
        values = np.array(fields, dtype=np.float64)
    except ValueError:
        values = np.array([np.nan])
    if len(values) and np.isfinite(values).all():
        return values
    for text in map(str.strip, fields):
        if text.lower() in ("?", "nan"):
            raise ValueError(f"{where} has a missing value ({text}), expected none.")
        if not is_finite_number(text):
            raise ValueError(f"{where} has {text[:40]!r}, expected a finite number.")
    raise ValueError(f"{where} has no values, expected a step or more.")
