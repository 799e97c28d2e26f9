"""Labels in the data of predict and evaluate: columns that are left out, and codes of classes."""

import pandas as pd
import pytest
from helpers.command_line import run

from metarnn import RNNClassifier
from metarnn.datasets import load

QUICK = ("--hidden", "3", "--budget", "60", "--quiet", "--output", "model.npz")
LONG = ("--series", "id", "--order", "time")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    iris = load("iris")
    frame = pd.DataFrame(iris.X, columns=["sl", "sw", "pl", "pw"])
    frame["kind"] = [iris.classes[code] for code in iris.y]
    frame.to_csv("named.csv", index=False)
    frame.to_csv("bare.csv", index=False, header=False)
    frame.iloc[:, :4].to_csv("new.csv", index=False)
    frame.iloc[:, :4].to_csv("bare_new.csv", index=False, header=False)
    steps = [[i, t, i % 2 + t, "ab"[i % 2]] for i in range(20) for t in range(3)]
    pd.DataFrame(steps, columns=["id", "time", "x", "kind"]).to_csv("long.csv", index=False)
    return tmp_path


def fit_in_python(y):
    iris = load("iris")
    RNNClassifier(hidden=3, budget=60, random_state=0).fit(iris.X, y(iris)).save("model.npz")


@pytest.mark.parametrize(
    ("file", "new", "target", "words"),
    [
        ("named.csv", "new.csv", "kind", ()),
        ("bare.csv", "bare_new.csv", "4", ()),
        ("long.csv", None, "kind", LONG),
    ],
)
def test_the_file_of_the_fit_can_be_predicted_as_it_is(here, capsys, file, new, target, words):
    assert run(capsys, "fit", file, "--target", target, *words, *QUICK)[0] == 0
    status, out, err = run(capsys, "predict", "model.npz", file, *words)
    assert status == 0
    column = "column 4" if target == "4" else target
    assert err == f"metarnn: in {file!r} the model does not read {column!r}: left out.\n"
    # Whoever names it knows it.
    told = run(capsys, "predict", "model.npz", file, *words, "--target", target)
    assert told == (0, out, "")
    if new is not None:
        predictions = pd.read_csv(here / new, header=None if "bare" in new else 0)
        assert len(out.splitlines()) == len(predictions) + 1
        assert run(capsys, "predict", "model.npz", new) == (0, out, "")


def test_a_column_that_the_model_reads_cannot_be_left_out(here, capsys):
    assert run(capsys, "fit", "named.csv", "--target", "kind", *QUICK)[0] == 0
    status, _, err = run(capsys, "predict", "model.npz", "named.csv", "--target", "sl")
    assert status == 2
    assert err == "metarnn: --target names 'sl', which the model reads: leave it out.\n"


def test_a_model_of_arrays_reads_a_table_by_the_places_of_its_columns(here, capsys):
    fit_in_python(lambda iris: [iris.classes[code] for code in iris.y])
    status, out, err = run(capsys, "predict", "model.npz", "named.csv", "--target", "kind")
    assert (status, err) == (0, "")
    expected = RNNClassifier.load("model.npz").predict(load("iris").X)
    assert [line.split(",")[1] for line in out.splitlines()[1:]] == expected.tolist()
    assert run(capsys, "predict", "model.npz", "new.csv") == (0, out, "")
    status, _, err = run(capsys, "predict", "model.npz", "named.csv")
    assert status == 2
    assert "has 5 columns of inputs, but the model reads 4" in err
    assert err.endswith("--target COLUMN leaves one out.\n")
    status, out, err = run(capsys, "evaluate", "model.npz", "named.csv", "--target", "kind")
    assert (status, err) == (0, "")
    assert f"accuracy {(expected == pd.read_csv('named.csv')['kind']).mean():.4f}" in out


def test_codes_of_a_named_data_set_are_its_classes(here, capsys):
    fit_in_python(lambda iris: iris.y)
    iris = load("iris")
    accuracy = RNNClassifier.load("model.npz").score(iris.X, iris.y)
    status, out, err = run(capsys, "evaluate", "model.npz", "iris")
    assert (status, err) == (0, "")
    assert f"accuracy {accuracy:.4f}" in out
    # In a file the words may have another order.
    status, _, err = run(capsys, "evaluate", "model.npz", "named.csv", "--target", "kind")
    assert status == 2
    assert "has the class 'setosa'" in err
    assert "codes of classes as it seems: fit it on their names" in err


@pytest.mark.parametrize("command", ["fit", "compare", "evaluate"])
def test_the_column_to_predict_is_named_at_every_door(here, capsys, command):
    fit_in_python(lambda iris: iris.y)
    words = {"fit": ("fit", "named.csv", "--output", "m.npz"), "compare": ("compare", "named.csv")}
    words["evaluate"] = ("evaluate", "model.npz", "named.csv")
    status, out, err = run(capsys, *words[command])
    assert (status, out) == (2, "")
    assert err.startswith("metarnn: --target must name the column of ")
    assert "'kind'" in err
