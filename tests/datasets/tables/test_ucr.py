"""The series of the UCR archive, from the user's files."""

from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets import Dataset, load, ucr
from metarnn.datasets.tables.ucr import in_windows


def write_pair(folder: Path, rng: np.random.Generator) -> np.ndarray:
    """Write the two files of a data set of 3 and 2 series of 7 steps; return the series."""
    series = rng.normal(size=(5, 7))
    for part, rows in (("TRAIN", range(3)), ("TEST", range(3, 5))):
        lines = ["@problemName Small", "@classLabel true a b", "@data"]
        lines += [",".join(map(repr, series[i].tolist())) + ":" + "ab"[i % 2] for i in rows]
        folder.mkdir(exist_ok=True)
        (folder / f"Small_{part}.ts").write_text("\n".join(lines) + "\n")
    return series


@pytest.mark.parametrize("own_folder", [False, True])
def test_reads_the_pair_and_averages_windows(tmp_path, own_folder):
    folder = tmp_path / "Small" if own_folder else tmp_path
    series = write_pair(folder, np.random.default_rng(0))
    data = load("ucr", series="Small", data_home=tmp_path)
    assert data.name == "Small"
    assert np.array_equal(data.X[:, :, 0], series)
    assert data.test.tolist() == [False, False, False, True, True]
    means = ucr("Small", window=3, data_home=tmp_path)
    expected = [[row[:3].mean(), row[3:6].mean(), row[6]] for row in series]
    assert means.X[:, :, 0] == pytest.approx(np.array(expected))
    assert means.lengths is None


def test_windows_of_sequences_of_unequal_length_end_where_these_end():
    X = np.arange(12.0).reshape(2, 6, 1)
    data = Dataset("toy", X, np.array([0, 1]), ("a", "b"), lengths=np.array([6, 3]))
    means = in_windows(data, 2)
    assert means.lengths.tolist() == [3, 2]
    assert means.X[0, :, 0].tolist() == [0.5, 2.5, 4.5]
    assert means.X[1, :2, 0].tolist() == [6.5, 8.0]  # what lies beyond the third step is not read


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        ucr("Plane", data_home=tmp_path)
    one_sentence(error, "Plane_TRAIN.ts", str(tmp_path), "aeon")
    with pytest.raises(ValueError, match="window"):
        ucr("Plane", window=0, data_home=tmp_path)
