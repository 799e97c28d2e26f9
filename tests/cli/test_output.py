"""What commands write: files that nobody loses, and JSON alone on standard output."""

import contextlib
import json
import shutil

import pytest
from helpers.command_line import run

from metarnn.cli import main

FIT = "fit iris --output model.npz --hidden 3 --budget 9 --cell elman --optimizer adam --quiet"
COMPARE = "compare xor --budget 9 --seeds 1 --optimizers adam --quiet"
STUDY = "datasets = ['xor']\noptimizers = ['adam', 'random_search']\nseeds = 1\nbudget = 9\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder with a model, new data, and a study that has run."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "study.toml").write_text(STUDY)
    (folder / "new.csv").write_text("0,1,2,3\n" * 3)
    with contextlib.chdir(folder):
        for words in (FIT, "study run --quiet", "study export --format parquet"):
            assert main(words.split()) == 0
    return folder


@pytest.fixture
def folder(filled, tmp_path, monkeypatch):
    """A copy of that folder, where the test is."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


#: Commands that write, the file that each would replace, and whether it replaces its own.
WRITING = [
    (FIT, "model.npz", False),
    (f"{COMPARE} --output kept", "kept/results.csv", False),
    (f"{COMPARE} --output kept", "kept/weights.npz", False),
    ("predict model.npz new.csv --output answers.csv", "answers.csv", False),
    ("study init other.toml", "other.toml", False),
    ("study export", "study.csv", False),
    ("study report", "study.html", True),
]


@pytest.mark.parametrize(("words", "file", "again"), WRITING)
def test_a_file_of_others_is_replaced_with_force_only(words, file, again, folder, capsys):
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    status, out, err = run(capsys, *words.split())
    assert (status, out) == (2, "")
    assert f"{file} exists already" in err
    assert "--force" in err
    assert path.read_text() == "mine"
    assert run(capsys, *words.split(), "--force")[0] == 0
    assert path.read_bytes() != b"mine"
    assert run(capsys, *words.split())[0] == (0 if again else 2)


def test_the_folder_of_an_export_is_never_replaced(folder, capsys):
    (folder / "study-ioh").mkdir()
    (folder / "study-ioh" / "mine.txt").write_text("mine")
    status, _, err = run(capsys, *"study export --format ioh --force".split())
    assert status == 2
    assert "study-ioh exists already" in err


#: Every command with a result, and a key of it.
RESULTS = {
    FIT: "held_out",
    "evaluate model.npz iris": "accuracy",
    "predict model.npz new.csv --proba": "prediction",
    "predict model.npz new.csv --output answers.json": "n_predictions",
    COMPARE: "summary",
    "describe": "n_weights",
    "list": "optimizers",
    "list cells": "cells",
    "list adam": "settings",
    "study init fresh.toml": "settings",
    "study tune --passes 500 --force": "tuned",
    "study run": "summary",
    "study status": "problems",
    "study export": "n_runs",
    "study places": "places",
    "study repeat --dataset xor --optimizer adam --seed 0": "equal",
    "study export --format parquet --force": "path",
    "study import": "n_missing",
    "study report": "report",
    "study check study.sqlite": "n_whole",
}


@pytest.mark.parametrize("words", RESULTS)
def test_json_stands_alone_on_standard_output(words, folder, capsys):
    status, out, err = run(capsys, *words.split(), "--json", *["--force"] * (words == FIT))
    assert status == 0, err
    found = json.loads(out)
    assert RESULTS[words] in (found[0] if isinstance(found, list) else found)


def test_every_command_has_its_json():
    from metarnn.cli import app, study
    from metarnn.cli.options import Command

    commands = [add.__self__ for add in app.COMMANDS if hasattr(add, "__self__")]
    commands += [one for one in vars(study).values() if isinstance(one, Command)]
    tried = {tuple(word for word in words.split()[:2]) for words in RESULTS}
    for one in commands:
        assert "--json" in one.options
        name = one.run.__name__.rstrip("_")
        if name == "warm":  # which compiles for minutes, and has tests of its own
            continue
        assert any(name in words for words in tried), name


def test_a_file_gets_no_progress(folder, capsys):
    words = [word for word in FIT.split() if word != "--quiet"] + ["--force"]
    status, out, err = run(capsys, *words, "--json")
    assert status == 0
    json.loads(out)
    assert err == ""
