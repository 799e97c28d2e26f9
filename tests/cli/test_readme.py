"""The commands that the README prints run as printed, and those of docs/ are commands."""

import re
import shlex
from pathlib import Path

import pytest

from metarnn.cli import main
from metarnn.cli.app import parse

ROOT = Path(__file__).parents[2]


def commands_of(page):
    """Return what a page has after the word metarnn, in its blocks of commands."""
    blocks = "\n".join(re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL))
    return re.findall(r"(?:^|/)metarnn (.*)", blocks.replace("\\\n", ""), re.MULTILINE)


COMMANDS = commands_of(ROOT / "README.md")
#: Those that take a minute.
SLOW = "compare", "study run", "study report"


def test_every_command_is_one():
    pages = [*COMMANDS]
    for page in (ROOT / "docs").rglob("*.md"):
        pages += commands_of(page)
    assert len(COMMANDS) >= 8
    assert len(pages) >= 16
    for command in pages:
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
