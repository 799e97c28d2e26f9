"""The store: one file that is complete at any moment."""

import pickle
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from metarnn.optimizers import CuckooSearch, History, minimize
from metarnn.optimizers.analytic import rastrigin
from metarnn.study.histories import StoredHistory, packed
from metarnn.study.lock import Lock
from metarnn.study.run import COLUMNS, RunKey
from metarnn.study.store import Store

KEY = RunKey("iris", "elman", "adam", 0, 0)


def record(**changes):
    values = {"REAL": 0.5, "INT": 1, "TEXT": "word"}
    row = {name: values[kind] for name, kind in COLUMNS.items()}
    return row | KEY._asdict() | {"status": "done", "error": "", "losses_computed": 600} | changes


def history_of(n=500, seed=0):
    return minimize(rastrigin(3), CuckooSearch(n_nests=7), budget=n, seed=seed).history


def test_histories_come_back():
    history = history_of()
    stored = pickle.loads(pickle.dumps(StoredHistory(packed(history))))
    np.testing.assert_array_equal(stored.improvements, history.improvements)
    grid = np.linspace(0, 600, 301)
    np.testing.assert_array_equal(stored.best_after(grid), history.best_after(grid))
    for target in (1e9, 20.0, float(history.best[-1]), -1.0):
        assert stored.reached(target) == history.reached(target)
    assert stored.passes[-1] == history.passes[-1]
    assert stored.seconds[-1] == history.seconds[-1]
    assert stored.best[-1] == history.best[-1]
    # The same steps by asks, of which those without one are left out.
    steps = np.flatnonzero(np.diff(history.best, prepend=np.inf))
    np.testing.assert_array_equal(stored.passes[: len(steps)], history.passes[steps])
    np.testing.assert_array_equal(stored.losses[: len(steps)], history.losses[steps])
    assert len(stored) <= len(steps) + 1


def test_a_history_of_nothing():
    stored = StoredHistory(packed(History()))
    assert len(stored) == 0
    assert stored.improvements.shape == (0, 3)
    assert stored.reached(1.0) is None


def test_runs_come_back(tmp_path):
    file, weights = tmp_path / "s", np.random.default_rng(0).normal(size=7)
    with Store(file) as store:
        store.add(record(reached=np.True_, train_loss=np.float64(0.1)), history_of(), weights)
        failed = record(seed=1, status="failed", error="why", train_loss=np.nan, reached=False)
        store.add(failed, None)
        store.begin_session({"numpy": "2"})
    with Store(file, readonly=True) as store:
        frame = store.frame()
        assert list(frame.columns) == list(COLUMNS)
        assert frame["train_loss"].tolist()[0] == 0.1
        assert np.isnan(frame["train_loss"][1])
        assert frame["reached"].tolist() == [True, False]
        assert store.histories()[1] is None
        assert store.keys() == {KEY: "done", KEY._replace(seed=1): "failed"}
        np.testing.assert_array_equal(store.weights(KEY), weights)
        assert store.sessions() == [{"numpy": "2"}]
        with pytest.raises(ValueError, match="has no weights of the run of"):
            store.weights(KEY._replace(seed=1))
        with pytest.raises(PermissionError, match="readonly"):
            store.add(record(), None)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    with Store(file) as store:  # in place of the one of the same key
        store.add(record(train_loss=0.2), history_of(seed=1), weights + 1)
        assert len(store.keys()) == 2
        np.testing.assert_array_equal(store.weights(KEY), weights + 1)
        store.forget_failed()
        assert store.keys() == {KEY: "done"}


def test_a_reader_beside_a_writer(tmp_path):
    with Store(tmp_path / "s") as writer:
        for seed in range(3):
            writer.add(record(seed=seed), history_of(50), np.zeros(2))
            with Store(tmp_path / "s", readonly=True) as reader:
                assert len(reader.keys()) == seed + 1


