"""The series of the UCR and UEA archives: ``.ts``, text and ARFF files, in pairs or alone."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..dataset import Dataset
from ..validation import Floats
from .archive import KINDS, fields_of, files_of
from .arff import parse_arff, split
from .labels import dataset_of_sequences
from .opening import read_lines, unpacked_name
from .text import is_finite_number, quoted
from .ts_header import check_series, labels_of, read_header

_GAPS = ("?", "nan")


@dataclass
class _File:
    """What a file holds: series (T_i, I), their labels and lines, and what the labels are.

    NaN is a missing value. Labels are "classes", some of which the header names, "numbers" or "".
    """

    name: str
    kind: str = "classes"
    classes: tuple[str, ...] = ()
    series: list[Floats] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, dimensions: list[Floats], label: str, line: int) -> None:
        """Add a series that has as many dimensions as the others."""
        steps = {len(one) for one in dimensions}
        if len(steps) > 1:
            raise ValueError(
                f"line {line} of {self.name} has dimensions of {min(steps)} to {max(steps)} steps, "
                "expected them equally long."
            )
        if self.series and len(dimensions) != self.series[0].shape[1]:
            raise ValueError(
                f"line {line} of {self.name} has {len(dimensions)} dimensions, expected "
                f"{self.series[0].shape[1]} as before."
            )
        self.series.append(np.column_stack(dimensions))
        self.labels.append(label)
        self.lines.append(line)


def load_ts(
    path: str | os.PathLike[str],
    *,
    missing: str | None = None,
    encoding: str | None = None,
    labeled: bool = True,
) -> Dataset:
    """Read a data set of the UCR and UEA archives.

    Parameters
    ----------
    path : str or path
        A file ``NAME.ts``, ``.tsv``, ``.txt`` or ``.arff``; or, without an ending, the common part
        of the two files ``NAME_TRAIN`` and ``NAME_TEST`` of one kind; or the folder NAME in which
        they lie. A file may be compressed by gzip, bzip2, xz, zstandard or zip.
    missing : {"interpolate", "drop", "mask"}, optional
        What becomes of missing values, ``?`` or ``NaN``, as for
        :func:`metarnn.datasets.fill_missing`; refused by default.
    encoding : str, optional
        Of the files; UTF-8, or what the byte order mark says, by default.
    labeled : bool, default True
        Whether to read the labels; without them any file can be read for predictions.

    Returns
    -------
    Dataset
        X of shape (B, T, I), with one input per dimension of a series. Series of unequal length
        have zeros after their own `lengths`. Of a pair the training part comes first and `test`
        marks the rest. The classes are those of the header and of the series, numbers by
        value, any others as text. Where the header says that the labels are numbers, they are
        the `targets`; where it says that there are none, the data set has no classes.

    Raises
    ------
    FileNotFoundError
        If there is no such file or pair.
    ValueError
        If a file is not of that form, or holds what is not supported: time stamps, or missing
        values without `missing`; the message names the line at fault.

    Notes
    -----
    In a ``.ts`` file the header's ``@timeStamps``, ``@univariate``, ``@dimensions``,
    ``@equalLength``, ``@seriesLength`` and ``@classLabel`` are checked against the series; other
    keys are skipped. In the archive's text form a line is a class and one series, separated by
    tabs or spaces. In ARFF the numbers of a row are the steps of one series, or a relational
    attribute holds one line for each dimension; the last attribute is the label. In both, missing
    values at the end of a row are padding, as in the archive of 2018. Nothing is scaled: most of
    the archives' series of one dimension already are, each by itself.
    """
    path = Path(path)
    files = [_read(file, encoding) for file in files_of(path)]
    inputs = [file.series[0].shape[1] for file in files]
    if len(set(inputs)) > 1:
        raise ValueError(
            f"{files[0].name} has {inputs[0]} dimensions and {files[1].name} has {inputs[1]}, "
            "expected the same number."
        )
    if labeled and files[0].kind != files[-1].kind:
        raise ValueError(f"{files[0].name} and {files[1].name} have labels of different kinds.")
    series = [one for file in files for one in file.series]
    labels = [label for file in files for label in file.labels]
    lines = [line for file in files for line in file.lines]
    # A class of the header counts even if no series has it.
    named = [label for file in files for label in file.classes]
    places = [f"line {line} of {file.name}" for file in files for line in file.lines]
    name = unpacked_name(path).stem if path.is_file() else path.name
    return dataset_of_sequences(
        series,
        labels=labels + named if labeled and files[0].kind else None,
        numeric=files[0].kind == "numbers",
        rows=lines + [0] * len(named),
        column=f"the label of {files[0].name}",
        place=places.__getitem__,
        missing=missing,
        name=name,
        description=f"The series of {name}.",
        source=" and ".join(file.name.strip("'") for file in files),
        test=np.arange(len(series)) >= len(files[0].series) if len(files) > 1 else None,
    )


def _read(path: Path, encoding: str | None) -> _File:
    kind = unpacked_name(path).suffix.lower()
    if kind not in KINDS:
        raise ValueError(
            f"{str(path)!r} ends in {kind!r}, expected a file of series: {', '.join(KINDS)}."
        )
    reader = {".ts": _read_ts, ".arff": _read_arff}.get(kind, _read_text)
    return reader(path, encoding)


def _read_text(path: Path, encoding: str | None) -> _File:
    name = repr(path.name)
    file = _File(name)
    for line, text in read_lines(path, "a class and a series on each line", encoding):
        label, *fields = fields_of(text)
        if not fields:
            raise ValueError(
                f"line {line} of {name} has no tab, expected a label and values separated by tabs."
            )
        values = _values(fields, f"line {line} of {name}", empty=True)
        file.add(_unpadded([values], f"line {line} of {name}"), label.strip(), line)
    if not file.series:
        raise ValueError(f"{name} is empty, expected a label and a series on each line.")
    return file


def _read_arff(path: Path, encoding: str | None) -> _File:
    arff = parse_arff(path, encoding)
    label = arff.attributes[-1]
    file = _File(repr(path.name), "numbers" if label.is_number else "classes", tuple(label.values))
    for line, (*fields, last) in zip(arff.lines, arff.rows, strict=True):
        where = f"line {line} of {file.name}"
        # In a relational attribute a line is a dimension, and a column is a step.
        at = arff.relational
        rows = [fields] if at is None else [split(row, where) for row in fields[at].split("\n")]
        file.add(_unpadded([_values(row, where) for row in rows if row != [""]], where), last, line)
    return file


def _read_ts(path: Path, encoding: str | None) -> _File:
    name = repr(path.name)
    lines = read_lines(path, "a .ts file", encoding, comments=("#", "%"))
    header, cases = read_header(name, lines)
    file = _File(name, *labels_of(name, header))
    for line, text in cases:
        where = f"line {line} of {name}"
        *dimensions, label = text.split(":") if file.kind else [*text.split(":"), ""]
        if not dimensions:
            raise ValueError(f"{where} has no ':', expected dimensions and a label between them.")
        label = label.strip()
        if file.classes and label not in file.classes:
            raise ValueError(
                f"{where} has the label {label!r}, expected one of the header: "
                f"{quoted(file.classes)}."
            )
        values = [_values(dimension.split(","), where) for dimension in dimensions]
        file.add(values, label, line)
    check_series(name, header, file.series)
    return file


def _values(fields: list[str], where: str, empty: bool = False) -> Floats:
    """Return the values of one dimension (T,), NaN where one is missing (or a field is empty)."""
    try:
        values = np.array(fields, dtype=np.float64)
    except ValueError:
        gaps = (*_GAPS, "") if empty else _GAPS
        texts = [field.strip() for field in fields]
        for text in texts:
            if text.lower() not in gaps and not is_finite_number(text):
                raise ValueError(f"{where} has {text[:40]!r}, expected a finite number.") from None
        values = np.array([np.nan if text.lower() in gaps else float(text) for text in texts])
    if np.isinf(values).any():
        text = fields[np.isinf(values).argmax()].strip()
        raise ValueError(f"{where} has {text!r}, expected a finite number.")
    return values


def _unpadded(dimensions: list[Floats], where: str) -> list[Floats]:
    """Return the dimensions of a series without the missing values at the end of all of them."""
    known = [np.flatnonzero(~np.isnan(one)) for one in dimensions]
    ends = [places[-1] + 1 for places in known if len(places)]
    if not ends:
        raise ValueError(f"{where} has no values, expected a step or more.")
    return [one[: max(ends)] for one in dimensions]
