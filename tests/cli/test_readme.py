"""The commands that the README prints run as printed."""

import re
import shlex
from pathlib import Path

import pytest

from metarnn.cli import main
from metarnn.cli.app import parse

README = Path(__file__).parents[2] / "README.md"
BLOCKS = "\n".join(re.findall(r"```bash\n(.*?)```", README.read_text(), re.DOTALL))
LINES = BLOCKS.replace("\\\n", "").splitlines()
COMMANDS = [line.partition("/metarnn ")[2] for line in LINES if "/metarnn " in line]
#: Those that take a minute.
SLOW = "compare", "study run", "study report"


def test_every_command_is_one():
    assert len(COMMANDS) >= 8
    for command in COMMANDS:
        assert callable(parse(shlex.split(command, comments=True)).run)


def test_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        if not command.startswith(SLOW):
            assert main(shlex.split(command, comments=True)) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_slow_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        assert main(shlex.split(command, comments=True)) == 0, capsys.readouterr().err
