"""metarnn fit, predict and evaluate: from a file to answers."""

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from metarnn import RNNClassifier
from metarnn.cli import main
from metarnn.datasets import load

QUICK = "--hidden 4 --budget 300 --quiet"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    iris = load("iris")
    frame = pd.DataFrame(iris.X, columns=["sl", "sw", "pl", "pw"])
    frame["kind"] = [iris.classes[code] for code in iris.y]
    frame.to_csv("iris.csv", index=False)
    frame.drop(columns=["kind"]).to_csv("new.csv", index=False)
    return tmp_path


def run(words):
    return main(words.split())


def test_from_a_table_to_answers(here, capsys):
    assert run("fit iris.csv --target kind --output model.npz --budget 2000 --quiet") == 0
    told = capsys.readouterr().out
    assert "lstm network of 16 units" in told
    assert "on 45 sequences held out" in told
    accuracy = float(told.split("accuracy ")[1].split()[0])
    assert accuracy >= 0.9
    assert run("predict model.npz new.csv --proba --output answers.csv") == 0
    answers = pd.read_csv("answers.csv")
    assert list(answers.columns) == [
        "row",
        "prediction",
        "p(setosa)",
        "p(versicolor)",
        "p(virginica)",
    ]
    right = pd.read_csv("iris.csv")["kind"]
    assert (answers["prediction"] == right).mean() > 0.9
    model = RNNClassifier.load("model.npz")
    np.testing.assert_array_equal(answers["prediction"], model.predict(pd.read_csv("new.csv")))
    capsys.readouterr()
    assert run("evaluate model.npz iris.csv --target kind") == 0
    told = capsys.readouterr().out
    share = float(told.split("accuracy ")[1].split()[0])
    assert share == pytest.approx((answers["prediction"] == right).mean(), abs=1e-4)
    assert "setosa" in told
    assert max(map(len, told.splitlines())) <= 80


def test_columns_are_found_by_name(here, capsys):
    run(f"fit iris.csv --target kind --output model.npz {QUICK}")
    frame = pd.read_csv("new.csv")
    frame["id"] = "x"
    frame[["pw", "id", "sl", "pl", "sw"]].to_csv("turned.csv", index=False)
    capsys.readouterr()
    run("predict model.npz new.csv")
    straight = capsys.readouterr().out
    run("predict model.npz turned.csv")
    assert capsys.readouterr().out == straight


def test_numbers(here, capsys):
    assert run(f"fit new.csv --target pw --output m.npz --regression --budget 2000 {QUICK}") == 0
    assert float(capsys.readouterr().out.split("R^2 ")[1].split()[0]) > 0.8
    assert run("evaluate m.npz new.csv --target pw") == 0
    assert "root mean squared error" in capsys.readouterr().out
    assert run("predict m.npz new.csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 151


@pytest.mark.parametrize("model", ["network", "recurrent_features:n_features=20,hidden=4"])
def test_evaluate_takes_the_target_that_fit_took(here, capsys, model):
    words = "fit iris.csv --target -1 --output model.npz --model"
    assert run(f"{words} {model} {QUICK * (model == 'network')}") == 0
    capsys.readouterr()
    assert run("evaluate model.npz iris.csv") == 0
    told = capsys.readouterr().out
    assert run("evaluate model.npz iris.csv --target kind") == 0
    assert capsys.readouterr().out == told
    # Another column may hold the same classes.
    frame = pd.read_csv("iris.csv").rename(columns={"kind": "sort"})
    frame.to_csv("sort.csv", index=False)
    assert run("evaluate model.npz sort.csv --target sort") == 0
    assert capsys.readouterr().out == told


def test_a_readout_is_solved(here, capsys):
    words = f"fit iris.csv --target kind --output model.npz --solve leave_one_out {QUICK}"
    assert run(f"{words} --optimizer cuckoo") == 0
    assert "readout" not in capsys.readouterr().err
    assert RNNClassifier.load("model.npz").solve == "leave_one_out"


def test_random_features_and_a_readout(here, capsys):
    model = "recurrent_features:n_features=200,hidden=4"
    assert run(f"fit iris.csv --target kind --output model.npz --model {model}") == 0
    told = capsys.readouterr().out
    assert "leaky networks of 4 units, " in told
    assert " features, 105 sequences" in told
    assert "passes, a network each; accuracy 0.9" in told
    assert run("predict model.npz new.csv") == 0
    right = pd.read_csv("iris.csv")["kind"]
    answers = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert (answers["prediction"] == right).mean() > 0.9
    assert run("evaluate model.npz iris.csv --target kind --json") == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] > 0.9
    assert (
        run("fit new.csv --target sl --regression --output sl.npz --model recurrent_features") == 0
    )
    assert "passes, a network each; R^2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("recurrent_feature", "did you mean 'recurrent_features'"),
        ("recurrent_features:n_feature=3", "did you mean 'n_features'"),
        ("recurrent_features:random_state=3", "set by the options"),
        ("recurrent_features --cell gru", "--cell is for what is trained"),
        ("recurrent_features --optimizer rprop", "--optimizer is for what is trained"),
        ("recurrent_features --no-scale", "--no-scale is for what is trained"),
        ("recurrent_features:scales=3", "scales must be two numbers"),
        ("network:hidden=3", "such as --hidden"),
        ("network:foo=1", "no settings after a colon, got 'foo'"),
    ],
)
def test_models_that_are_none(here, words, message, capsys):
    assert run(f"fit iris.csv --target kind --output model.npz --model {words}") != 0
    assert message in capsys.readouterr().err


