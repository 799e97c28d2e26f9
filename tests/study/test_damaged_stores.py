"""Stores that are damaged: one sentence, and what is whole is saved."""

import json
import shutil
import sqlite3
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from helpers.command_line import run

from metarnn.optimizers import History
from metarnn.study import Study
from metarnn.study.histories import StoredHistory, numbers_of, packed
from metarnn.study.lock import Lock
from metarnn.study.repair import check_store
from metarnn.study.run import COLUMNS, RunKey
from metarnn.study.store import Store

N = 40


def record(seed, **changes):
    values = {"REAL": 0.5, "INT": 60, "TEXT": "word"}
    row = {name: values[kind] for name, kind in COLUMNS.items()}
    row |= RunKey("iris", "elman", "adam", seed, 0)._asdict()
    return row | {"status": "done", "error": "", "reached": 1} | changes


def history(seed):
    made = History()
    for i in range(20):
        made.improve(i + 1.0, i / 7, 1 / (i + 1 + seed))
        made.add(i + 1.0, i / 7, 1 / (i + 1 + seed), 1 / (i + 1 + seed))
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("stores") / "whole.sqlite"
    with Store(path) as store:
        store.keep("settings", {"a": 1})
        store.keep("conditions", {"b": [2]})
        store.begin_session({"numpy": "2"})
        for seed in range(N):
            store.add(record(seed), history(seed), np.arange(50.0) + seed)
        store.add(record(N, status="failed", error="why", train_loss=np.nan), None)
    return path


@pytest.fixture
def store(whole, tmp_path):
    path = tmp_path / "s.sqlite"
    shutil.copy(whole, path)
    return path


def change(statement, *values):
    def damage(path):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement, values)
        connection.commit()
        connection.close()

    return damage


def bomb():
    """Return a history that decompresses to 1 GB."""
    packer = zlib.compressobj()
    return b"".join(packer.compress(bytes(10**7)) for _ in range(100)) + packer.flush()


def read_all(path, weights=None):
    with Store(path, readonly=True) as opened:
        opened.frame()
        for found in opened.histories():
            len(found or ())
        opened.keys()
        if weights is not None:
            opened.weights(weights)
        opened.sessions()
        opened.read("settings")


