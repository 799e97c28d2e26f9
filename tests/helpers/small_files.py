"""Small files of each kind that the readers of data sets read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest

from metarnn.datasets import Dataset

Files = dict[str, "str | bytes | np.ndarray"]


def write_files(folder: Path, files: Files) -> None:
    """Write files by their paths below a folder; a name that ends in / is a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif isinstance(content, np.ndarray):
            np.save(path, content, allow_pickle=True)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)


def sequences(data: Dataset) -> list[list[list[float]]]:
    """Return each sequence up to its own length, checked to be 0 after it."""
    assert data.X.ndim == 3
    lengths = [data.shape[1]] * len(data.X) if data.lengths is None else data.lengths
    for x, length in zip(data.X, lengths, strict=True):
        assert not x[length:].any()
    return [x[:length].tolist() for x, length in zip(data.X, lengths, strict=True)]


def labels(data: Dataset) -> list[str]:
    return [data.classes[label] for label in data.y]


def parquet(**columns: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        pytest.importorskip("pyarrow")
        pandas.DataFrame(columns).to_parquet(path)

    return write


HEADER = """# A comment.
@problemName Toy
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true b a c
@data
"""
TS = HEADER + "1,2,3:4,5,6:a\n\n7,8:9,10.5:b\n-1e2 : +2 : a\n"

TSV = "1\t0.5\t1.5\n-1\t2.5\tNaN\n1\t3\t4\n"

FOLDER: Files = {
    "yes/2.csv": "x,z\n1,2\n3,4\n",
    "yes/1.npy": np.array([[5, 6]]),
    "no/1.csv": "7;8\n9;10\n11;12\n",
    ".hidden/x.txt": "",
    "no/.hidden": "",
}
