"""Data from standard input, as a file that every reader reads."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def on_disk(word: str) -> Iterator[str]:
    """Yield a word, or for "-" the path of a file with what comes from standard input.

    Errors name standard input, not that file, whose ending is that of its content.
    """
    if word != "-":
        yield word
        return
    data = sys.stdin.buffer.read()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"stdin{_ending(data)}"
        path.write_bytes(data)
        try:
            yield str(path)
        except (ValueError, OSError) as error:
            message = str(error)
            for name in (repr(str(path)), str(path), repr(path.name)):
                message = message.replace(name, "standard input")
            raise type(error)(message) from None


def _ending(data: bytes) -> str:
    from metarnn.datasets.readers.opening import encoding_of, unpacked

    data = unpacked(data, "standard input")
    if data.startswith(b"PAR1"):
        return ".parquet"
    text = data.decode(encoding_of(data)[0], "replace")
    if re.search(r"^@data\s*$", text, re.IGNORECASE | re.MULTILINE):
        return ".arff" if re.search("^@attribute ", text, re.IGNORECASE | re.MULTILINE) else ".ts"
    return ".tsv" if "\t" in text.partition("\n")[0] else ".csv"
