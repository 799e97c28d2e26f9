"""Folders with one file per sequence."""

from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import FOLDER, Files, labels, sequences, write_files

from metarnn.datasets import (
    load_folder,
)


def test_folder_of_sub_folders(tmp_path: Path) -> None:
    write_files(tmp_path / "toy", FOLDER)
    data = load_folder(tmp_path / "toy")
    assert sequences(data) == [[[7, 8], [9, 10], [11, 12]], [[5, 6]], [[1, 2], [3, 4]]]
    assert labels(data) == ["no", "yes", "yes"]
    assert (data.name, data.source) == ("toy", "toy")


@pytest.mark.parametrize("header", ["", "file,label\n"])
def test_folder_with_a_table_of_labels(tmp_path: Path, header: str) -> None:
    write_files(
        tmp_path, {**FOLDER, "labels.csv": header + "yes/2.csv,3\nno/1.csv,20\nyes/1.npy,3\n"}
    )
    data = load_folder(str(tmp_path))
    assert sequences(data) == [[[1, 2], [3, 4]], [[7, 8], [9, 10], [11, 12]], [[5, 6]]]
    assert data.classes == ("3", "20")
    assert labels(data) == ["3", "20", "3"]


def test_folder_of_one_input_and_one_length(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/1.npy": np.array([1.5, 2.5], np.float32), "b/1.csv": "3\n4\n"})
    data = load_folder(tmp_path)
    assert data.lengths is None
    assert sequences(data) == [[[1.5], [2.5]], [[3], [4]]]


def test_classes_have_the_very_names_of_their_folders(tmp_path: Path) -> None:
    for name in ("10", "02", "1.0", "1", "2.5"):
        write_files(tmp_path, {f"{name}/a.csv": "1\n2\n"})
    data = load_folder(tmp_path)
    assert data.classes == ("1", "1.0", "02", "2.5", "10")
    assert data.ids == tuple(f"{data.classes[code]}/a.csv" for code in data.y)


def test_a_folder_without_classes(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.csv": "1\n2\n", "a.npy": np.array([3.0]), ".x": ""})
    data = load_folder(tmp_path)
    assert (data.classes, data.ids) == ((), ("a.npy", "b.csv"))
    assert sequences(data) == [[[3]], [[1], [2]]]


def test_for_predictions_labels_are_not_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"one/a.csv": "1\n2\n"})
    with pytest.raises(ValueError, match="one class"):
        load_folder(tmp_path)
    assert load_folder(tmp_path, labeled=False).ids == ("one/a.csv",)


def test_missing_values_of_recordings(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/1.csv": "1,2\nNA,4\n", "b/1.npy": np.array([[1.0, np.nan], [3, 4]])})
    for file in ("a", "b"):
        with pytest.raises(ValueError, match="--missing") as error:
            load_folder(tmp_path)
        one_sentence(error, f"{file}")
        write_files(tmp_path, {"a/1.csv": "1,2\n1,4\n"} if file == "a" else {})
    write_files(tmp_path, {"a/1.csv": "1,2\nNA,4\n"})
    data = load_folder(tmp_path, missing="interpolate")
    assert sequences(data) == [[[1, 2], [1, 4]], [[1, 4], [3, 4]]]


BROKEN_FOLDERS: list[tuple[Files, list[str]]] = [
    ({"x/": ""}, ["no file in it"]),
    ({".x": ""}, ["nothing in it", "sub-folder"]),
    ({"a/1.csv": "1\n2", "1.csv": "1\n"}, ["'1.csv'", "sub-folder for each class"]),
    ({"a/1.csv": "1\n", "a/2.csv": "1\n"}, ["one class", "'a'"]),
    ({"a/1.csv": "1\n", "b/1.txt": "1\n"}, ["1.txt", "no .csv or .npy"]),
    ({"a/1.csv": "1\n", "b/c/1.csv": "1\n"}, ["no .csv or .npy"]),
    ({"a/1.csv": "1\n", "b/1.csv": ""}, ["1.csv", "is empty"]),
    ({"a/1.csv": "1\n", "b/1.csv": "x\n"}, ["1.csv", "header"]),
    ({"a/1.csv": "1\n", "b/1.csv": "1,2\n"}, ["2 inputs", "expected 1"]),
    ({"a/1.csv": "1\n", "b/1.csv": "1\n?\n"}, ["row 2", "'?'"]),
    ({"a/1.csv": "1,2\n", "b/1.csv": "1,2\n3\n"}, ["row 2", "1 fields"]),
    ({"a/1.csv": "1\n", "b/1.csv": b"\xff\xfd"}, ["not text in UTF-8"]),
    ({"a/1.csv": "1\n", "b/1.npy": b"no array"}, ["1.npy", "cannot be read"]),
    ({"a/1.csv": "1\n", "b/1.npy": b""}, ["1.npy", "cannot be read"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.array([None])}, ["1.npy", "cannot be read"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.array(["x"])}, ["type <U1"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.zeros((0, 1))}, ["shape (0, 1)"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.zeros((1, 1, 1))}, ["shape (1, 1, 1)"]),
    ({"a/1.csv": "1\n", "b/1.npy": np.array([np.nan])}, ["1.npy", "missing value in step 0"]),
    ({"labels.csv": ""}, ["labels.csv", "is empty"]),
    ({"labels.csv": "file,label\n"}, ["names no file"]),
    ({"labels.csv": "1.csv,a,b\n", "1.csv": "1\n"}, ["3 columns"]),
    ({"labels.csv": "1.csv,a\n2.csv,b\n", "1.csv": "1\n"}, ["row 2", "'2.csv'"]),
    ({"labels.csv": "1.csv,a\n1.csv,b\n", "1.csv": "1\n"}, ["1.csv' twice"]),
    ({"labels.csv": "1.csv,a\n", "1.csv": "1\n", "2.csv": "1\n"}, ["2.csv", "does not name"]),
    ({"labels.csv": "1.csv,a\n2.csv,\n", "1.csv": "1\n", "2.csv": "1\n"}, ["no value in row 2"]),
    ({"labels.csv": "1.csv,a\n2.csv,a\n", "1.csv": "1\n", "2.csv": "1\n"}, ["one class"]),
]


@pytest.mark.parametrize(("files", "parts"), BROKEN_FOLDERS)
def test_folder_says_what_is_wrong(tmp_path: Path, files: Files, parts: list[str]) -> None:
    write_files(tmp_path / "toy", files)
    with pytest.raises((ValueError, FileNotFoundError), match="toy") as error:
        load_folder(tmp_path / "toy")
    one_sentence(error, *parts)


def test_folder_that_is_none(tmp_path: Path) -> None:
    write_files(tmp_path, {"toy": ""})
    for name, part in (("toy", "is a file"), ("other", "is not there")):
        with pytest.raises(FileNotFoundError, match="expected a folder") as error:
            load_folder(tmp_path / name)
        one_sentence(error, part)
