"""``metarnn study``, as a user meets it, and how far it is while it runs."""

import dataclasses
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from helpers.command_line import run
from sklearn.datasets import load_iris

from metarnn.study import Study, read_settings
from metarnn.study.display import ProgressDisplay
from metarnn.study.run import Run, RunKey
from metarnn.study.store import Store

TOML = """
datasets = ["xor", "iris"]
seeds = 2
budget = 60
[optimizers.adam]
[optimizers.cuckoo]
n_nests = 6
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_run_status_and_export(capsys, tmp_path):
    (tmp_path / "study.toml").write_text(TOML)
    status, out, err = run(capsys, "study", "status")
    assert (status, err) == (0, "")
    assert out.splitlines()[1].split() == ["xor", "lstm", "0", "0", "4"]
    assert "no run of 8 is stored in study.sqlite yet; no process is making them" in out
    assert not (tmp_path / "study.sqlite").exists()
    status, out, err = run(capsys, "study", "run")
    assert status == 0
    assert "xor, lstm: target loss" in out
    assert "8 runs are stored in study.sqlite" in out
    assert err.splitlines()[-1].startswith("runs 100%, 8/8, 0:")
    assert err.splitlines()[-1].endswith(" leads")
    assert max(map(len, (out + err).splitlines())) <= 80
    status, out, err = run(capsys, "study", "status")
    assert (status, err) == (0, "")
    assert out.splitlines()[1].split() == ["xor", "lstm", "4", "0", "4"]
    assert "all 8 runs are stored" in out
    found = json.loads(run(capsys, "study", "status", "--json")[1])
    assert (found["missing"], found["n_runs"], found["running"]) == (0, 8, False)
    assert [problem["done"] for problem in found["problems"]] == [4, 4]
    status, out, err = run(capsys, "study", "run", "--json", "--quiet")
    assert (status, err) == (0, "")
    assert len(json.loads(out)["summary"]) == 4
    assert run(capsys, "study", "export")[0] == 0
    table = pd.read_csv("study.csv")
    assert table[["dataset", "optimizer", "seed"]].values.tolist()[:3] == [
        ["xor", "adam", 0],
        ["xor", "adam", 1],
        ["xor", "cuckoo", 0],
    ]
    status, _, err = run(capsys, "study", "export")
    assert status == 2
    assert "exists already" in err
    more = TOML.replace("seeds = 2", "seeds = 3")
    (tmp_path / "study.toml").write_text(more)
    status, out, _ = run(capsys, "study", "status")
    assert "4 of 12 runs are missing; no process is making them" in out
    (tmp_path / "study.toml").write_text(more.replace("budget = 60", "budget = 61"))
    status, _, err = run(capsys, "study", "run")
    assert status == 2
    assert "study.sqlite holds runs with budget = 60.0, and now it is 61.0" in err
    status, out, _ = run(capsys, "study", "run", "--store", "other.sqlite")
    assert status == 0
    assert "12 runs are stored in other.sqlite" in out


def test_a_folder_is_no_file_for_a_report(capsys, tmp_path):
    (tmp_path / "study.toml").write_text(TOML)
    (tmp_path / "folder").mkdir()
    status, _, err = run(capsys, "study", "report", "--output", "folder")
    assert (status, err.count("\n")) == (2, 1)
    assert "folder cannot be written: it is a folder, expected the name of a file" in err


def test_init(capsys, tmp_path):
    status, out, _ = run(capsys, "study", "init")
    assert (status, out.split()[0]) == (0, "study.toml")
    status, _, err = run(capsys, "study", "init")
    assert status == 2
    assert "exists already" in err
    assert run(capsys, "study", "init", "other.toml")[0] == 0
    assert (tmp_path / "other.toml").read_text() == (tmp_path / "study.toml").read_text()
    status, out, _ = run(capsys, "study", "init", "suite.toml", "--suite", "suite-1")
    assert "in hours\n" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("command", ["", "init", "run", "status", "export", "report"])
def test_help(capsys, command):
    status, out, _ = run(capsys, "study", *command.split(), "--help")
    assert status == 0
    assert "usage: metarnn study" in out


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_ctrl_c_says_how_to_go_on(capsys, tmp_path, jobs):
    long = TOML.replace("budget = 60", "budget = 3000").replace("seeds = 2", "seeds = 200")
    (tmp_path / "study.toml").write_text(long)
    process = subprocess.Popen(
        [sys.executable, "-m", "metarnn", "study", "run", "--jobs", jobs],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline, out = time.monotonic() + 120, ""
    while "runs are missing" not in out or "800 of 800" in out:  # until a run is stored
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
        out = run(capsys, "study", "status")[1]
    assert "a process is making them" in out
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, the workers included
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    last = err.splitlines()[-1]
    assert last.startswith("metarnn: interrupted: ")
    assert "of 800 runs are stored in study.sqlite; 'metarnn study run study.toml' goes on" in last
    assert "Traceback" not in err
    assert out == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def ended(optimizer, loss, dataset="iris"):
    key = RunKey(dataset, "elman", optimizer, 0, 0)
    return Run(key._asdict() | {"status": "done", "train_loss": loss, "reached": False})


def test_a_terminal_shows_the_bar_and_the_ranking(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("metarnn.optimizers.progress.REDRAW", 0.0)
    stream = Terminal()
    long = f"a label that is {'very ' * 20}long"
    names = ["adam", "[cuckoo]", "bad", long, *map(str, range(10))]
    with ProgressDisplay(40, 10, names, stream) as display:
        assert display.ranking() == []
        for name in names[1:]:
            display.count(ended(name, 0.5))
        assert "leads" not in stream.getvalue()  # not all of them have ended
        display.count(ended("adam", 0.25))
        display.count(ended("adam", 0.75, "wine"))
        display.count(Run.failed(RunKey("wine", "elman", "bad", 0, 0), "why"))
        for name in {*names} - {"adam", "bad"}:
            display.count(ended(name, 0.75, "wine"))
        drawn = stream.getvalue()
    assert display.ranking()[0] == ("adam", 4.0)  # the first of 14, and one of 13 that are equal
    assert display.ranking()[-1] == ("bad", 11.0)
    end = stream.getvalue()[len(drawn) :]
    assert " 38/40" in end
    assert "mean rank" not in end  # what follows, the results, says it
    shown = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", f"{drawn}\n").splitlines()
    last = [line.rstrip() for line in shown[-16:]]
    assert "95% 38/40" in last[0] or "95% 38/40" in last[1]
    assert any("adam leads, 1 failed" in line for line in last)
    assert last[-1] == ""
    assert last[-2] == "and 2 more"
    assert last[-14].split() == "adam 4.00 2 0".split()
    assert any(line.startswith("[cuckoo] ") for line in last)
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_overwrite_gets_lines(term, monkeypatch):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("metarnn.study.display.PAUSE", 0.0)
    stream = Terminal()
    with ProgressDisplay(2, 0, ["adam"], stream) as display:
        display.count(ended("adam", 0.5))
    assert stream.getvalue().startswith("runs 50%, 1/2")
    assert "\x1b" not in stream.getvalue()


def test_a_log_gets_a_line_now_and_then(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("metarnn.optimizers.progress.time.monotonic", lambda: clock[0])
    stream = io.StringIO()
    with ProgressDisplay(100, 0, ["adam", "cuckoo"], stream) as display:
        for i in range(70):
            clock[0] += 1.0
            display.count(ended("adam" if i % 2 else "cuckoo", 1.0 - i % 2, f"data {i // 2}"))
    lines = stream.getvalue().splitlines()
    assert lines == [
        "runs 30%, 30/100, 1:10 left, adam leads",
        "runs 60%, 60/100, 0:40 left, adam leads",
        "runs 70%, 70/100, 0:30 left, adam leads",
    ]


def test_published_runs_are_taken_repeated_and_joined(capsys, tmp_path, monkeypatch):
    (tmp_path / "study.toml").write_text(TOML.replace('"iris"', '"iris", "wine"'))
    (tmp_path / "mine.py").write_text(MINE)
    assert run(capsys, *"study run --quiet".split())[0] == 0
    reads, histories = [], Store.histories
    monkeypatch.setattr(Store, "histories", lambda store: reads.append(1) or histories(store))
    assert run(capsys, *"study export --format parquet".split())[0] == 0
    assert reads == [1]
    (tmp_path / "study.sqlite").unlink()
    status, out, _ = run(capsys, *"study import".split())
    assert status == 0
    assert "12 runs of study.parquet are stored in study.sqlite; none is missing" in out
    again = "study repeat --dataset iris --optimizer cuckoo --seed 1".split()
    status, out, _ = run(capsys, *again)
    assert (status, out.splitlines()[-1]) == (0, "the same run")
    status, _, err = run(capsys, *again[:-1], "5")
    assert status == 2
    assert "no such run" in err
    published = "--store", "none.sqlite", "--runs", "study.parquet"
    status, out, _ = run(capsys, *again, *published)
    assert (status, out.splitlines()[-1]) == (0, "the same run")
    assert run(capsys, *again, "--store", "none.sqlite")[1].endswith("no run is stored\n")
    longer = (tmp_path / "study.toml").read_text().replace("budget = ", "budget = 1")
    (tmp_path / "longer.toml").write_text(longer)
    status, out, _ = run(capsys, *"study repeat longer.toml".split(), *again[2:], *published)
    assert status == 1
    assert "another run: a later version" in out
    study = Study(read_settings(tmp_path / "study.toml"), store=tmp_path / "study.sqlite")
    (key,) = [x for x in study.plan if (x.dataset, x.optimizer, x.seed) == ("iris", "cuckoo", 1)]
    with study._open() as store:
        store.add(Run.failed(key, "no memory").record, None)
    status, out, _ = run(capsys, *again)
    assert (status, out.splitlines()[-1]) == (0, "the stored run failed")
    assert "1 run of study.parquet is stored" in run(capsys, "study", "import")[1]
    words = "study places --import mine.py --add mine de --quiet".split()
    status, out, err = run(capsys, *words)
    assert status == 0, err
    assert "4 optimizers on 3 problems with 2 runs each" in out
    assert " mine " in out
    assert " de " in out
    assert "3 problems are too few to see" in out
    assert max(map(len, out.splitlines())) <= 80
    # The study itself is as it was, and has its runs.
    assert "all 12 runs are stored" in run(capsys, "study", "status")[1]
    status, out, _ = run(capsys, "study", "places", "--add", "adam")
    assert status == 2


def test_a_newcomer_finds_its_place_among_published_runs(capsys, tmp_path):
    flowers = load_iris(as_frame=True).frame
    flowers.to_csv("flowers.csv", index=False)
    own = '\n[datasets.xor]\n[datasets.flowers]\npath = "flowers.csv"\ntarget = "target"\n'
    (tmp_path / "study.toml").write_text(TOML.replace('datasets = ["xor", "iris"]', "") + own)
    (tmp_path / "another.py").write_text(MINE.replace('"mine"', '"another"'))
    assert run(capsys, *"study run --quiet".split())[0] == 0
    known = run(capsys, *"study places".split())[1]
    assert run(capsys, *"study export --format parquet".split())[0] == 0
    (tmp_path / "study.sqlite").unlink()
    places = "study places --runs study.parquet --quiet".split()
    add = "--import", "another.py", "--add", "another"
    status, out, err = run(capsys, *places, *add)
    assert (status, err) == (0, "")
    assert "3 optimizers on 2 problems with 2 runs each" in out
    # The same runs, whose curves are whole here, have the same areas.
    again = "--add", "cuckoo:n_nests=6", "--json"
    rows = {row["optimizer"]: row for row in json.loads(run(capsys, *places, *again)[1])["places"]}
    assert rows["cuckoo"]["score"] == rows["cuckoo:n_nests=6"]["score"]
    assert rows["cuckoo"]["mean_rank"] == rows["cuckoo:n_nests=6"]["mean_rank"]
    # Without some of the data, all are ranked on the others.
    (tmp_path / "flowers.csv").unlink()
    assert run(capsys, *places)[1] == known
    (tmp_path / "study-another.sqlite").unlink()
    status, out, err = run(capsys, *places, *add)
    assert status == 0, err
    assert "run on the data that are there: datasets.flowers: " in err
    assert "3 optimizers on 1 problem with 2 runs each" in out
    assert "1 problem is left out" in out
    # Runs on other data are not compared.
    flowers[1:].to_csv("flowers.csv", index=False)
    status, out, err = run(capsys, *places, *add)
    assert (status, out) == (2, "")
    assert err == (
        "metarnn: study.parquet holds runs on other data: datasets.flowers has changed since; take "
        "the settings that it was exported from.\n"
    )


def test_published_runs_are_ranked_under_their_own_settings(capsys, tmp_path, monkeypatch):
    (tmp_path / "study.toml").write_text(TOML)
    assert run(capsys, *"study run --quiet".split())[0] == 0
    assert run(capsys, *"study export --format parquet".split())[0] == 0
    places = "study", "places", "study.toml", "--runs", "study.parquet"
    for old, new, said in (
        ("budget = 60", "budget = 600", "with budget = 60.0, and now it is 600.0"),
        ("n_nests = 6", "n_nests = 7", "with optimizers.cuckoo.n_nests = 6, and now it is 7"),
    ):
        (tmp_path / "study.toml").write_text(TOML.replace(old, new))
        status, out, err = run(capsys, *places)
        assert (status, out) == (2, "")
        wanted = f"study.parquet holds runs {said}; take the settings that it was exported from."
        assert err == f"metarnn: {wanted}\n"
    (tmp_path / "study.toml").write_text(TOML + "[optimizers.de]\n")
    assert run(capsys, *places)[1].splitlines()[-1] == "there are no runs of de"
    with monkeypatch.context() as without:
        without.setattr("metarnn.study.problems.data_that_are_there", None)
        assert "unknown optimizer 'dee'" in run(capsys, *places, "--add", "pso", "dee")[2]
    # Only seeds with all the runs of others are made.
    study = Study(read_settings(tmp_path / "study.toml"), store=tmp_path / "study.sqlite")
    results = study.results()
    lacks = {(0, "xor", "adam"), (1, "iris", "cuckoo")}
    keys = results.runs[["seed", "dataset", "optimizer"]].apply(tuple, axis=1)
    some = dataclasses.replace(
        results,
        runs=results.runs[~keys.isin(lacks)].reset_index(drop=True),
        histories=[h for h, key in zip(results.histories, keys, strict=True) if key not in lacks],
    )
    study.export_runs(tmp_path / "some.parquet", results=some)
    words = "study places --runs some.parquet --add pso".split()
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert "no seed has the runs of all optimizers" in err
    assert not (tmp_path / "study-pso.sqlite").exists()


@pytest.mark.slow
def test_a_newcomer_that_fails_has_no_place_and_is_run_again_when_it_is_mended(tmp_path):
    def metarnn(words):  # in a process of its own, which imports the file as it is
        command = [sys.executable, "-m", "metarnn", *words.split()]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    (tmp_path / "study.toml").write_text(TOML.replace("seeds = 2", "seeds = 1"))
    (tmp_path / "mine.py").write_text(MINE.replace("losses.argmin", "losses.argmim"))
    assert metarnn("study run --quiet").returncode == 0
    places = "study places --import mine.py --add mine --quiet"
    broken = metarnn(places)
    assert broken.returncode == 2
    assert "2 of 2 runs of mine failed, the first by AttributeError" in broken.stderr
    (tmp_path / "mine.py").write_text(MINE)
    mended = metarnn(places)
    assert mended.returncode == 0, mended.stderr
    assert "the code of mine has changed: its runs are made again" in mended.stderr
    assert " mine " in mended.stdout


def test_places_need_a_seed_that_all_have(capsys, tmp_path):
    (tmp_path / "study.toml").write_text(TOML)
    status, _, err = run(capsys, *"study places --add de".split())
    assert status == 2
    assert "no seed has the runs of all optimizers" in err


#: What a stranger writes: ten lines with ask and tell.
MINE = """
from dataclasses import dataclass
from metarnn.optimizers import OPTIMIZERS, Ask, Optimizer

@dataclass
class Mine(Optimizer):
    def search(self, space, rng):
        best = space.sample(5, rng)
        while True:
            losses = (yield Ask(best)).losses
            best = best[losses.argmin()] + 0.1 * space.scale * rng.normal(size=best.shape)

OPTIMIZERS["mine"] = Mine
"""
