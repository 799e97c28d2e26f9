"""The reader that a path selects."""

from pathlib import Path

import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import FOLDER, TS, TSV, parquet, write_files

from metarnn.datasets import load_path, load_table


def test_path_finds_its_reader(tmp_path: Path) -> None:
    write_files(tmp_path, {"Toy.ts": TS, "toy.csv": "k,x\na,1\nb,2\n", "toy.tsv": "1\ta\n2\tb\n"})
    write_files(tmp_path / "folder", FOLDER)
    write_files(tmp_path / "Pair", {"Pair_TRAIN.tsv": TSV, "Pair_TEST.tsv": TSV})
    assert load_path(tmp_path / "Toy.ts").shape == (3, 3, 2)
    assert load_path(tmp_path / "toy.csv", target="k").classes == ("a", "b")
    assert load_path(str(tmp_path / "toy.tsv"), -1).classes == ("a", "b")
    assert load_path(tmp_path / "folder").shape == (3, 3, 2)
    assert load_path(tmp_path / "Pair").test is not None
    for name in ("Toy.ts", "folder", "Pair"):
        with pytest.raises(ValueError, match="expected it with a table only") as error:
            load_path(tmp_path / name, target="k")
        one_sentence(error, name)


def test_path_of_parquet(tmp_path: Path) -> None:
    parquet(k=["a", "b"], x=[1, 2])(tmp_path / "toy.parquet")
    assert load_path(tmp_path / "toy.parquet", target="k").classes == ("a", "b")


def test_the_column_to_predict_is_named(tmp_path):
    path = tmp_path / "toy.csv"
    path.write_text("x,k\n1,a\n2,b\n")
    expected = load_path(path, target="k")
    assert expected.classes == load_table(path, -1).classes == ("a", "b")
    with pytest.warns(DeprecationWarning, match="label is now target"):
        assert load_path(path, label="k").classes == expected.classes
    with pytest.raises(TypeError, match="label is the former name of target"):
        load_path(path, label="k", target="k")
    for load in load_path, load_table:
        with pytest.warns(FutureWarning, match="target is left out, and the last column of .*'k'"):
            assert load(path).classes == expected.classes
        with pytest.raises(ValueError, match="target must name the column of") as error:
            load(path, needs_target=True)
        one_sentence(error, "'x', 'k'")
