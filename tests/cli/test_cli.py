"""The command line, as a user meets it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.command_line import run

from metarnn import Network
from metarnn.cells import ACTIVATIONS, CELLS
from metarnn.cli import main
from metarnn.datasets import DATASETS
from metarnn.engine import LOSSES
from metarnn.layers import DECODERS, READOUTS
from metarnn.networks.costs import costs
from metarnn.networks.description import resolve_network
from metarnn.optimizers import OPTIMIZERS


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_compare(capsys, tmp_path):
    status, out, err = run(
        capsys, "compare", "iris", "--budget", "90", "--seeds", "2", "--hidden", "3"
    )
    assert status == 0
    assert "150 rows of 4 features" in out
    assert "random_search" in out
    assert err == ""  # progress is for terminals
    assert max(map(len, out.splitlines())) <= 80
    folder = tmp_path / out.split()[-1]
    assert sorted(path.name for path in folder.iterdir()) == [
        "convergence.png",
        "results.csv",
        "weights.npz",
    ]
    assert len(pd.read_csv(folder / "results.csv")) == 12


def test_second_run_gets_a_folder_of_its_own(capsys):
    words = ["compare", "xor", "--budget", "9", "--seeds", "1", "--optimizers", "adam"]
    folders = [run(capsys, *words)[1].split()[-1] for _ in range(2)]
    assert folders == ["comparison-xor", "comparison-xor-2"]


def test_settings_and_options_are_passed_on(capsys):
    status, out, _ = run(
        capsys,
        *"compare parity:n_bits=4 --optimizers cuckoo:n_nests=7,variant=paper adam".split(),
        *"--budget 40 --seeds 1 --hidden 2 --activation sigmoid --loss mse --alpha 0.01".split(),
        *"--target-loss 0.2 --gradient-passes 5 --dtype float64 --threads 1 --output here".split(),
    )
    assert status == 0
    assert "16 sequences of 4 steps of 1 input" in out
    assert "2 sigmoid units" in out
    assert "a gradient counts as 5" in out
    table = pd.read_csv("here/results.csv")
    assert list(table["optimizer"]) == ["cuckoo:n_nests=7,variant=paper", "adam"]
    assert table["passes"].tolist() == [40, 40]
    assert table["target"].tolist() == [0.2, 0.2]
    assert np.load("here/weights.npz")["adam/0"].dtype == np.float64
    assert max(map(len, out.splitlines())) <= 80


def test_any_network_is_compared(capsys):
    words = "compare parity:n_bits=4 --optimizers adam --budget 30 --seeds 1 --cell gru"
    more = "--hidden 3 4 --bidirectional --residual --windows 2 --readout mean --output here"
    status, out, _ = run(capsys, *words.split(), *more.split())
    assert status == 0
    assert "bidirectional gru network of 3 units, windows of 2" in " ".join(out.split())
    assert "read by mean" in out
    assert max(map(len, out.splitlines())) <= 80
    settings = {"cell": "gru", "hidden": (3, 4), "bidirectional": True, "windows": 2}
    network = Network.build(1, 2, readout="mean", **settings)
    assert np.load("here/weights.npz")["adam/0"].shape == (network.n_weights,)


def test_describe(capsys):
    words = "--inputs 8 --outputs 10 --steps 8 --cell lstm --hidden 32 32 --bidirectional"
    status, out, err = run(capsys, "describe", *words.split(), "--readout", "attention")
    assert (status, err) == (0, "")
    network = Network.build(
        8, 10, cell="lstm", hidden=(32, 32), bidirectional=True, readout="attention"
    )
    assert costs(network, 8).table() in out
    assert out.startswith("Bidirectional lstm network of 32 units, ")
    assert max(map(len, out.splitlines())) <= 80


def test_describe_has_something_to_say_by_itself(capsys):
    status, out, _ = run(capsys, "describe")
    assert status == 0
    assert out.startswith("Bidirectional lstm network of 16 units, read by max")
    words = "--inputs 500 --embedding 20 --hidden 8 6 --windows 3 --decoder dot --target-steps 4"
    status, out, _ = run(capsys, "describe", *words.split(), "--sequences", "2")
    assert status == 0
    assert "500 x 20" in out
    assert "32 candidates at a time" in out
    status, out, _ = run(capsys, *"describe --grid 4 --image 8 6 --cell lstm --inputs 3".split())
    assert status == 0
    assert "80 x 32" in out
    assert out.count(" 48 ") == 4  # places for each corner


def test_csv_file(capsys, tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(40, 4)), columns=list("abcd"))
    table.insert(0, "kind", np.where(table["a"] > 0, "yes", "no"))
    table.to_csv("mine.csv", index=False)
    words = ["--budget", "60", "--seeds", "1", "--optimizers", "rprop", "--timesteps", "2"]
    status, out, _ = run(capsys, "compare", "mine.csv", "--target", "kind", *words)
    assert status == 0
    assert "mine" in out
    status, out, _ = run(capsys, "compare", str(tmp_path / "mine.csv"), "--target", "0", *words)
    assert status == 0
    # A last column of numbers is named from the end as well.
    table["kind"] = table.pop("kind")
    table.to_csv("last.csv", index=False)
    assert run(capsys, "compare", "last.csv", "--target", "-1", *words)[0] == 0


def test_series_file_and_folder(capsys, tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "files").mkdir()
    lines = ["@classLabel true no yes", "@data"]
    for i in range(20):
        series = rng.normal(size=5 + i % 3).tolist()
        lines.append(",".join(map(str, series)) + (":yes" if series[0] > 0 else ":no"))
        kind = tmp_path / "files" / lines[-1].partition(":")[2]
        kind.mkdir(exist_ok=True)
        np.save(kind / f"{i}.npy", series)
    Path("mine.ts").write_text("\n".join(lines))
    words = ["--budget", "30", "--seeds", "1", "--optimizers", "rprop"]
    for path in ("mine.ts", "files"):
        status, out, _ = run(capsys, "compare", path, *words)
        assert status == 0
        assert "20 sequences of 5 to 7 steps of 1 input" in out


def test_settings_that_are_explained_together_are_listed_together(capsys):
    assert main(["list", "cuckoo"]) == 0
    out = capsys.readouterr().out
    assert "\n  patience=200, tol=0.01\n" in out
    assert out.count("The nests are laid again") == 1


def test_list_names_everything(capsys):
    status, out, _ = run(capsys, "list")
    assert status == 0
    names = (*DATASETS, *OPTIMIZERS, *LOSSES, *CELLS, *ACTIVATIONS, *READOUTS, *DECODERS)
    for name in (*names, "Recurrent", "Embedding", "Windows"):
        assert name in out.replace(",", "").split()
    assert max(map(len, out.splitlines())) <= 80
    assert ":class:" not in out


HELPS = [[command, "--help"] for command in ("compare", "describe", "list")]


def test_help_and_version(capsys):
    for words in (["--help"], *HELPS, ["--version"]):
        status, out, _ = run(capsys, *words)
        assert status == 0
        assert "metarnn" in out


BROKEN = {
    "empty.csv": b"",
    "header.csv": b"a,b,kind\n",
    "ragged.csv": b"a,b,kind\n1,2,x\n1,x\n",
    "words.csv": b"a,b,kind\n1,two,x\n1,2,y\n",
    "nan.csv": b"a,b,kind\n1,,x\n1,2,y\n",
    "one.csv": b"a,b,kind\n1,2,x\n3,4,x\n",
    "binary.csv": bytes(range(256)),
    "rows.csv": b",a,kind\n" + b"".join(b"%d,3,%d\n" % (i, i // 5) for i in range(10)),
    "regression.csv": b"a,b\n" + b"".join(b"%d,%.2f\n" % (i, i / 7) for i in range(60)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_unreadable_csv_gets_one_sentence(capsys, tmp_path, name):
    (tmp_path / name).write_bytes(BROKEN[name])
    status, out, err = run(capsys, "compare", name)
    assert status == 2
    assert err.startswith("metarnn: ")
    assert err.count("\n") == 1
    assert name in err or name.removesuffix(".csv") in err
    assert out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]  # nothing is left behind


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("compare irish", "did you mean 'iris'"),
        ("compare nowhere.csv", "nowhere.csv"),
        ("compare .", "folder"),
        ("compare iris --optimizers adm", "unknown --optimizers 'adm' (did you mean 'adam'?)"),
        ("compare iris --optimizers adam:rate=1", "unknown setting of Adam 'rate'"),
        ("compare iris --optimizers adam:learning_rate", "Expected NAME=VALUE"),
        (
            "compare iris --optimizers adam:learning_rate=fast",
            "learning_rate must be a finite number",
        ),
        ("compare iris --optimizers adam:n_starts=0", "n_starts must be"),
        ("compare iris --budget 0.5", "passes, at least 1"),
        ("compare iris --budget -5", "finite number of passes"),
        ("compare iris --budget nan", "finite number of passes"),
        ("compare iris --seeds 0", "seeds must be"),
        ("compare iris --hidden 0", "hidden must be at least 1"),
        ("compare iris --cell lstn", "unknown --cell 'lstn' (did you mean 'lstm'?)"),
        ("compare iris --readout best", "unknown --readout 'best'; 'metarnn list readouts' shows"),
        ("compare iris --readout steps", "another --readout, and no --decoder"),
        ("compare iris --windows 2", "hidden must have two"),
        ("describe --cell lstn", "unknown --cell 'lstn' (did you mean 'lstm'?)"),
        ("describe --hidden 4 0", "hidden must be at least 1"),
        ("describe --hidden 4 4 4 --windows 2 3 4", "2 in all"),
        ("describe --grid 2", "--image and --grid go together"),
        ("describe --image 2 3", "--image and --grid go together"),
        ("describe --image 2 0 --grid 2", "must be rows and columns, got 2 and 0"),
        ("describe --outputs 0", "--outputs must be at least 1"),
        ("describe --steps 0", "--steps must be at least 1"),
        ("describe --sequences 0", "--sequences must be at least 1"),
        ("describe --decoder dot --target-steps 0", "--target-steps must be at least 1"),
        ("describe --decoder best", "unknown --decoder 'best'"),
        ("describe --embedding 0", "--embedding must be at least 1"),
        ("describe --dtype float16", "unknown --dtype 'float16'"),
        ("compare iris --loss hinge", "unknown --loss 'hinge'; 'metarnn list losses'"),
        ("compare iris --solve nearest", "unknown --solve 'nearest'"),
        ("compare iris --solve ridge --loss mse", "--loss must be 'cross_entropy'"),
        ("compare iris --solve ridge --cell jordan", "scores by itself"),
        ("compare iris --timesteps 3", "timesteps must divide"),
        ("compare iris --test-fraction 2", "--test-fraction must be"),
        ("compare iris --target x", "--target is for files, and iris"),
        ("compare iris:n_bits=3", "unknown option of iris 'n_bits'"),
        ("compare parity:n_bits=99", "n_bits is 99"),
        ("compare number_words", "the network needs --embedding 16"),
        ("compare digits:layout=grid", "the network needs --grid 1, 2 or 4"),
        ("compare parity:per_step=yes", "per_step is 'yes'"),
        ("compare iris --jobs 0", "--jobs must"),
        ("compare iris --threads 0", "--threads must"),
    ],
)
def test_mistakes_get_one_sentence(capsys, tmp_path, words, message):
    status, out, err = run(capsys, *words.split())
    assert status == 2
    assert message in err
    assert err.count("\n") == 1
    assert out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("compare", "metarnn compare: the following arguments are required: data"),
        ("compar iris", "did you mean 'compare'"),
        ("study rum", "did you mean 'run'"),
        ("compare iris --budget x", "--budget must be a number, got 'x'"),
        ("compare iris --seed 3", "unknown argument '--seed' (did you mean '--seeds'?)"),
        ("compare iris --budgett=3", "(did you mean '--budget'?)"),
        ("compare iris wine", "unknown argument 'wine'"),
        ("describe --hidden", "argument --hidden: expected at least one argument"),
        ("fit iris --threads some", "--threads must be a whole number or 'all', got 'some'"),
        # Options of earlier versions.
        ("compare mine.csv --label kind", "'--label' (it is now --target)"),
        ("compare parity --data n_bits=3", "(it is now part of the name, as in parity:n_bits=5)"),
        ("fit mine.csv --save m.npz", "(it is now --output)"),
    ],
)
def test_mistakes_in_options_get_one_sentence(capsys, words, message):
    status, out, err = run(capsys, *words.split())
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert " --help' says more" in err


@pytest.mark.parametrize(
    "words",
    [
        "list",
        "describe --cell gru",
        "compare xor --budget 9 --seeds 1 --optimizers adam random_search --quiet",
    ],
)
def test_json(capsys, words):
    status, out, err = run(capsys, *words.split(), "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    if words == "list":
        assert set(found["optimizers"]) == set(OPTIMIZERS)
    elif words.startswith("describe"):
        network = resolve_network({"cell": "gru"}, 1, 2)
        assert found["n_weights"] == network.n_weights
        assert found["memory"]["losses"]["packed"] == costs(network, 100).losses.packed
    else:
        assert {row["optimizer"] for row in found["summary"]} == {"adam", "random_search"}
        assert found["summary"][0]["passes_to_target"] is None
        assert Path(found["folder"], "results.csv").exists()


def test_an_error_shows_its_traceback_with_debug():
    with pytest.raises(ValueError, match="did you mean 'iris'"):
        main(["compare", "irish", "--debug"])


def test_results_are_never_overwritten(capsys):
    words = "compare xor --budget 9 --seeds 1 --optimizers adam --output kept".split()
    assert run(capsys, *words)[0] == 0
    with open("kept/results.csv") as file:
        before = file.read()
    status, _, err = run(capsys, *words)
    assert status == 2
    assert "kept/results.csv exists already" in err
    with open("kept/results.csv") as file:
        assert file.read() == before


def test_output_that_cannot_be_written_is_said_first(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    status, out, err = run(capsys, "compare", "iris", "--output", "file/below")
    assert status == 2
    assert err.count("\n") == 1  # no progress bar: nothing has run
    assert out == ""


@pytest.mark.slow
def test_ctrl_c_keeps_the_finished_runs(tmp_path):
    words = "compare iris --budget 20000 --seeds 50 --optimizers random_search adam".split()
    terminal, child = os.openpty()  # where the progress is shown after every run
    process = subprocess.Popen(
        [sys.executable, "-m", "metarnn", *words], stdout=subprocess.PIPE, stderr=child, text=True
    )
    os.close(child)
    err = ""
    while "5/100" not in err:
        err += os.read(terminal, 1000).decode()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    with suppress(OSError):  # the terminal closes with the process
        while data := os.read(terminal, 1000):
            err += data.decode()
    assert process.returncode == 130, err
    assert "runs are kept, those of the seeds that all optimizers had finished" in err
    assert err.count("metarnn: ") == 1
    assert "Traceback" not in err
    finished = len(pd.read_csv(tmp_path / "comparison-iris" / "results.csv"))
    assert 0 < finished < 100
    assert finished % 2 == 0  # both optimizers of each seed
    assert "random_search" in out