def test_of_how_many_networks_a_model_is_the_average_is_said(here, capsys):
    words = f"fit iris.csv --target kind {QUICK}"
    assert run(f"{words} --output five.npz") == 0
    assert "\nthe model is the average of 5 such networks\n" in capsys.readouterr().out
    assert run("evaluate five.npz iris.csv --target kind") == 0
    assert "\nthe model is the average of 5 such networks\n" in capsys.readouterr().out
    assert run(f"{words} --output one.npz --early-stopping") == 0
    assert "average" not in capsys.readouterr().out


def test_help_marks_the_output_as_required(capsys):
    with pytest.raises(SystemExit):
        run("fit --help")
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("usage: metarnn fit data --output PATH [options] ")
    assert "model.npz (required)" in out
    assert "average of five networks" in out


def test_json(here, capsys):
    words = "--optimizer rprop:n_starts=2 --loss mse --threads 1 --seed 3 --json"
    assert run(f"fit iris.csv --target kind --output m.npz {QUICK} {words}") == 0
    found = json.loads(capsys.readouterr().out)
    model = RNNClassifier.load("m.npz")
    assert (model.optimizer.n_starts, model.loss, model.n_threads) == (2, "mse", 1)
    assert found["n_weights"] == len(model.weights_)
    assert found["n_networks"] == len(model.members_) == 5
    assert found["n_sequences"] + found["held_out"]["n_sequences"] == 150
    assert run("evaluate m.npz iris.csv --target kind --json") == 0
    found = json.loads(capsys.readouterr().out)
    frame = pd.read_csv("new.csv")
    right = model.predict(frame) == pd.read_csv("iris.csv")["kind"]
    assert found["accuracy"] == pytest.approx(right.mean())
    assert np.trace(found["confusion_matrix"]) == right.sum()
    assert run("predict m.npz new.csv --proba --threads all --json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["prediction"] for row in rows] == model.predict(frame).tolist()
    assert rows[0]["p(setosa)"] == pytest.approx(model.predict_proba(frame)[0, 0], abs=1e-6)
    assert run("predict m.npz new.csv --json --output predictions.json") == 0
    assert len(pd.read_json("predictions.json")) == 150


def test_a_data_set_by_name(here, capsys):
    assert run(f"fit latch:n_steps=6,seed=1 --output m.npz {QUICK}") == 0
    assert "sequences held out" in capsys.readouterr().out
    assert run("evaluate m.npz latch:n_steps=6,seed=2") == 0
    assert "accuracy" in capsys.readouterr().out


def test_a_test_part_of_the_source_is_held_out(here, capsys):
    for part, n in (("TRAIN", 20), ("TEST", 7)):
        rows = [f"{i % 2}\t{i % 2}\t{i}\t1" for i in range(n)]
        (here / "Waves").mkdir(exist_ok=True)
        (here / "Waves" / f"Waves_{part}.tsv").write_text("\n".join(rows))
    assert run(f"fit Waves --output m.npz {QUICK} --json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_sequences"], found["held_out"]["n_sequences"]) == (20, 7)


