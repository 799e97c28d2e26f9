"""Files of word vectors, row by row: text and binary, checked while they are read."""

# gensim reads these files too. It is not used: it takes 58 MB, and its version 4.4 keeps all words
# where a few are wanted, reads a row "b 5" that lacks numbers as 5 5 5, and fails at words with
# spaces, which GloVe's largest file has, and at a word that occurs twice in a binary file.

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metarnn.datasets.readers.opening import encoding_of, is_compressed, read_text, unpacked
from metarnn.names import unknown

_FORMATS = ("glove", "word2vec")
_LARGEST = float(np.finfo(np.float32).max)

# A word and its vector (E,).
_Row = tuple[str, NDArray[np.float32]]


def vector_rows(
    path: str | os.PathLike[str], format: str | None, encoding: str | None = None
) -> Iterator[_Row]:
    """Yield the words and vectors of a file: one or more, of one size, finite.

    Without a format, "glove" or "word2vec", the first lines show it. A text is in UTF-8, unless
    its byte order mark or `encoding` says otherwise. If the file is malformed, a ValueError is
    raised when the reading reaches the fault.
    """
    if format is not None and format not in _FORMATS:
        raise ValueError(unknown("format", format, _FORMATS))
    file = repr(os.fspath(path))
    with _opened(Path(path), file, encoding) as data:
        start = encoding_of(data[:4])[1]
        data.seek(start)
        first = data.readline()
        counts = _counts(first)
        second, third = data.readline().split(), data.readline().split()
        one_column = _is_pair(second) and (not third or _is_pair(third))
        if format is None and counts and counts[1] > 1 and one_column:
            counts = None  # two whole numbers, but a word of GloVe and its vector
        if format == "word2vec" and not counts:
            raise ValueError(
                f"Expected two whole numbers, of words and of columns, in line 1 of {file}, "
                f"got {first[:40]!r}."
            )
        if format == "glove" or not counts:
            data.seek(start)
            yield from _text_rows(data, file)
        else:
            data.seek(start + len(first))
            rows = _text_rows if _is_text(second, counts[1]) else _binary_rows
            yield from rows(data, file, *counts)


def _opened(path: Path, file: str, encoding: str | None) -> mmap.mmap:
    """Return a file as bytes in UTF-8: read from the disk on access, if that is how they lie."""
    try:
        with path.open("rb") as opened:
            if not os.fstat(opened.fileno()).st_size:  # which cannot be mapped
                raise ValueError(f"Expected words and their vectors in {file}, which is empty.")
            data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {file}, expected word vectors.") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from None
    packed = is_compressed(data[:10])
    content = unpacked(data[:], file) if packed else data[:4]
    if encoding_of(content[:4], encoding)[0] != "utf-8":
        content = read_text(path, "word vectors", encoding).encode()
    elif not packed:
        return data
    if not content:
        raise ValueError(f"Expected words and their vectors in {file}, which is empty.")
    data.close()
    data = mmap.mmap(-1, len(content))
    data.write(content)
    data.seek(0)
    return data


def _counts(line: bytes) -> tuple[int, int] | None:
    """Return the numbers of words and columns from the first line of a word2vec file."""
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() and len(field) < 10 for field in fields):
        return None
    n_words, width = map(int, fields)
    return (n_words, width) if n_words and width else None


def _is_pair(fields: list[bytes]) -> bool:
    """Whether a line is a word and one number."""
    return len(fields) == 2 and _is_number(fields[1])


def _is_text(fields: list[bytes], width: int) -> bool:
    """Whether the first row after the counts is text: few fields of a binary row are numbers."""
    numbers = [_is_number(field) for field in fields]
    return any(numbers[-1:]) and 2 * sum(numbers) >= max(len(fields) - 1, width)


def _text_rows(
    data: mmap.mmap, file: str, n_words: int | None = None, width: int | None = None
) -> Iterator[_Row]:
    n_rows = 0
    for number, raw in enumerate(iter(data.readline, b""), 1 if n_words is None else 2):
        where = f"line {number} of {file}"
        line = _decoded(raw, where).rstrip(" \t\r\n")
        if line:
            word, vector = _split(line, width, where)
            width = vector.size
            n_rows += 1
            yield word, vector
    if n_words is not None and n_rows != n_words:
        raise ValueError(f"Expected {n_words} words in {file}, as its line 1 says, got {n_rows}.")
    if not n_rows:
        raise ValueError(f"Expected words and their vectors in {file}, got blank lines only.")


def _split(line: str, width: int | None, where: str) -> _Row:
    """Split a line into a word, which may contain spaces, and the numbers after it."""
    fields = (line.replace("\t", " ") if "\t" in line else line).split(" ")
    # The vector is the end of the line. As long as its width is unknown, the first number begins
    # it; afterwards a number before it shows that the line has too many.
    start, latest = 1, len(fields) - (width or 0)
    while start < latest and not _is_number(fields[start]):
        start += 1
    numbers = fields[start:]
    if not numbers or len(numbers) != (width or len(numbers)):
        raise ValueError(
            f"Expected {width or 'some'} numbers after the word in {where}, got {len(numbers)}."
        )
    try:
        with np.errstate(over="ignore"):
            vector = np.array([float(number) for number in numbers], np.float32)
        finite = bool(np.isfinite(vector).all())
    except ValueError:
        finite = False
    if not finite:
        wrong = next(number for number in numbers if not _is_number(number))
        raise ValueError(f"Expected finite numbers in {where}, got {wrong[:40]!r}.")
    return " ".join(fields[:start]), vector


def _binary_rows(data: mmap.mmap, file: str, n_words: int, width: int) -> Iterator[_Row]:
    at = data.tell()
    for number in range(1, n_words + 1):
        space = data.find(b" ", at)
        end = space + 1 + 4 * width
        if space < 0 or end > len(data):
            raise ValueError(
                f"Expected {n_words} words of {width} numbers in {file}, as its line 1 says, but "
                f"it ends within word {number}."
            )
        # word2vec itself ends a vector with a new line; other programs do not.
        raw = data[at:space].removeprefix(b"\n")
        vector = np.frombuffer(data[space + 1 : end], "<f4").astype(np.float32)
        where = f"word {number} of {file}"
        if min(raw, default=32) < 32 or not np.isfinite(vector).all():
            raise ValueError(
                f"Expected a word, a space and {width} finite numbers in {where}, got other bytes "
                "(perhaps from a space within a word)."
            )
        yield _decoded(raw, where), vector
        at = end
    rest = len(data) - at
    if rest > 1 or data[at:] not in (b"", b"\n"):
        raise ValueError(
            f"Expected the end of {file} after {n_words} words of {width} numbers, as its line 1 "
            f"says, got {rest} more bytes."
        )


def _decoded(raw: bytes, where: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError(
            f"Expected text in UTF-8 in {where}, got other bytes: name the encoding, as in "
            "encoding='latin-1'."
        ) from None


def _is_number(field: str | bytes) -> bool:
    """Whether a field is a number that float32 can hold."""
    try:
        return abs(float(field)) <= _LARGEST
    except ValueError:
        return False
