"""Kill -9 while models, reports, predictions and tables are written over older ones."""

import contextlib
import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np

from .forked import quiet
from .tally import Tally
from .writers import Writer, broken, contents, expected, writers

SHORT, LONG = 18, 120
TITLE = "kills of saves and reports"


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Kill processes that write, and look at what is left."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    doors = writers(folder / "given")
    versions = {door.name: expected(folder / "expected" / door.name, door) for door in doors}
    for door in doors:
        (folder / door.name).mkdir()
    tally.notes |= {"writers": [door.name for door in doors], "killed while at work": 0}
    for number in range(size):
        door = doors[number % len(doors)]
        place, known = folder / door.name, versions[door.name]
        before = time.perf_counter()
        door.write(place, 0)  # also sweeps what the kill before has left
        seconds = time.perf_counter() - before
        left = {path.name for path in place.iterdir()} - set(door.files)
        # At any time, or once it begins to write, which may be a small part of the time.
        at = float(rng.uniform(0, 2.5 * seconds if number // len(doors) % 2 else 0.004))
        at_work = not number // len(doors) % 2
        tally.notes["killed while at work"] += _killed(door, place, at, at_work)
        found = contents(place, door)
        if wrong := broken(found, known):
            tally.add(door.name, "wrong", f"killed after {at:.4f} s: {', '.join(wrong)} broken")
        elif len(found) < len(door.files):
            tally.add(door.name, "wrong", f"killed after {at:.4f} s: a file is gone")
        elif left:
            tally.add(door.name, "wrong", f"left beside it: {', '.join(sorted(left))}")
        else:
            tally.add(door.name, "fine")


def _killed(door: Writer, place: Path, seconds: float, at_work: bool) -> bool:
    """Kill a fork that writes both versions in turn; return whether it was still at work.

    The seconds are counted from its start or, `at_work`, from the first change in the folder.
    """
    before, pid = _state(place), os.fork()
    if not pid:
        quiet()
        try:
            for number in range(20):
                door.write(place, (number + 1) % 2)
        finally:
            os._exit(0)
    end = time.perf_counter() + 60
    while at_work and _state(place) == before and time.perf_counter() < end:
        time.sleep(0.0002)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


def _state(place: Path) -> list[tuple[str, int, int]]:
    """Return the names, sizes and times of what is in a folder."""
    found = []
    for entry in os.scandir(place):
        with contextlib.suppress(FileNotFoundError):
            about = entry.stat()
            found.append((entry.name, about.st_size, about.st_mtime_ns))
    return sorted(found)
