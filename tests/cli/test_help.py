"""Help: what a newcomer reads first, at most 80 columns wide, with examples that run."""

import argparse
import io
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from helpers.command_line import run

from metarnn.cli import main
from metarnn.cli.app import FIRST_WORDS, parse
from metarnn.cli.options import NETWORK
from metarnn.cli.parser import Parser


def helps(parser, words=()):
    """Yield the words of each command, also of those within commands, with its parser."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from helps(inner, (*words, name))


PAGES = dict(helps(parse([]).parser))


def examples_of(text):
    lines = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    return [line for line in lines if line.startswith(("metarnn ", "cat "))]


EXAMPLES = [line for page in PAGES.values() for line in examples_of(page.format_help())]
EXAMPLES += examples_of(FIRST_WORDS)
#: Options that make an example short, if its command has them.
QUICK = {"--budget": "9", "--seeds": "1", "--hidden": "3", "--jobs": "1"}


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_pages_fit_80_columns(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    status, out, err = run(capsys, *words, "--help")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert not words or "examples:\n  metarnn " in out


@pytest.mark.parametrize("words", [(), ("study",)], ids=" ".join)
def test_a_command_without_words_is_no_mistake(words, capsys):
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    assert out.count("metarnn ") >= 3
    assert max(map(len, out.splitlines())) <= 80


def test_it_is_the_same_as_a_module():
    done = subprocess.run([sys.executable, "-m", "metarnn"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, FIRST_WORDS + "\n", "")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 2)), columns=["a", "b"])
    frame.to_csv(folder / "new.csv", index=False)
    kinds = np.where(frame["a"] > 0, "yes", "no")
    mine = frame.assign(price=rng.normal(size=40), label=kinds)
    mine.to_csv(folder / "mine.csv", index=False)
    mine.drop(columns="price").to_csv(folder / "test.csv", index=False)
    mine.drop(columns="label").to_csv(folder / "prices.csv", index=False)
    frame.assign(label=kinds).to_csv(folder / "labels.csv", index=False)
    steps = pd.DataFrame({"id": np.repeat(range(40), 3), "time": list(range(3)) * 40})
    steps["label"], steps["x"] = np.repeat(kinds, 3), rng.normal(size=120)
    steps.to_csv(folder / "steps.csv", index=False)
    for kind in ("up", "down"):
        (folder / "recordings" / kind).mkdir(parents=True)
        for i in range(8):
            np.save(folder / "recordings" / kind / f"{i}.npy", rng.normal(size=4))
    (folder / "net.toml").write_text("[[layers]]\nkind = 'Recurrent'\nhidden = 3\n")
    (folder / "suite.toml").write_text(
        "datasets = ['xor']\noptimizers = ['random_search']\nseeds = 1\nbudget = 9\n"
    )
    (folder / "study.toml").write_text(
        "datasets = ['xor', 'iris']\noptimizers = ['adam', 'cuckoo']\nseeds = 2\nbudget = 9\n"
    )
    (folder / "walk.py").write_text(
        "from metarnn.optimizers import OPTIMIZERS, RandomSearch\n"
        "OPTIMIZERS['walk'] = type('Walk', (RandomSearch,), {})\n"
    )
    return folder


@pytest.fixture(scope="module")
def ready(files):
    """The same files, with a model and a study that has run."""
    import contextlib

    with contextlib.chdir(files):
        words = "--target label --output model.npz --budget 9 --hidden 3 --quiet"
        assert main(["fit", "labels.csv", *words.split()]) == 0
        assert main("study run --quiet".split()) == 0
        assert main("study export --format parquet".split()) == 0
    return files


EXAMPLES_RUN = [e for e in dict.fromkeys(EXAMPLES) if " warm" not in e]
SLOW = [e for e in EXAMPLES_RUN if "--seeds 10" in e]


@pytest.mark.parametrize(
    "example", [pytest.param(e, marks=[pytest.mark.slow] * (e in SLOW)) for e in EXAMPLES_RUN]
)
def test_examples_run(example, ready, capsys, monkeypatch, tmp_path):
    import shutil

    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    example = example.partition("  #")[0]
    if "|" in example:
        file, _, example = example.removeprefix("cat ").partition(" | ")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper((tmp_path / file).open("rb")))
    # What the file holds besides is no input of the model.
    drop = {"--target label": "labels.csv", "--target price": "prices.csv"}
    for target, file in drop.items():
        if target in example:
            example = example.replace("mine.csv", file).replace("test.csv", file)
    words = shlex.split(example)[1:]
    known = parse(words).parser._option_string_actions
    for option, value in QUICK.items():
        network = option in NETWORK and "--network" in words
        untrained = "--model" in words and option in (*NETWORK, "--budget")
        if option in known and option not in words and not network and not untrained:
            words += [option, value]
    if words[0] == "fit" or words[:2] in (["study", "init"], ["study", "export"]):
        words.append("--force")
    status, out, err = run(capsys, *words)
    assert status == 0, err
    assert out
    assert isinstance(parse(words).parser, Parser)


def test_nothing_is_shown_that_is_not_accepted(capsys, tmp_path, monkeypatch):
    """No estimator takes a decoder, so that 'fit' does not show one."""
    monkeypatch.chdir(tmp_path)
    assert "--decoder" not in run(capsys, "fit", "--help")[1]
    status, _, err = run(capsys, *"fit iris --output m.npz --decoder dot".split())
    assert status == 2
    assert "unknown argument '--decoder'" in err


#: Each option of the network with data that it suits, by words of fit.
ACCEPTED = {
    "--network": "iris --network net.toml",
    "--cell": "iris --cell lstm",
    "--hidden": "iris --hidden 3 2",
    "--activation": "iris --activation relu",
    "--bidirectional": "iris --bidirectional",
    "--residual": "iris --hidden 3 3 --residual",
    "--windows": "latch --hidden 3 2 --windows 2",
    "--grid": "digits:layout=grid --grid 1 --hidden 2",
    "--readout": "latch --readout mean",
    "--embedding": "tokens.csv --target label --embedding 2",
    "--dtype": "iris --dtype float64",
    "--init-scale": "iris --init-scale 2",
}


@pytest.mark.parametrize("option", NETWORK)
def test_every_option_of_the_network_is_accepted(option, files, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(files)
    pd.DataFrame({"a": [0, 1, 2] * 8, "b": [2, 1, 0] * 8, "label": list("xyz") * 8}).to_csv(
        "tokens.csv", index=False
    )
    words = [*ACCEPTED[option].split(), "--output", str(tmp_path / "m.npz"), "--budget", "3"]
    words += ["--quiet", "--cell", "elman"] if option in ("--grid", "--activation") else ["--quiet"]
    status, _, err = run(capsys, "fit", *words)
    assert status == 0, err
