"""Kill -9 of studies: nothing that was stored is lost, doubled or different, and nobody is left."""

import importlib.util
import itertools
import os
import signal
import time
import uuid
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from metarnn.study import Results, Study
from metarnn.study.run import KEY
from metarnn.study.store import Store

from .forked import quiet
from .tally import Tally, described

SHORT, LONG = 9, 300
TITLE = "kills of studies"

#: A study of 60 runs, each of some milliseconds.
SETTINGS: dict[str, Any] = {
    "datasets": {"xor": {}, "bits": {"name": "parity", "n_bits": 3}},
    "networks": {"elman": {"hidden": 3}},
    "optimizers": {"adam": {}, "cuckoo": {"n_nests": 6}, "random_search": {}},
    "budget": 150,
    "seeds": 10,
}
#: Columns that no two runs share.
CLOCK = ["seconds", "seconds_to_target"]
#: By which the processes of a study are found.
MARK = "METARNN_RELIABILITY"
#: How long a process may live without the one that started it, in seconds.
GRACE = 20.0


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Kill studies of one job, of two jobs and on Dask, again and again until they are complete."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    reference = Study(**SETTINGS).run()
    parts = {"one job": size - size // 3 - size // 15, "two jobs": size // 3}
    if importlib.util.find_spec("distributed"):
        parts["dask"] = size // 15
    else:
        parts["one job"] += size // 15
    tally.notes |= {"kills": dict.fromkeys(parts, 0), "after runs were stored": 0}
    numbers = itertools.count()
    for way, kills in parts.items():
        made = 0
        while made < kills:
            place = folder / f"{way.replace(' ', '-')}-{next(numbers)}"
            place.mkdir()
            made += _until_complete(way, kills - made, place, reference, rng, tally)


def _until_complete(
    way: str, most: int, place: Path, reference: Results, rng: np.random.Generator, tally: Tally
) -> int:
    """Kill one study until it is complete; return how often."""
    store, kept, kills = place / "study.sqlite", 0, 0
    longest = 1.5 if way == "one job" else 10.0
    while kills < most and kept < len(reference.runs):
        mark, pid, before = uuid.uuid4().hex, 0, _memory()
        pid = _begin(way, store, mark)
        time.sleep(float(rng.uniform(0, longest)))
        os.kill(pid, signal.SIGKILL)
        if os.waitpid(pid, 0)[1] != signal.SIGKILL:  # it was complete before
            break
        kills += 1
        fault, now = _compared(store, reference)
        if now < kept:
            fault = fault or f"{kept - now} of {kept} stored runs are lost"
        kept = now
        tally.notes["kills"][way] += 1
        tally.notes["after runs were stored"] += now > 0
        fault = fault or _left(mark, pid, before)
        tally.add(f"{way}, kill {kills} of {place.name}", "wrong" if fault else "fine", fault)
    study = Study(**SETTINGS, store=store)
    try:
        study.run()
        fault, now = _compared(store, reference)
        others = {path.name for path in place.iterdir()} - {store.name, f"{store.name}-lock"}
        if fault or now != len(reference.runs) or others:
            fault = fault or f"{now} runs in the end, left beside: {others or 'nothing'}"
            tally.add(f"{way}, the end of {place.name}", "wrong", fault)
    except Exception as error:
        tally.add(f"{way}, the end of {place.name}", "crash", described(error))
    return kills


def _begin(way: str, store: Path, mark: str) -> int:
    """Run the study in a fork; return its number."""
    if pid := os.fork():
        return pid
    os.environ[MARK] = mark
    quiet()
    try:
        study = Study(**SETTINGS, store=store)
        if way == "dask":
            from distributed import Client, LocalCluster

            how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
            on_dask = partial(joblib.parallel_config, backend="dask")
            with LocalCluster(**how) as cluster, Client(cluster), on_dask():
                study.run()
        else:
            study.run(n_jobs=1 if way == "one job" else 2)
    finally:
        os._exit(0)


def _compared(path: Path, reference: Results) -> tuple[str, int]:
    """Return what is wrong with the stored runs, and how many there are."""
    try:
        with Store(path, readonly=True) as store:
            runs, histories = store.frame(), store.histories()
    except (FileNotFoundError, ValueError) as error:  # before its tables were made
        early = not path.exists() or path.stat().st_size == 0 or path.stat().st_size <= 4096
        return ("" if early else described(error)), 0
    key, columns = list(KEY), [name for name in runs if name not in CLOCK]
    if runs.duplicated(key).any():
        return "a run is stored twice", len(runs)
    rows = {tuple(row): i for i, row in enumerate(reference.runs[key].itertuples(index=False))}
    order = [rows[tuple(row)] for row in runs[key].itertuples(index=False)]
    wanted = reference.runs.iloc[order].reset_index(drop=True)
    if not runs[columns].equals(wanted[columns].astype(runs[columns].dtypes)):
        return "a run differs", len(runs)
    for row, history in zip(order, histories, strict=True):
        found, other = history.improvements, reference.histories[row].improvements
        if not np.array_equal(found[:, [0, 2]], other[:, [0, 2]]):
            return "a history differs", len(runs)
    return "", len(runs)


def _left(mark: str, pid: int, before: set[str]) -> str:
    """Return what outlives a killed study for longer than the grace; end its processes.

    What was in shared memory `before` is of an earlier process, which may have had the same number.
    """
    end = time.monotonic() + GRACE
    while True:
        alive, memory = _processes(mark), _memory(pid) - before
        if not alive and not memory:
            return ""
        if time.monotonic() > end:
            for number in alive:
                os.kill(number, signal.SIGKILL)
            return f"left for {GRACE:g} s: processes {alive}, in shared memory {sorted(memory)}"
        time.sleep(0.1)


def _processes(mark: str) -> list[int]:
    """Return the processes that were started with a mark in their environment."""
    found, wanted = [], f"{MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in path.read_bytes():
                state = path.with_name("stat").read_text().rpartition(")")[2].split()[0]
                found += [int(path.parent.name)] * (state != "Z")
        except OSError:  # it has just ended
            continue
    return found


def _memory(pid: int | None = None) -> set[str]:
    """Return what is in shared memory, where processes name it by their numbers: of one, or all."""
    folder = Path("/dev/shm")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if pid is None:
        return names
    return {name for name in names if f"-{pid}-" in name or f"_{pid}_" in name}
