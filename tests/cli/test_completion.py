"""Words that a shell completes."""

import os
import subprocess
import sys

import pytest

from metarnn.cells import CELLS
from metarnn.cli.app import parse
from metarnn.cli.completion import COMPLETED, completers
from metarnn.cli.tables import TABLES
from metarnn.datasets import DATASETS
from metarnn.optimizers import OPTIMIZERS


def completer(argument):
    found = completers(argument)
    return lambda prefix: [word for word in found(prefix=prefix) if word.startswith(prefix)]


@pytest.mark.parametrize("argument", [name for name in COMPLETED if name != "data"])
def test_every_name_of_a_table_is_proposed(argument):
    title = COMPLETED[argument]
    names = TABLES[title]() if title else TABLES
    for name in names:
        assert name in completer(argument)(name)


def test_the_settings_of_an_optimizer_are_proposed():
    settings = [f"cuckoo:{name}=" for name in OPTIMIZERS["cuckoo"]().get_params()]
    assert completer("--optimizer")("cuckoo:") == settings
    assert completer("--optimizers")("adam:beta1=0.8,learn") == ["adam:beta1=0.8,learning_rate="]


def test_every_argument_with_a_table_exists():
    actions = {}
    for command in ("fit", "compare", "list"):
        words = [command, *{"fit": ["x"], "compare": ["x"], "list": []}[command]]
        for action in parse(words).parser._actions:
            actions[action.option_strings[0] if action.option_strings else action.dest] = action
    for argument in COMPLETED:
        assert actions[argument].completer is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("metarnn com", ["compare"]),
        ("metarnn fit --bud", ["--budget"]),
        ("metarnn fit iris --cell l", [name for name in CELLS if name.startswith("l")]),
        ("metarnn compare par", [name for name in DATASETS if name.startswith("par")]),
        ("metarnn fit my", ["my_file.csv"]),
        ("metarnn fit iris --output m.npz --missing i", ["interpolate"]),
    ],
)
def test_a_shell_gets_them(line, words, tmp_path):
    pytest.importorskip("argcomplete")
    (tmp_path / "my_file.csv").touch()
    answer = tmp_path / "answer"
    variables = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    command = [sys.executable, "-m", "metarnn"]
    subprocess.run(command, env=os.environ | variables, cwd=tmp_path, timeout=60)
    assert [word.strip() for word in answer.read_text().splitlines()] == words
