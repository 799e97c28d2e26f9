"""Errors and warnings at the command line name the option to change, and no parameter of Python."""

import pytest
from helpers.command_line import run

from metarnn.cli.app import COMMANDS, parse
from metarnn.cli.messages import with_options
from metarnn.cli.options import NETWORK
from metarnn.cli.parser import Parser

FIT = "fit iris --output model.npz --quiet"
COMPARE = "compare iris --quiet"
DESCRIBE = "describe"

#: What each option refuses, where it needs other options with them.
REFUSED = {
    FIT: {
        "--target": ["x"],
        "--series": ["id"],
        "--order": ["time"],
        "--missing": ["guess", "drop"],
        "--encoding": ["latin-1"],
        "--model": ["nework", "recurrent_features:n_feature=3", "network:hidden=3"],
        "--optimizer": ["adm", "cuckooo:n_nests=3"],
        "--budget": ["0", "-1", "nan", "much"],
        "--loss": ["hinge", "squared_error", "accuracy"],
        "--solve": ["nearest"],
        "--alpha": ["-1", "nan"],
        "--timesteps": ["3", "0", "x"],
        "--test-fraction": ["2", "-0.1"],
        "--seed": ["-1", "x"],
        "--threads": ["0", "x"],
        "--output": ["no/model.npz", "."],
    },
    COMPARE: {
        "--target": ["x"],
        "--series": ["id"],
        "--order": ["time"],
        "--missing": ["guess", "drop"],
        "--encoding": ["latin-1"],
        "--optimizers": ["adm", "adam adam"],
        "--budget": ["0", "nan"],
        "--loss": ["hinge", "squared_error"],
        "--solve": ["nearest"],
        "--alpha": ["-1"],
        "--timesteps": ["3", "0"],
        "--test-fraction": ["2", "0"],
        "--seeds": ["0", "x"],
        "--jobs": ["0", "x"],
        "--threads": ["0"],
        "--target-loss": ["nan", "x"],
        "--gradient-passes": ["0", "nan"],
        "--decoder": ["dott", "dot"],
        "--output": ["/dev/null/folder"],
    },
    DESCRIBE: {
        "--inputs": ["0", "x"],
        "--outputs": ["0"],
        "--steps": ["0"],
        "--image": ["2 3", "0 3 --grid 4"],
        "--target-steps": ["0 --decoder dot"],
        "--sequences": ["0"],
        "--decoder": ["best"],
    },
}
OF_A_NETWORK = {
    "--network": ["none.toml"],
    "--cell": ["lstn"],
    "--hidden": ["0", "2.5", "4 0"],
    "--activation": ["gelu"],
    "--windows": ["2", "0 --hidden 2 2", "2 2 --hidden 2 2"],
    "--grid": ["3", "2 --residual"],
    "--readout": ["best"],
    "--embedding": ["0"],
    "--dtype": ["float16"],
    "--init-scale": ["0", "x"],
}
for _command in REFUSED:
    REFUSED[_command] |= OF_A_NETWORK | {"--import": ["nowhere", "nowhere.py"]}
CASES = [
    (command, f"{option} {word}")
    for command, options in REFUSED.items()
    for option, words in options.items()
    for word in words
]


@pytest.mark.parametrize("case", CASES, ids=[" ".join((c.split()[0], o)) for c, o in CASES])
def test_the_option_is_named(case, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, words = case
    status, out, err = run(capsys, *command.split(), *words.split())
    option = words.split()[0]
    assert (status, out) == (2, "")
    assert option in err
    assert err.count("\n") == 1
    assert f"{option.removeprefix('--')} must" not in err.replace(option, "")


@pytest.mark.parametrize("command", REFUSED)
def test_every_option_with_a_value_is_tried(command):
    parser = parse(command.split()).parser
    valued = {a.option_strings[0] for a in parser._actions if a.option_strings and a.nargs != 0}
    assert valued == set(REFUSED[command])
    assert set(OF_A_NETWORK) == {o for o, s in NETWORK.items() if "action" not in s}
    assert len(COMMANDS) >= 7


MESSAGES = {
    "hidden must be at least 1, got 0.": "--hidden must be at least 1, got 0.",
    "iris.csv: cell is odd.": "iris.csv: --cell is odd.",
    "the network needs grid=1, 2 or 4.": "the network needs --grid 1, 2 or 4.",
    "set bidirectional=True or loss='mse'.": "set --bidirectional or --loss mse.",
    "test_fraction is 2": "--test-fraction is 2",
    "use fewer n_threads": "use fewer --threads",
    "residual, grid and windows differ": "--residual, --grid and --windows differ",
    "unknown loss 'x'.": "unknown --loss 'x'; --import FILE loads your own.",
    # Words of prose, settings of optimizers and options of data sets stay.
    "a network of 3 hidden units has a loss of 2.": "a network of 3 hidden units has a loss of 2.",
    "Restarts: optimizer must be one.": "Restarts: optimizer must be one.",
    "Adam: learning_rate must be above 0.": "Adam: learning_rate must be above 0.",
    "data set 'latch': n_steps is 0": "data set 'latch': n_steps is 0",
    "--hidden must be at least 1": "--hidden must be at least 1",
}


@pytest.mark.parametrize("message", MESSAGES)
def test_words_that_are_parameters(message):
    parser = parse(FIT.split()).parser
    assert isinstance(parser, Parser)
    assert with_options(message, parser) == MESSAGES[message]


def test_warnings_name_options_too(capsys, monkeypatch, tmp_path):
    import warnings

    from metarnn.cli import app

    monkeypatch.chdir(tmp_path)

    def warns(options):
        warnings.warn("budget is small, raise n_threads.", stacklevel=1)

    options = parse(FIT.split())
    options.run = warns
    monkeypatch.setattr(app, "parse", lambda arguments: options)
    assert run(capsys) == (0, "", "metarnn: --budget is small, raise --threads.\n")


def test_a_name_in_a_file_is_no_option(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.toml").write_text("[[layers]]\nkind = 'Recurrent'\ncell = 'lstn'\n")
    _, _, err = run(capsys, *FIT.split(), "--network", "net.toml")
    assert err.startswith("metarnn: net.toml: layer 1: unknown cell 'lstn' (did you mean 'lstm'?)")


@pytest.mark.parametrize(
    "words",
    [
        f"{FIT} --optimizer adm",
        f"{FIT} --optimizer restarts:optimizer=adm",
        f"{FIT} --cell lstn",
        f"{FIT} --loss hinge",
        "fit irs --output model.npz",
        f"{COMPARE} --optimizers adam adm",
        f"{DESCRIBE} --cell lstn",
        "list adm",
    ],
)
def test_an_unknown_name_may_be_one_of_your_own(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *words.split())
    assert status == 2
    assert err.endswith("; --import FILE loads your own.\n"), err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [f"{FIT} --readout best", f"{FIT} --solve nearest"])
def test_other_names_are_those_that_there_are(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "--import" not in run(capsys, *words.split())[2]
