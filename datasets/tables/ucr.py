"""The series of the UCR archive, from the user's files, as means over windows if wanted."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..dataset import Dataset
from ..readers.ts import load_ts
from ..validation import check_integer
from .openml import data_folder

SOURCE = (
    "Dau, H. A. et al. (2018), The UCR Time Series Classification Archive, "
    "doi:10.1109/JAS.2019.1911747"
)


def ucr(
    series: str = "Plane", window: int = 1, data_home: str | os.PathLike[str] | None = None
) -> Dataset:
    """Load a data set of the UCR archive, from files like ``Plane_TRAIN.ts``.

    Parameters
    ----------
    series : str, default "Plane"
        Its name in the archive. The files lie in `data_home`, or in its folder of that name.
    window : int, default 1
        Each step is the mean of so many steps of the series; the last one of those that are left.
    data_home : str or path, optional
        The folder of the files; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (B, ceil(T / window), I), the archive's training part first; `test` marks the
        rest.

    Raises
    ------
    FileNotFoundError
        If the files are not there; the archive's site offers them, and aeon fetches them:
        ``aeon.datasets.load_classification("Plane", extract_path=data_home)``.
    ValueError
        If they cannot be read, or a window is not a whole number from 1 up.

    Notes
    -----
    Means over windows are the piecewise aggregate approximation of Keogh, E. et al.,
    Dimensionality reduction for fast similarity search in large time series databases,
    Knowledge and Information Systems 3 (2001) 263-286: shapes stay, runs take a fraction of the
    time, and what lasts less than a window is gone.
    """
    check_integer("window", window, least=1)
    folder = data_folder(data_home)
    places = folder / series / series, folder / series
    place = next((path for path in places if _is_there(path)), None)
    if place is None:
        raise FileNotFoundError(
            f"{series}_TRAIN.ts and {series}_TEST.ts are not in {folder}: download {series} from "
            "the UCR archive, or let aeon fetch it, load_classification"
            f"({series!r}, extract_path={str(folder)!r}); METARNN_DATA names another folder."
        )
    data = replace(load_ts(place), source=SOURCE, license="free for research, see the archive")
    return data if window == 1 else in_windows(data, window)


def in_windows(data: Dataset, window: int) -> Dataset:
    """Return sequences whose steps are the means of windows of steps, the last one of the rest.

    Parameters
    ----------
    data : Dataset
        Sequences of shape (B, T, I), with or without lengths.
    window : int
        Steps of each window.
    """
    B, T, _ = data.X.shape
    lengths = np.full(B, T) if data.lengths is None else data.lengths
    begins = np.arange(0, T, window)
    valid = np.arange(T) < lengths[:, None]
    sums = np.add.reduceat(data.X * valid[:, :, None], begins, axis=1)
    counts = np.add.reduceat(valid, begins, axis=1, dtype=int)
    means = sums / np.maximum(counts, 1)[:, :, None]
    shorter = None if data.lengths is None else -(-data.lengths // window)
    return replace(data, X=means, lengths=shorter)


def _is_there(path: Path) -> bool:
    """Whether the two files lie there, of any kind."""
    return any(path.parent.glob(f"{path.name}_TRAIN.*"))
