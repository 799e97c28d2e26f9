"""The campaigns see what they look for; each runs, in a size that shows that it does."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.reliability import files, forked, tally, writers
from benchmarks.reliability.__main__ import CAMPAIGNS, main
from metarnn import Network, RNNClassifier

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")


def judge(case):
    if case == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if case == "hang":
        time.sleep(60)
    if case == "memory":
        np.ones(10**9)
    return "fine", case


@pytest.mark.slow
def test_forks_survive_what_they_are_given():
    cases = ["a", "crash", "b", "hang", "memory", "c"]
    found = list(forked.outcomes(cases, judge, seconds=0.5, gigabytes=0.5))
    assert [case for case, _ in found] == cases
    kinds = [kind for _, (kind, _) in found]
    assert kinds == ["fine", "crash", "fine", "hang", "crash", "fine"]
    assert "MemoryError" in found[4][1][1]


def raised(call):
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        call()
    return caught.value


def test_sentences_are_told_from_raw_errors():
    sentence = raised(lambda: Network.build(2, 2, cell="nonsense"))
    assert tally.fault_of(sentence) == ""
    assert tally.fault_of(raised(lambda: RNNClassifier().predict([[1.0]]))) == ""  # scikit-learn's
    for call in (
        lambda: {}["a"],  # no class for users
        lambda: int("x"),  # words of Python
        lambda: np.zeros(3).reshape(2),
        lambda: np.zeros(2) + np.zeros(3),
    ):
        assert tally.fault_of(raised(call))


def test_every_way_of_damage_changes_bytes():
    data, rng = bytes(range(256)) * 4, np.random.default_rng(0)
    for name, way in files.TEXT.items():
        assert any(way(data, rng) != data for _ in range(20)), name


def test_parts_of_files_are_broken():
    versions = [{"a": b"old"}, {"a": b"new"}]
    assert writers.broken({"a": b"new"}, versions) == []
    assert writers.broken({"a": b"ne"}, versions) == ["a"]
    assert writers.broken({}, versions) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_campaigns_run(name, tmp_path, capsys):
    size = {"soak": "15", "studies": "4", "saves": "12", "disk": "24"}.get(name, "40")
    status = main([name, "--size", size, "--out", str(tmp_path)])
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert CAMPAIGNS[name].TITLE in shown
    assert (tmp_path / "reliability.json").exists()


def test_mistakes_of_the_command(capsys, tmp_path):
    for words, part in ((["nonsense"], "Unknown campaign"), (["soak", "--size", "x"], "--size")):
        with pytest.raises(SystemExit, match="2"):
            main([*words, "--out", str(tmp_path)])
        assert part in capsys.readouterr().err
