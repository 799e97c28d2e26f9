"""Arrays in NumPy's format, whose size is known, and compared with the file's, before it is read.

NumPy evaluates the header of such a file as an expression of Python, of any depth, and allocates
whatever shape it states. Here a header is three fields, found by their form.
"""

import math
import re
import sys
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"\x93NUMPY"
#: The longest header: that of 64 axes.
_LONGEST = 2048
_FIELDS = (
    re.compile(r"'descr' *: *'([<>|=]?[biufUS]\d{1,9})'"),
    re.compile(r"'fortran_order' *: *(True|False)"),
    re.compile(r"'shape' *: *\(((?:\d{1,18} *,? *){0,32})\)"),
)
#: Bytes that are read at a time.
_BLOCK = 2**20


class Described(NamedTuple):
    """What the header of an array says."""

    dtype: np.dtype[np.generic]  # of booleans, numbers or words
    shape: tuple[int, ...]
    is_fortran: bool

    @property
    def n_bytes(self) -> int:
        """Bytes of the array."""
        return self.dtype.itemsize * math.prod(self.shape)


def described(file: BinaryIO, size: int) -> Described:
    """Read the header of an array whose file has so many bytes.

    Raises
    ------
    ValueError
        It is no array of booleans, numbers or words, or not as large as its header says; nothing
        but the header has been read.
    """
    start = file.read(10)
    if start[:6] != _MAGIC or len(start) < 10 or start[6] not in (1, 2, 3):
        raise ValueError("is no array of NumPy")
    length = start[8:10] if start[6] == 1 else start[8:10] + file.read(2)
    n_header = int.from_bytes(length, "little")
    text = file.read(n_header).decode("latin-1") if n_header <= _LONGEST else ""
    found = [field.search(text) for field in _FIELDS]
    left = text
    for one in found:
        left = left.replace(one[0] if one else "?", "", 1)
    if not all(found) or left.strip("{}, \n"):
        raise ValueError("has no header of an array of numbers or words")
    dtype, fortran, shape = (one[1] for one in found if one)
    axes = tuple(map(int, re.findall(r"\d+", shape)))
    try:
        header = Described(np.dtype(dtype), axes, fortran == "True")
    except TypeError:
        raise ValueError(f"holds the unknown type {dtype}") from None
    n_bytes = size - 8 - len(length) - n_header
    if header.n_bytes != n_bytes:
        raise ValueError(f"has {n_bytes} bytes, but its header asks for {header.n_bytes}")
    return header


def read_array(file: BinaryIO, header: Described) -> NDArray[np.generic]:
    """Read the array whose header has been read; a ValueError if it ends too early."""
    array = np.empty(header.shape, header.dtype, order="F" if header.is_fortran else "C")
    if not header.n_bytes:
        return array
    place = array.reshape(-1, order="A").view(np.uint8).data
    for first in range(0, header.n_bytes, _BLOCK):
        part = place[first : first + _BLOCK]
        content = file.read(len(part))
        if len(content) < len(part):
            raise ValueError("ends too early")
        part[:] = content
    if header.dtype.kind == "U":
        codes = array.reshape(-1, order="A").view(f"{header.dtype.byteorder}u4")
        if codes.max() > sys.maxunicode:
            raise ValueError("holds what is no text")
    return array
