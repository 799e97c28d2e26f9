"""The arrays of a model file, none of which is read before its size is known and expected.

A file is a zip archive of arrays, as ``numpy.savez`` writes it: nothing in it is compressed, so
that an array takes as much memory as it takes of the file. All that can be known from the names and
headers of its parts is checked when it is opened; an array is read when somebody asks for it and
says what it must be.
"""

import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from numpy.typing import NDArray

from metarnn.datasets.readers.npy import Described, described, read_array

#: Sizes of axes: one number, those in a range, or any.
Axes = tuple[int | range | None, ...]

#: Bytes that the list of parts may take, about 60 for each, and the header, 4 for each letter.
DIRECTORY_BYTES = 2**20
HEADER_BYTES = 2**27

#: What zipfile raises for broken archives, in addition to ValueError.
_BROKEN = zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error


class ModelArchive:
    """The parts of a model file: ``header``, a text, and arrays by their names.

    Raises
    ------
    ValueError
        It is no such archive, or broken; the message goes on from the name of the file.
    OSError
        It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        size = path.stat().st_size
        self._file = path.open("rb")
        try:
            _check_directory(self._file, size)
            self._zip = zipfile.ZipFile(self._file)
            self.parts = self._described(size)
        except _BROKEN as error:
            self._file.close()
            raise ValueError(f"is no archive of arrays: {error}") from None
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()

    def header(self) -> str:
        """Return the text of the header."""
        part = self.parts.get("header")
        if part is None or part.dtype.kind != "U" or part.shape or part.n_bytes > HEADER_BYTES:
            raise ValueError("has no header")
        return str(self._array("header").item())

    def read(self, name: str, kinds: str, axes: Axes | None) -> NDArray[Any]:
        """Return an array, if its type is of one of some kinds and its axes are those expected."""
        part = self.parts[name]
        fits = part.dtype.kind in kinds
        if axes is not None:
            fits = fits and len(axes) == len(part.shape)
            fits = fits and all(map(_is_size, part.shape, axes))
        if not fits:
            raise ValueError(f"{name} of type {part.dtype} and shape {part.shape} is not expected")
        return self._array(name)

    def _array(self, name: str) -> NDArray[Any]:
        try:
            with self._zip.open(f"{name}.npy") as file:
                content: Any = file
                array = read_array(content, described(content, self._sizes[name]))
                if content.read(1):
                    raise ValueError("is longer than its header says")
        except _BROKEN as error:
            raise ValueError(f"{name} is broken: {error}") from None
        return array

    def _described(self, size: int) -> dict[str, Described]:
        """Return what the headers of all parts say, which are as large as the file can hold."""
        infos = self._zip.infolist()
        self._sizes = {info.filename.removesuffix(".npy"): info.file_size for info in infos}
        stored = all(
            info.compress_type == zipfile.ZIP_STORED
            and info.compress_size == info.file_size
            and info.filename.endswith(".npy")
            for info in infos
        )
        if not stored or len(self._sizes) < len(infos) or sum(self._sizes.values()) > size:
            raise ValueError("has parts that are compressed, doubled, or longer than the file")
        parts = {}
        for name, length in self._sizes.items():
            with self._zip.open(f"{name}.npy") as file:
                content: Any = file
                try:
                    parts[name] = described(content, length)
                except ValueError as error:
                    raise ValueError(f"{name} {error}") from None
        return parts


def _is_size(size: int, expected: int | range | None) -> bool:
    if isinstance(expected, range):
        return size in expected
    return expected is None or size == expected


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a list of parts that is longer than any that is expected: zipfile reads all of it."""
    file.seek(max(0, size - 98))
    tail = file.read()
    end = tail[-22:]
    if end[:4] != b"PK\x05\x06":  # which a comment would move
        raise ValueError("does not end as an archive does")
    (length,) = struct.unpack("<I", end[12:16])
    if tail[-42:-38] == b"PK\x06\x07":  # beyond 4 GB
        if tail[:4] != b"PK\x06\x06":
            raise ValueError("does not end as a large archive does")
        (length,) = struct.unpack("<Q", tail[40:48])
    if length > DIRECTORY_BYTES:
        raise ValueError("lists more parts than a model has")