def database(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("readonly", [False, True])
def test_files_that_are_no_store(tmp_path, readonly):
    (tmp_path / "text").write_text("a long enough text that is no database at all " * 9)
    database(tmp_path / "other", "CREATE TABLE songs (name TEXT)")
    for name in ("text", "other"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(ValueError, match=f"{name} is not a store of metarnn"):
            Store(tmp_path / name, readonly=readonly)
        assert (tmp_path / name).read_bytes() == before
    with pytest.raises(ValueError, match="is a folder"):
        Store(tmp_path, readonly=readonly)


def test_a_newer_version_is_left_alone(tmp_path):
    file = tmp_path / "s"
    Store(file).close()
    database(file, "PRAGMA user_version = 2")
    before = file.read_bytes()
    for readonly in (False, True):
        with pytest.raises(ValueError, match=r"newer metarnn, as version 2 .* reads version 1"):
            Store(file, readonly=readonly)
    assert file.read_bytes() == before


def test_nothing_was_run_yet(tmp_path):
    with pytest.raises(FileNotFoundError, match="no run is stored yet"):
        Store(tmp_path / "s", readonly=True)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_loses_nothing(tmp_path):
    file = tmp_path / "s"
    with Store(file) as store:
        store.add(record(), history_of(), np.zeros(5))
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(OSError, match="cannot grow, database or disk is full; what was stored"):
            store.add(record(seed=1), history_of(), np.zeros(100_000))
        assert store.keys() == {KEY: "done"}
    with Store(file) as store:
        store.add(record(seed=1), history_of(), np.zeros(100_000))
        assert len(store.frame()) == len(store.histories()) == 2


READ_ONLY = """
import os, sys
from pathlib import Path
from metarnn.study.lock import Lock
from metarnn.study.store import Store
if os.getuid() == 0:  # root may write anywhere
    os.setgid(65534)
    os.setuid(65534)
folder = Path(sys.argv[1])
for name in ("s", "new"):
    try:
        with Lock(folder / name), Store(folder / name) as store:
            store.keep("x", 1)
        print("written")
    except PermissionError as error:
        print(error)
with Store(folder / "s", readonly=True) as store:
    print(len(store.keys()), Lock(folder / "s").taken)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no permissions of this kind")
def test_a_folder_that_cannot_be_written():
    with tempfile.TemporaryDirectory() as name:  # pytest's own is closed to other users
        folder = Path(name)
        with Store(folder / "s") as store:
            store.add(record(), history_of(50), np.zeros(2))
        (folder / "s").chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, folder], capture_output=True, text=True
        )
        folder.chmod(0o755)
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stderr
    assert "cannot be written" in lines[0]
    assert "cannot be written" in lines[1]
    assert lines[2] == "1 False"


HOLD = """
import sys, time
from pathlib import Path
from metarnn.study.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_ends_with_its_process(tmp_path):
    file = tmp_path / "s"
    process = subprocess.Popen([sys.executable, "-c", HOLD, file], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    assert Lock(file).taken
    with (
        pytest.raises(BlockingIOError, match=r"another process is working on .*s; wait"),
        Lock(file),
    ):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    assert not Lock(file).taken
    with Lock(file):
        assert Lock(file).taken  # within one process, too
    assert not Lock(file).taken


def test_ten_thousand_runs(tmp_path):
    # How long it takes is measured in benchmarks; here, that histories wait until asked for.
    history = history_of()
    with Store(tmp_path / "s") as store:
        store._connection.execute("BEGIN")
        names = ", ".join(COLUMNS)
        places = ", ".join("?" * len(COLUMNS))
        rows = [list(record(seed=seed).values()) for seed in range(10_000)]
        store._connection.executemany(f"INSERT INTO runs ({names}) VALUES ({places})", rows)
        data = packed(history)
        arrays = [(i, data, b"") for i in range(1, 10_001)]
        store._connection.executemany("INSERT INTO arrays VALUES (?, ?, ?)", arrays)
        store._connection.execute("COMMIT")
    began = time.perf_counter()
    with Store(tmp_path / "s", readonly=True) as store:
        frame, histories = store.frame(), store.histories()
    print(f"{time.perf_counter() - began:.2f} s")
    assert len(frame) == len(histories) == 10_000
    assert "_numbers" not in vars(histories[9])
    assert histories[9].reached(1e9) == history.reached(1e9)
    assert "_numbers" in vars(histories[9])