@pytest.mark.parametrize("ending", ["parquet", "txt"])
def test_other_tables(here, ending, capsys):
    frame = pd.read_csv("iris.csv")
    if ending == "parquet":
        pytest.importorskip("pyarrow")
        frame.to_parquet("iris.parquet")
    else:
        frame.to_csv("iris.txt", sep=";", index=False)
    for target in ("kind", "4", "-1"):
        assert run(f"fit iris.{ending} --target {target} --output m{target}.npz {QUICK}") == 0
    capsys.readouterr()
    outputs = []
    for target in ("kind", "4", "-1"):
        run(f"predict m{target}.npz iris.{ending}")
        outputs.append(capsys.readouterr().out)
    assert len(set(outputs)) == 1


@pytest.mark.parametrize("names", ["", "0,1,2\n"])
def test_columns_without_names_or_with_numbers(here, names, capsys):
    rng = np.random.default_rng(0)
    rows = "".join(f"{a:.3f},{b:.3f},{int(a > b)}\n" for a, b in rng.normal(size=(40, 2)))
    (here / "plain.csv").write_text((names and "0,1,kind\n") + rows)
    assert run(f"fit plain.csv --target 2 --output m.npz {QUICK}") == 0
    assert run("evaluate m.npz plain.csv --target 2") == 0
    (here / "new.csv").write_text((names and "0,1\n") + "1.0,0.5\n0.5,1.0\n")
    capsys.readouterr()
    assert run("predict m.npz new.csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_folder_of_recordings(here, capsys):
    rng = np.random.default_rng(0)
    for name, sign in (("up", 1), ("down", -1)):
        (here / "walks" / name).mkdir(parents=True)
        for i in range(12):
            steps = sign * np.arange(rng.integers(4, 9)) + rng.normal(size=1)
            np.savetxt(here / "walks" / name / f"{i}.csv", steps[:, None], delimiter=",")
    assert run("fit walks --output m.npz --budget 1500 --quiet") == 0
    assert run("evaluate m.npz walks") == 0
    told = capsys.readouterr().out
    assert float(told.split("accuracy ")[-1].split()[0]) > 0.9
    assert run("predict m.npz walks") == 0


def test_a_reader_that_has_enough_is_no_mistake(here):
    run(f"fit iris.csv --target kind --output m.npz {QUICK}")
    pd.concat([pd.read_csv("new.csv")] * 100).to_csv("many.csv", index=False)
    command = [sys.executable, "-m", "metarnn", "predict", "m.npz", "many.csv"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert b"Error" not in process.stderr.read()  # it may say that it compiles
    process.stderr.close()
    assert process.wait() == 0


MISTAKES = [
    (
        "fit no.csv --target kind --output m.npz",
        "here is no file 'no.csv'",
    ),
    ("fit iris.csv --output m.npz", "--target must name the column of iris.csv"),
    # Names and classes of data that are also words of options stay as they are.
    ("fit label.csv --output m.npz", "of label.csv to predict: 'a', 'label', 'loss'."),
    ("evaluate model.npz seed.csv --target kind", "the class 'cell', but the model knows '"),
    ("fit iris.csv --target sort --output m.npz", "'sort' of 'iris.csv' is not there"),
    ("fit new.csv --target pw --output m.npz", "such as 0.1, 0.2: --regression predicts"),
    (
        "fit iris.csv --target sl --output m.npz --regression",
        "'kind' of 'iris.csv' has 'setosa'",
    ),
    ("fit words.csv --target a --output m.npz --regression", "holds words"),
    ("fit empty.csv --target a --output m.npz", "'empty.csv' is empty"),
    ("fit header.csv --target a --output m.npz", "'header.csv' holds a header and nothing else"),
    ("fit gap.csv --target y --output m.npz", "column 'a' of 'gap.csv' has '' in row 3"),
    ("fit untold.csv --target y --output m.npz", "Column 'y' of untold.csv has no value in row 3"),
    ("fit twice.csv --target y --output m.npz", "more than one column 'a'"),
    ("fit alone.csv --target y --output m.npz", "has no column but the target"),
    ("fit noise.bin --output m.npz", "noise.bin"),
    ("fit iris.csv --target kind", "--output must name the file"),
    ("fit iris.csv --target kind --output no/m.npz", "cannot be written"),
    (
        "fit iris.csv --target kind --output m.npz --cell lstn",
        "unknown --cell 'lstn' (did you mean 'lstm'?)",
    ),
    ("fit iris.csv --target kind --output m.npz --optimizer adm", "unknown --optimizer 'adm'"),
    ("fit iris.csv --target kind --output m.npz --timesteps 3", "timesteps must divide"),
    ("fit iris.csv --target kind --output m.npz --test-fraction 2", "--test-fraction must be"),
    ("fit iris.csv --target kind --output m.npz --budget 0", "budget"),
    ("fit rare.csv --target y --output m.npz", "cannot be split"),
    ("fit flip_flop --output m.npz", "has several labels for each sequence"),
    ("predict no.npz new.csv", "There is no file no.npz"),
    ("predict iris.csv new.csv", "iris.csv is no model"),
    ("predict cut.npz new.csv", "cut.npz is no model"),
    ("predict model.npz short.csv", "has no column 'pw', which the model reads"),
    ("predict number.npz new.csv --proba", "--proba is for classes"),
    ("evaluate model.npz new.csv", "no column 'kind', the target that the model was trained on"),
    ("evaluate python.npz iris.csv", "--target must name"),
    ("evaluate model.npz other.csv --target kind", "has the class 'rose', but the model knows"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_mistakes_get_one_sentence(here, capsys, words, message):
    texts = {
        "words.csv": "a,b\nx,1\ny,2\nx,3\ny,4\n",
        "label.csv": "a,label,loss\n1,u,3\n2,v,4\n",
        "empty.csv": "",
        "header.csv": "a,b\n",
        "gap.csv": "a,b,y\n1,2,u\n,3,v\n4,5,u\n",
        "untold.csv": "a,y\n1,u\n2,\n3,v\n",
        "twice.csv": "a,a,y\n1,2,u\nx,3,v\n",
        "alone.csv": "y\nu\nv\n",
        "rare.csv": "a,y\n" + "1,u\n" * 9 + "2,v\n",
        "noise.bin": "\x00\x01",
    }
    for name, text in texts.items():
        (here / name).write_text(text)
    if words.startswith(("predict", "evaluate")):
        run(f"fit iris.csv --target kind --output model.npz {QUICK}")
        run(f"fit new.csv --target pw --output number.npz --regression {QUICK}")
        if "python" in words:
            frame = pd.read_csv("iris.csv")
            RNNClassifier.load("model.npz").fit(frame.drop(columns="kind"), frame["kind"]).save(
                "python.npz"
            )
        (here / "cut.npz").write_bytes((here / "model.npz").read_bytes()[:2000])
        frame = pd.read_csv("iris.csv")
        frame.drop(columns="pw").to_csv("short.csv", index=False)
        frame.assign(kind="rose").to_csv("other.csv", index=False)
        frame.assign(kind="cell").to_csv("seed.csv", index=False)
        capsys.readouterr()
    assert run(words) == 2
    told = capsys.readouterr()
    assert told.err.startswith("metarnn: ")
    assert len(told.err.strip().splitlines()) == 1, told.err
    assert any(part in told.err for part in message.split("|")), told.err
    assert not (here / "m.npz").exists()
