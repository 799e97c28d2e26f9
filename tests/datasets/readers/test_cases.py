"""Small files that people have, written as their tools write them, and what each gives."""

import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets import load_long, load_path, load_ts, read_table
from metarnn.embeddings import read_vectors
from metarnn.sequences import from_long
from metarnn.study.toml import read_settings

CASES = Path(__file__).parent / "cases"
PLAIN = load_ts(CASES / "plain.ts")


@pytest.mark.parametrize("name", ["latin1_comment", "line_separator_comment"])
def test_comments_hurt_nobody(name: str) -> None:
    data = load_path(CASES / f"{name}.ts")
    np.testing.assert_array_equal(data.X, PLAIN.X)
    assert data.classes == PLAIN.classes == ("fast", "slow")
    assert data.y.tolist() == PLAIN.y.tolist()


def test_a_file_without_labels() -> None:
    data = load_path(CASES / "unlabelled.ts")
    np.testing.assert_array_equal(data.X, PLAIN.X)
    assert (data.classes, data.y.shape, data.targets) == ((), (0,), None)


def test_numbers_to_predict() -> None:
    data = load_path(CASES / "regression.ts")
    np.testing.assert_array_equal(data.X, PLAIN.X)
    assert data.classes == ()
    assert data.targets is not None
    assert data.targets[:3].tolist() == [1.241, 2.833, 0.849]
    assert "targets" in data.describe()


def test_missing_values() -> None:
    with pytest.raises(ValueError, match="--missing interpolate, drop or mask") as error:
        load_path(CASES / "missing.ts")
    one_sentence(error, "line 9", "missing='interpolate'")
    gaps = np.isnan(
        [
            [float(v.replace("?", "nan")) for v in line.split(":")[0].split(",")]
            for line in (CASES / "missing.ts").read_text().partition("@data\n")[2].splitlines()
        ]
    )
    assert gaps.any()
    filled = load_path(CASES / "missing.ts", missing="interpolate")
    np.testing.assert_array_equal(filled.X[~gaps], PLAIN.X[~gaps])
    assert 0 < np.abs(filled.X - PLAIN.X)[gaps].max() < 1
    dropped = load_path(CASES / "missing.ts", missing="drop")
    assert dropped.lengths is not None
    assert dropped.lengths.tolist() == (12 - gaps.sum(axis=1)).tolist()
    masked = load_path(CASES / "missing.ts", missing="mask")
    np.testing.assert_array_equal(masked.X[:, :, 1], gaps)


def test_the_archives_own_text_form() -> None:
    data = load_path(CASES / "nan_padded.tsv")
    assert data.shape == (20, 12, 1)
    assert data.classes == ("0", "1")
    assert data.lengths is not None
    assert data.lengths.tolist()[:4] == [12, 9, 6, 12]
    names = [["slow", "fast"][code] for code in data.y]
    assert names == [PLAIN.classes[code] for code in PLAIN.y]


def test_a_long_table() -> None:
    data = load_long(CASES / "long.csv")
    assert data.shape == (20, 12, 2)
    np.testing.assert_array_equal(data.X[:, :, :1], PLAIN.X)
    assert data.y.tolist() == PLAIN.y.tolist()
    assert data.ids == tuple(map(str, range(20)))
    frame = pandas.read_csv(CASES / "long.csv")
    X, y, ids = from_long(frame, series="id", order="time", target="label")
    np.testing.assert_array_equal(X, data.X)
    assert [data.classes.index(label) for label in y] == data.y.tolist()
    assert ids.tolist() == list(range(20))
    assert list(X[0].columns) == ["value", "other"]
    named = load_path(CASES / "long.csv", "label", series="id", order="time")
    np.testing.assert_array_equal(named.X, data.X)
    with pytest.warns(UserWarning, match="'id'.*--series id --order time"):
        load_path(CASES / "long.csv")


@pytest.mark.parametrize("name", ["wide_bom.csv", "wide_semicolon_comma.csv", "univariate.arff"])
def test_wide_tables(name: str) -> None:
    label = "target" if name.endswith("arff") else "label"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = load_path(CASES / name, target=label)
    np.testing.assert_array_equal(data.X[:, :, None], PLAIN.X)
    assert data.y.tolist() == PLAIN.y.tolist()
    assert sorted(read_table(CASES / name).columns)[0] in ("label", "t0")


@pytest.mark.parametrize("name", ["vectors_bom.txt", "vectors_tabs.txt"])
def test_vectors(name: str) -> None:
    tokens, vectors = read_vectors(CASES / name)
    assert tokens == ["one", "two", "three"]
    np.testing.assert_allclose(vectors, [[0.1, 0.2, 0.3], [0.2, 0.1, 0.4], [0.5, 0.2, 0.1]])


def test_the_settings_of_a_study(tmp_path: Path) -> None:
    data = (CASES / "study_bom.toml").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    path = tmp_path / "study.toml"
    path.write_bytes(data + "datasets = ['xor']  # Größe\n".encode("latin-1"))
    settings = read_settings(path)
    assert list(settings.optimizers) == ["adam", "cuckoo"]
    assert settings.budget == 300
    path.write_bytes(data + "datasets = ['größe']\n".encode("latin-1"))
    with pytest.raises(ValueError, match="is not text in UTF-8") as error:
        read_settings(path)
    one_sentence(error, "study.toml")
