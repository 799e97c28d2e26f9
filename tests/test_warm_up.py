"""Compiling ahead: all that can be, by jobs that processes share; and its command."""

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import metarnn
from metarnn import warm_up
from metarnn.cli import main
from metarnn.engine.jit import Routine
from metarnn.warm_up import Warmth


def test_jobs_compile_every_routine_of_the_package_for_every_set_of_types():
    jobs = warm_up._routines()
    keys = {job.args[0] for job in jobs}
    made = [o for o in gc.get_objects() if type(o) is Routine]  # dead proxies fail isinstance
    assert keys == {routine.key for routine in made if routine.key.startswith("metarnn.")}
    assert len(keys) > 60
    assert len({job.args for job in jobs}) == len(jobs)
    chunk = {job.args[1][:3] for job in jobs if job.args[0] == "metarnn.engine.loop.chunk"}
    assert chunk == {
        (real, *own) for real in ("float32", "float64") for own in ((0, 0), (0, 1), (1, 1))
    }


def test_jobs_are_counted_and_progress_is_told(monkeypatch):
    monkeypatch.setattr(warm_up, "_routines", lambda: [int, int])
    monkeypatch.setattr(warm_up, "_runs", lambda: [int])
    told = []
    warmth = metarnn.warmup_everything(1, lambda *n: told.append(n))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert warmth.n_compiled == 0
    assert warmth.folder.is_dir()


@pytest.mark.parametrize("n", [0, 12])
def test_the_command_says_what_was_done_and_where(n, monkeypatch, capsys):
    def everything(n_jobs, progress):
        assert n_jobs == 3
        progress(1, 2)
        return Warmth(n, 9.6, Path("/somewhere"))

    monkeypatch.setattr(warm_up, "warmup_everything", everything)
    assert main(["warm", "--jobs", "3"]) == 0
    shown = capsys.readouterr()
    done = "compiled 12 functions" if n else "everything was compiled already"
    assert shown.out == f"{done} (10 s)\nkept in /somewhere\n"
    assert not shown.err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["warm", "--jobs", "3"]) == 0
    assert " 50% 1/2 " in re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", capsys.readouterr().err)
    assert main(["warm", "--jobs", "3", "--json", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"n_compiled": n, "seconds": 9.6, "folder": "/somewhere"}
    assert not shown.err


def test_an_interrupt_and_a_disk_that_cannot_be_written_are_told(monkeypatch, capsys):
    def raises(error):
        def everything(*_):
            raise error

        monkeypatch.setattr(warm_up, "warmup_everything", everything)

    raises(KeyboardInterrupt())
    assert main(["warm", "--quiet"]) == 130
    assert "what is compiled is kept" in capsys.readouterr().err
    raises(OSError("no folder can be written"))
    assert main(["warm", "--quiet"]) == 2
    assert "no folder can be written" in capsys.readouterr().err


AFTERWARDS = """
import numpy as np
from metarnn import Fitness, Network, RecurrentFeaturesClassifier, RNNClassifier, RNNRegressor
from metarnn.cells import CELLS
from metarnn.compilation.disk_cache import COUNTS
from metarnn.engine import threads

threads.PARALLEL_FROM = threads.SMALL = 0
rng = np.random.default_rng(0)
for B in (5, 90):
    X = rng.normal(size=(B, 7, 2))
    for dtype in ("float32", "float64"):
        for settings in (
            *({"cell": cell} for cell in CELLS),
            {"activation": "relu"},
            {"readout": "attention", "bidirectional": True},
            {"hidden": (3, 2), "windows": 2, "residual": False},
        ):
            how = dict(hidden=3, random_state=0) | settings
            for optimizer, loss in (("adam", "mse"), ("cuckoo", "accuracy")):
                model = RNNClassifier(**how, dtype=dtype, optimizer=optimizer, loss=loss, budget=90)
                model.fit(X, np.arange(B) % 3).predict(X.astype(dtype))
        RNNRegressor(hidden=3, dtype=dtype, budget=90).fit(X, X[:, 0, 0]).predict(X)
        for solve in ("ridge", "leave_one_out", "logistic"):
            RNNClassifier(hidden=3, dtype=dtype, solve=solve, budget=90).fit(X, np.arange(B) % 3)
        RecurrentFeaturesClassifier(n_features=500, dtype=dtype).fit(X, np.arange(B) % 3).predict(X)
    fitness = Fitness(Network.build(2, 3, hidden=2), X, np.arange(B) % 3)
    fitness.gauss_newton(fitness.space.sample(3, rng))
print(COUNTS["compiled"])
"""


@pytest.mark.slow
def test_afterwards_nothing_is_compiled(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    out, err = run("-m", "metarnn", "warm", "--json", "--quiet")
    assert json.loads(out)["n_compiled"] > 300
    assert not err
    assert json.loads(run("-m", "metarnn", "warm", "--json", "--quiet")[0])["n_compiled"] == 0
    out, err = run("-c", AFTERWARDS)
    assert out == "0\n"
    assert "metarnn compiles" not in err
