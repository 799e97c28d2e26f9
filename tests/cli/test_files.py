"""Files of every kind at the command line: from what people have to predictions."""

import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metarnn import RNNClassifier
from metarnn.cli import main

CASES = Path(__file__).parent.parent / "datasets" / "readers" / "cases"
QUICK = "--hidden 2 --cell elman --budget 15 --quiet --test-fraction 0.2 --optimizer adam"
LONG = "--series id --order time"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return an empty folder to be in, with the case files beside."""
    monkeypatch.chdir(tmp_path)
    for path in CASES.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def run(words):
    return main(words.split())


def fit(words):
    assert run(f"fit {words} --output model.npz --force {QUICK}") == 0


def predictions(capsys, words):
    """Return the table that predict prints."""
    capsys.readouterr()
    assert run(f"predict model.npz {words}") == 0
    return pd.read_csv(io.StringIO(capsys.readouterr().out))


@pytest.mark.parametrize(
    "data",
    [
        "plain.ts",
        "latin1_comment.ts",
        "line_separator_comment.ts",
        "missing.ts --missing interpolate",
        "missing.ts --missing drop",
        "missing.ts --missing mask",
        "regression.ts",
        "nan_padded.tsv",
        f"long.csv --target label {LONG}",
        "wide_bom.csv --target label",
        "wide_semicolon_comma.csv --target label",
        "univariate.arff",
    ],
)
def test_a_model_of_each_case(here, capsys, data):
    fit(data)
    options = data.partition(" ")[2].replace("--target label", "")
    table = predictions(capsys, f"{data.split()[0]} {options}")
    assert len(table) == 20
    assert run(f"evaluate model.npz {data}") == 0
    assert run(f"predict model.npz {data.split()[0]} {options} --json --output p.json") == 0
    rows = json.loads((here / "p.json").read_text())
    found = pd.Series([row["prediction"] for row in rows])
    pd.testing.assert_series_equal(
        found.astype(table["prediction"].dtype), table["prediction"], check_names=False
    )
    assert [row[table.columns[0]] for row in rows] == table.iloc[:, 0].tolist()


def test_ids_beside_predictions(here, capsys):
    fit("plain.ts")
    assert predictions(capsys, "unlabelled.ts")["series"].tolist() == list(range(1, 21))
    fit(f"long.csv --target label {LONG}")
    assert RNNClassifier.load("model.npz").feature_names_in_.tolist() == ["value", "other"]
    assert predictions(capsys, f"long.csv {LONG}")["id"].tolist() == list(range(20))
    fit("wide_bom.csv --target label")
    assert predictions(capsys, "wide_bom.csv")["row"].tolist() == list(range(2, 22))
    table = pd.read_csv("wide_bom.csv", encoding="utf-8-sig").drop(columns="label")
    table.insert(3, "case_id", [f"c{i}" for i in range(20)])
    table.to_csv("named.csv", index=False)
    assert predictions(capsys, "named.csv")["case_id"].tolist() == table["case_id"].tolist()
    table["case_id"] = "c"  # which tells nothing apart
    table.to_csv("named.csv", index=False)
    assert list(predictions(capsys, "named.csv").columns) == ["row", "prediction"]


def test_a_folder_without_classes_is_predicted(here, capsys):
    for name, sign in (("01", 1), ("02", -1)):
        for i in range(6):
            (here / "walks" / name).mkdir(parents=True, exist_ok=True)
            np.savetxt(here / "walks" / name / f"{i}.csv", sign * np.arange(3 + i)[:, None])
    fit("walks")
    shutil.copytree("walks/02", "new")
    table = predictions(capsys, "new")
    assert table["file"].tolist() == [f"{i}.csv" for i in range(6)]
    assert set(table["prediction"].astype(str)) <= {"1", "2"}  # as pandas reads 01 and 02
    assert RNNClassifier.load("model.npz").classes_.tolist() == ["01", "02"]
    assert predictions(capsys, "walks")["file"][0] == "01/0.csv"
    capsys.readouterr()
    assert run("evaluate model.npz new") == 2
    assert "no labels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "options"),
    [("plain.ts", ""), ("wide_bom.csv", "--target label"), ("univariate.arff", "")],
)
def test_standard_input(here, capsys, monkeypatch, data, options):
    fit(f"{data} {options}")
    expected = predictions(capsys, data)
    content = (here / data).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    pd.testing.assert_frame_equal(predictions(capsys, "-"), expected)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1\n")))
    assert run("predict model.npz -") == 2
    told = capsys.readouterr().err
    assert "standard input" in told
    assert "stdin" not in told


def test_compare_reads_standard_input(here, capsys, monkeypatch):
    content = (here / "plain.ts").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert run("compare - --optimizers adam --budget 6 --seeds 1 --hidden 2 --quiet") == 0
    assert "20 sequences of 12 steps of 1 input" in capsys.readouterr().out


def test_a_mask_is_remembered_by_the_names_of_columns(here, capsys):
    table = pd.read_csv("wide_bom.csv", encoding="utf-8-sig")
    table.loc[::4, "t3"] = np.nan
    table.to_csv("gaps.csv", index=False)
    fit("gaps.csv --target label --missing mask")
    expected = predictions(capsys, "gaps.csv --missing mask")["prediction"].tolist()
    assert predictions(capsys, "gaps.csv")["prediction"].tolist() == expected
    fit("gaps.csv --target label --missing drop")
    dropped = predictions(capsys, "gaps.csv --missing drop")
    assert dropped["row"].tolist() == [i + 2 for i in range(20) if i % 4]


def test_the_split_is_by_series(here, capsys):
    capsys.readouterr()
    assert run(f"fit long.csv --target label {LONG} --output m.npz --json {QUICK}") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_sequences"], found["held_out"]["n_sequences"]) == (16, 4)


def test_rows_of_series_get_a_warning(here, capsys):
    fit("long.csv --target label")
    told = capsys.readouterr().err
    assert "Column 'id'" in told
    assert "--series id --order time" in told


def test_compare_reads_what_fit_reads(here, capsys):
    words = "--optimizers adam --budget 6 --seeds 1 --hidden 2 --quiet"
    (here / "gaps.csv").write_text("a,b,c,d,kind\n" + "1,?,2,4,x\n3,1,2,5,y\n" * 3)
    for data, shape in (
        (f"long.csv --target label {LONG}", "20 sequences of 12 steps of 2 inputs"),
        ("missing.ts --missing mask", "20 sequences of 12 steps of 2 inputs"),
        ("nan_padded.tsv", "20 sequences of 6 to 12 steps of 1 input"),
        (
            "gaps.csv --target kind --missing interpolate --timesteps 4",
            "6 sequences of 4 steps of 1 input",
        ),
    ):
        assert run(f"compare {data} {words}") == 0
        assert shape in capsys.readouterr().out


MISTAKES = [
    ("fit unlabelled.ts --output m.npz", "has no labels"),
    ("evaluate model.npz unlabelled.ts", "has no labels"),
    ("compare unlabelled.ts", "unlabelled has no labels"),
    ("compare regression.ts", "regression has no classes but numbers to predict"),
    ("fit regression.ts --classification --output m.npz", "says that its targets are numbers"),
    ("evaluate model.npz regression.ts", "has numbers to predict, but model.npz predicts classes"),
    ("fit missing.ts --output m.npz", "--missing interpolate, drop or mask"),
    ("predict model.npz missing.ts", "--missing interpolate, drop or mask"),
    ("fit missing.ts --missing zero --output m.npz", "--missing"),
    ("predict model.npz long.csv", "give --series COLUMN and --order COLUMN"),
    ("fit long.csv --target label --order time --output m.npz", "--series must name"),
    ("fit long.csv --series id --output m.npz", "--target must name the column of long.csv"),
    ("fit long.csv --target label --series who --output m.npz", "column 'who' of 'long.csv'"),
    ("fit plain.ts --series id --output m.npz", "expected it with a table only"),
    ("fit iris --series id --output m.npz", "--series is for files"),
    ("fit latin.csv --target k --output m.npz", "--encoding latin-1"),
    ("fit plain.ts --encoding utf-9 --output m.npz", "encoding is 'utf-9'"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_mistakes_get_one_sentence(here, capsys, words, message):
    (here / "latin.csv").write_bytes("x,k\n1,süß\n2,sauer\n".encode("latin-1"))
    if "model.npz" in words:
        fit("plain.ts")
    capsys.readouterr()
    try:
        status = run(words)
    except SystemExit as end:  # of the parser
        status = end.code
    told = capsys.readouterr().err
    assert status == 2
    assert len(told.strip().splitlines()) == 1, told
    assert message in told


def test_an_unmarked_mask_is_a_hint(here, capsys):
    fit("missing.ts --missing mask")
    capsys.readouterr()
    assert run("predict model.npz plain.ts") == 2
    assert "trained with --missing mask" in capsys.readouterr().err
    assert len(predictions(capsys, "plain.ts --missing mask")) == 20


def test_another_encoding(here, capsys):
    rows = "".join(f"{i},{'süß' if i % 2 else 'sauer'}\n" for i in range(20))
    (here / "latin.csv").write_bytes(f"größe,k\n{rows}".encode("latin-1"))
    fit("latin.csv --target k --encoding latin-1")
    assert RNNClassifier.load("model.npz").feature_names_in_.tolist() == ["größe"]
    assert len(predictions(capsys, "latin.csv --encoding latin-1")) == 20