RUN = "of the run of adam on iris / elman, seed 3, fold 0, "
#: Of each kind: what does it, and what is said; None where nothing is read that is broken.
KINDS = {
    "history-bytes": (
        change("UPDATE arrays SET history = x'0102' WHERE run = 4"),
        f"{RUN}its history is damaged",
    ),
    "history-cut": (
        change("UPDATE arrays SET history = substr(history, 1, 40) WHERE run = 4"),
        f"{RUN}its history is cut off",
    ),
    "history-text": (
        change("UPDATE arrays SET history = 'abc' WHERE run = 4"),
        "the history of the run of adam on iris / elman, seed 3, fold 0 is missing",
    ),
    "history-other": (
        change("UPDATE arrays SET history = ? WHERE run = 4", zlib.compress(bytes(range(64)))),
        f"{RUN}its history is no history",
    ),
    "history-bomb": (
        change("UPDATE arrays SET history = ? WHERE run = 4", bomb()),
        f"{RUN}its history is longer than that of 120 points",
    ),
    "weights": (
        change("UPDATE arrays SET weights = zeroblob(400) WHERE run = 4"),
        f"{RUN}its weights are damaged",
    ),
    "history-missing": (
        change("DELETE FROM arrays WHERE run = 4"),
        "the history of the run of adam on iris / elman, seed 3, fold 0 is missing",
    ),
    "number-text": (
        change("UPDATE runs SET train_loss = 'abc' WHERE id = 4"),
        f"{RUN}train_loss is 'abc', expected REAL",
    ),
    "number-blob": (
        change("UPDATE runs SET passes = x'00' WHERE id = 4"),
        f"{RUN}passes is b'\\x00', expected REAL",
    ),
    "integer-text": (
        change("UPDATE runs SET nonfinite = 'few' WHERE id = 4"),
        f"{RUN}nonfinite is 'few', expected INT",
    ),
    "status": (
        change("UPDATE runs SET status = 'going' WHERE id = 4"),
        f"{RUN}status is 'going', expected 'done' or 'failed'",
    ),
    "no-status": (change("UPDATE runs SET status = NULL WHERE id = 4"), f"{RUN}status is None"),
    "key": (change("UPDATE runs SET seed = 'x' WHERE id = 4"), "seed is 'x', expected INT"),
    "no-utf8": (
        change("UPDATE runs SET stop = CAST(x'ff' AS TEXT) WHERE id = 4"), "Could not decode"
    ),
    "negative": (
        change("UPDATE runs SET losses_computed = -1 WHERE id = 4"),
        f"{RUN}losses_computed is -1, expected at least 0",
    ),
    "negative-passes": (
        change("UPDATE runs SET passes = -1.5 WHERE id = 4"),
        f"{RUN}passes is -1.5, expected at least 0",
    ),
    "weights-number": (
        change("UPDATE arrays SET weights = 1e300 WHERE run = 4"),
        f"{RUN}its weights are damaged",
    ),
    "session": (change("UPDATE sessions SET environment = '{'"), "the environment of its runs"),
    "session-list": (change("UPDATE sessions SET environment = '[1]'"), "the environment of its"),
    "no-runs": (change("DROP TABLE runs"), "no such table: runs"),
    "no-arrays": (change("DROP TABLE arrays"), "no such table: arrays"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_one_sentence_says_which_store_which_run_and_what_to_do(store, name):
    damage, said = KINDS[name]
    damage(store)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"s\.sqlite is damaged: ") as error:
            read_all(store, weights=RunKey("iris", "elman", "adam", 3, 0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(error.value)
    assert said in message
    assert f"'metarnn study check {store}' lists what is broken" in message
    assert "\n" not in message
    assert peak < 20e6


@pytest.mark.parametrize("name", KINDS)
def test_a_check_lists_and_a_repair_drops_what_is_broken(capsys, store, whole, name):
    damage, _ = KINDS[name]
    damage(store)
    store.chmod(0o600)
    before = store.read_bytes()
    status, out, err = run(capsys, "study", "check", str(store), "--json")
    assert (status, err) == (1, "")
    found = json.loads(out)
    n_whole = {"session": N + 1, "session-list": N + 1, "no-runs": 0, "no-arrays": 1}.get(name, N)
    assert found["n_whole"] == n_whole
    assert found["broken"]
    assert store.read_bytes() == before
    status, out, err = run(capsys, "study", "check", str(store), "--repair")
    assert (status, err) == (0, "")
    assert f"{n_whole} runs that are whole" in out
    assert Path(f"{store}-damaged").read_bytes() == before
    assert {path.stat().st_mode & 0o777 for path in (store, Path(f"{store}-damaged"))} == {0o600}
    assert run(capsys, "study", "check", str(store))[0] == 0
    with Store(store) as repaired, Store(whole, readonly=True) as original:
        keys = [key for key in original.keys() if key.seed != 3 or n_whole > N]  # noqa: SIM118
        assert list(repaired.keys()) == keys[-n_whole:] if n_whole else not repaired.keys()
        assert repaired.read("settings") == {"a": 1}
        assert repaired.read("conditions") == {"b": [2]}
        for key in keys[:-1] if n_whole > 1 else ():
            np.testing.assert_array_equal(repaired.weights(key), original.weights(key))
        if n_whole > 1:
            kept = [h for h in original.histories() if h is not None]
            for one in (h for h in repaired.histories() if h is not None):
                assert any(np.array_equal(one.improvements, h.improvements) for h in kept)


def test_a_store_that_is_whole_is_left_alone(capsys, store):
    before = store.read_bytes()
    for words in ((), ("--repair",)):
        status, out, err = run(capsys, "study", "check", str(store), *words)
        assert (status, out, err) == (0, f"all {N + 1} runs in {store} are whole\n", "")
    assert store.read_bytes() == before
    assert {path.name for path in store.parent.iterdir()} <= {"s.sqlite", "s.sqlite-lock"}


@pytest.mark.parametrize("kept", [0.95, 0.7, 0.4, 0.15])
def test_a_store_that_was_cut_off_is_read_as_far_as_possible(store, kept):
    with Store(store) as opened:
        for seed in range(N + 1, 4 * N):
            opened.add(record(seed), history(seed), np.arange(50.0) + seed)
    content = store.read_bytes()
    store.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=r"s\.sqlite is damaged: database disk image is malf"):
        read_all(store)
    found = check_store(store, repair=True)
    assert found.broken
    n_whole = len(found.runs)
    assert n_whole > (10 if kept > 0.5 else -1)
    with Store(store) as repaired:
        assert len(repaired.keys()) == n_whole
        for key, status in repaired.keys().items():
            if status == "done":
                np.testing.assert_array_equal(repaired.weights(key), np.arange(50.0) + key.seed)
    assert not check_store(store).broken


def test_pages_that_are_overwritten_cost_their_runs_only(store):
    content = bytearray(store.read_bytes())
    rng = np.random.default_rng(0)
    page = 4096
    counts = []
    for place in range(page, len(content), page):
        damaged = content.copy()
        damaged[place : place + page] = rng.bytes(page)
        store.write_bytes(damaged)
        found = check_store(store, repair=True)
        counts.append(len(found.runs))
        assert not check_store(store).broken
    assert max(counts) >= N
    assert np.median(counts) >= N / 2


@pytest.mark.slow
def test_random_bytes_never_surprise(store):
    content = store.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(100, len(damaged), size=rng.integers(1, 30)):
            damaged[place] = rng.integers(256)
        store.write_bytes(damaged)
        told = ""
        try:
            read_all(store)
        except (ValueError, OSError) as error:
            told = str(error)
        assert not told or (told.startswith(str(store)) and "\n" not in told)
        check_store(store, repair=True)
        assert not check_store(store).broken


def test_a_log_that_was_left_is_read_too(store):
    with Store(store) as opened:
        opened.add(record(N + 1), history(0), np.zeros(2))
        opened.add(record(N + 2), history(0), np.zeros(2))
        copies = {}
        for ending in ("", "-wal"):
            copies[ending] = Path(f"{store}{ending}").read_bytes()
    other = store.with_name("killed.sqlite")
    for ending, content in copies.items():
        Path(f"{other}{ending}").write_bytes(content)
    change("UPDATE arrays SET history = x'0102' WHERE run = 4")(store)
    assert len(check_store(other).runs) == N + 3
    assert Path(f"{other}-wal").exists()


def test_what_is_no_store_is_not_repaired(tmp_path, store):
    (tmp_path / "text").write_text("no database " * 100)
    for name in ("text", "none"):
        with pytest.raises((ValueError, FileNotFoundError), match=name):
            check_store(tmp_path / name, repair=True)
    with Lock(store), pytest.raises(BlockingIOError, match="another process"):
        check_store(store)
    with Lock(store), pytest.raises(BlockingIOError, match="another process"):
        check_store(store, repair=True)


def test_a_history_is_bounded_by_its_points():
    data = packed(history(0))
    improvements, rows = numbers_of(data, 20)
    assert (improvements.shape, rows.shape) == ((20, 3), (20, 4))
    with pytest.raises(ValueError, match="longer than that of 19 points"):
        numbers_of(data, 19)  # 20 asks would fit, 20 improvements do not
    assert len(StoredHistory(data)) == 20


@pytest.mark.parametrize("value", ['{"optimizers": 3}', '{"datasets": {"iris": []}}'])
def test_conditions_of_another_form_are_damage(store, tmp_path, value):
    change("UPDATE study SET value = ? WHERE name = 'conditions'", value)(store)
    settings = {"optimizers": ["random_search"], "budget": 10, "seeds": 1}
    settings |= {"datasets": {"iris": {"target_loss": 0.5}}, "networks": {"elman": {"hidden": 2}}}
    study = Study(**settings, store=store)
    with pytest.raises(ValueError, match="its conditions have no table of") as error:
        study.run()
    assert f"'metarnn study check {store}' lists what is broken" in str(error.value)
    assert check_store(store, repair=True).broken[0][0] == "conditions"
    assert study.run().runs["status"].tolist() == ["done"]
