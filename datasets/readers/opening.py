"""Files as text: how every reader opens one, compressed or not, in whatever encoding."""

import bz2
import codecs
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

#: The number of a line, counted from 1, and its text.
Line = tuple[int, str]

#: Byte order marks; that of UTF-32 begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What decoding with surrogateescape puts in place of a byte that is no UTF-8; and zero, which no
# text has, but a binary file that happens to be UTF-8.
_UNDECODED = re.compile("[\0\udc80-\udcff]")


def read_text(path: Path, kind: str, encoding: str | None = None, *, strict: bool = True) -> str:
    """Read a text, all of whose lines end at a line feed alone.

    Parameters
    ----------
    path : Path
        A file, which may be compressed by gzip, bzip2, xz, zstandard or zip.
    kind : str
        What is expected of it, for errors.
    encoding : str, optional
        UTF-8, or what the file's byte order mark says, by default.
    strict : bool, default True
        False to let :func:`check_decoded` refuse other bytes later, outside of comments.

    Raises
    ------
    FileNotFoundError, ImportError, ValueError
        One sentence that names the file.
    """
    text = _decoded(read_bytes(path, kind), repr(str(path)), kind, encoding)
    if strict:
        check_decoded(text, repr(str(path)), kind)
    return text


def read_lines(
    path: Path, kind: str, encoding: str | None = None, comments: tuple[str, ...] = ()
) -> list[Line]:
    """Read the lines that are neither blank nor begin as a comment, stripped of white space.

    A comment may be in any encoding. Otherwise as :func:`read_text`.
    """
    text = _decoded(read_bytes(path, kind), repr(str(path)), kind, encoding)
    stripped = ((i, line.strip(" \r")) for i, line in enumerate(text.split("\n"), start=1))
    lines = [(i, line) for i, line in stripped if line and not line.startswith(comments)]
    for i, line in lines:
        check_decoded(line, f"line {i} of {path.name!r}", kind)
    return lines


def read_bytes(path: Path, kind: str) -> bytes:
    """Read a file's bytes, unpacked if it is compressed."""
    file = repr(str(path))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {file}, expected {kind}.") from None
    except IsADirectoryError:
        raise ValueError(f"{file} is a folder, expected {kind}.") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from None
    return unpacked(data, file)


def unpacked(data: bytes, file: str) -> bytes:
    """Return the content of a compressed file, and that of any other as it is."""
    for mark, unpack in _COMPRESSED.items():
        if re.match(mark, data):
            try:
                return unpack(data, file)
            except _BROKEN as error:
                damaged = isinstance(error, zlib.error)  # its words are about codes and bits
                why = "its compressed content is damaged" if damaged else str(error)
                raise ValueError(f"{file} cannot be unpacked: {why}.") from None
    return data


def is_compressed(data: bytes) -> bool:
    """Whether the first bytes of a file are those of a compressed one."""
    return any(re.match(mark, data) for mark in _COMPRESSED)


def unpacked_name(path: Path) -> Path:
    """Return a path without the ending of a compressed file, which hides what is in it."""
    endings = (".gz", ".bz2", ".xz", ".zst", ".zip")
    return path.with_suffix("") if path.suffix.lower() in endings else path


def encoding_of(data: bytes, given: str | None = None) -> tuple[str, int]:
    """Return the encoding of a text, and the length of its byte order mark."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding, len(mark)
    return given or "utf-8", 0


def _decoded(data: bytes, file: str, kind: str, given: str | None) -> str:
    """Return bytes as text; those that are no UTF-8 become surrogates, for a check by lines."""
    encoding, start = encoding_of(data, given)
    try:
        text = data[start:].decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
    except LookupError:
        raise ValueError(
            f"encoding is {given!r}, expected one that Python knows, such as 'latin-1' or 'utf-16'."
        ) from None
    except UnicodeError:
        raise ValueError(
            f"{file} is not text in {encoding}, expected {kind} in that encoding."
        ) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    # Line feeds end lines, and nothing else does, but for the lone carriage returns of old.
    return text if "\n" in text else text.replace("\r", "\n")


def check_decoded(text: str, where: str, kind: str) -> None:
    """Raise a ValueError if a text has bytes that are no UTF-8."""
    if _UNDECODED.search(text):
        raise ValueError(
            f"{where} is not text in UTF-8, expected {kind} in that encoding, or the name of "
            "another one, as in --encoding latin-1 (in Python encoding='latin-1')."
        )


def _unzip(data: bytes, file: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        names = [name for name in names if not name.startswith("__MACOSX/")]
        if len(names) != 1:
            raise ValueError(f"it holds {len(names)} files, expected one")
        return archive.read(names[0])


def _unzstd(data: bytes, file: str) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise ImportError(
            f"{file} needs zstandard to be read, expected it by: pip install zstandard."
        ) from None
    try:
        unpacker = zstandard.ZstdDecompressor()
        return unpacker.stream_reader(io.BytesIO(data), read_across_frames=True).read()
    except zstandard.ZstdError as error:
        raise ValueError(error) from None


# What the libraries raise at a file that is cut off or damaged.
_BROKEN: tuple[type[Exception], ...] = (
    *(OSError, EOFError, RuntimeError, ValueError),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile),
)

#: How a compressed file is unpacked, by its first bytes.
_COMPRESSED: dict[bytes, Callable[[bytes, str], bytes]] = {
    rb"\x1f\x8b": lambda data, file: gzip.decompress(data),
    rb"BZh[1-9]1AY&SY": lambda data, file: bz2.decompress(data),
    rb"\xfd7zXZ\0": lambda data, file: lzma.decompress(data),
    rb"PK\x03\x04": _unzip,
    rb"\x28\xb5\x2f\xfd": _unzstd,
}
