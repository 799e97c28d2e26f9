"""Disks that are full and folders that cannot be written: the old file, and a sentence."""

import os
import resource
import shutil
import subprocess
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from metarnn.study import Study, read_settings

from .forked import Outcome, outcomes
from .samples import STUDY
from .tally import Tally, described, fault_of, fault_of_text
from .writers import RefusedError, Writer, contents, expected, writers

SHORT, LONG = 24, 60
TITLE = "full disks, read-only folders"

NOBODY = 65534


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Write where there is no room, or no right to write."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    folder.chmod(0o755)
    doors = writers(folder / "given")
    versions = {door.name: expected(folder / "expected" / door.name, door) for door in doors}
    ways = dict(WAYS)
    if not _mounts(folder / "disk"):
        del ways["small disk"]
    tally.notes |= {"ways": [*ways], "writers": [door.name for door in doors]}
    numbers, n_stores = [*map(int, rng.permutation(size))], size // 10
    pairs = [(way, door) for door in doors for way in ways]
    cases = [(number, *pairs[i % len(pairs)]) for i, number in enumerate(numbers[n_stores:])]
    judge = partial(_judge, folder, versions, ways)
    for (number, way, door), (kind, text) in outcomes_each(cases, judge):
        tally.add(f"{door.name}, {way}, seed {number}", kind, text)
    for number, (kind, text) in outcomes_each(numbers[:n_stores], partial(_store, folder)):
        tally.add(f"store, full disk, seed {number}", kind, text)


def outcomes_each(cases, judge):
    """Yield outcomes, each case in a fork of its own, since limits of a process stay."""
    for case in cases:
        yield from outcomes([case], judge, seconds=60)


def _judge(folder: Path, versions, ways, case: tuple[int, str, Writer]) -> Outcome:
    """Write in one of the ways over an old file, or where there is none."""
    number, way, door = case
    rng = np.random.default_rng(number)
    place = folder / "full" / f"{number}"
    old = versions[door.name][0] if rng.random() < 0.6 else {}
    limit, undo = ways[way](place, door, old, versions[door.name][1], rng)
    try:
        try:
            limit()
            door.write(place, 1)
            error = None
        except Exception as caught:
            error = caught
        found = contents(place, door) if place.is_dir() else {}
        extra = {path.name for path in place.iterdir()} if place.is_dir() else set()
        extra -= {*door.files, "ballast"}
    finally:
        undo()
    if error is None:
        return (
            ("fine", "there was room") if found == versions[door.name][1] else ("wrong", "no error")
        )
    whole = all(
        data in (old.get(name), versions[door.name][1][name]) for name, data in found.items()
    )
    if not whole or not set(old) <= set(found):
        return "wrong", f"the old file is lost; {described(error)}"
    if extra:
        return "wrong", f"left beside it: {extra}; {described(error)}"
    refused = isinstance(error, RefusedError)
    fault = fault_of_text(str(error)) if refused else fault_of(error)
    if not fault and not any(word in str(error) for word in (*door.files, place.name)):
        fault = "the file is not named"
    return ("raw", f"{fault}; {described(error)}") if fault else ("refused", str(error))


Way = Callable[..., tuple[Callable[[], None], Callable[[], None]]]


def _files(place: Path, old: dict[str, bytes]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, data in old.items():
        (place / name).write_bytes(data)


def _nothing() -> None:
    pass


def _size_limit(place, door, old, new, rng):
    """Files that may not grow beyond a part of what is to be written."""
    _files(place, old)
    most = int(rng.integers(max(map(len, new.values()))))
    return partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most)), _nothing


def _small_disk(place, door, old, new, rng):
    """A disk in memory with less room than is needed."""
    place.mkdir(parents=True)
    room = sum(map(len, old.values())) + 16384
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "none", place], check=True)
    _files(place, old)

    def fill() -> None:
        with (place / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    return fill, lambda: subprocess.run(["umount", "-l", place], check=False)


def _read_only(place, door, old, new, rng):
    """A folder that belongs to somebody else."""
    _files(place, old)
    place.chmod(0o555)
    return (
        partial(os.setresuid, NOBODY, NOBODY, 0) if not os.getuid() else _nothing
    ), lambda: os.setresuid(0, 0, 0) if not os.getresuid()[2] else None


def _absent(place, door, old, new, rng):
    """A file where the folder should be."""
    old.clear()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"in the way")
    return _nothing, place.unlink


#: Ways in which there is no room, or no right.
WAYS: dict[str, Way] = {
    "size limit": _size_limit,
    "small disk": _small_disk,
    "read-only folder": _read_only,
    "file for a folder": _absent,
}


def _mounts(place: Path) -> bool:
    """Whether this process may mount a disk in memory."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", place]
    if not shutil.which("mount") or subprocess.run(words, capture_output=True).returncode:
        return False
    subprocess.run(["umount", place], check=True)
    return True


def _store(folder: Path, number: int) -> Outcome:
    """Run a study whose store cannot grow, then with room; compare with one that had room."""
    rng, place = np.random.default_rng(number), folder / f"store-{number}"
    place.mkdir()
    (place / "study.toml").write_text(STUDY)
    study = Study(read_settings(place / "study.toml"), store=place / "study.sqlite")
    most = int(rng.integers(1000, 60_000))
    hard = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    text = "there was room"
    try:
        study.run()
    except Exception as error:
        fault, text = fault_of(error), described(error)
        if fault or "study.sqlite" not in text:
            return "raw", f"{fault or 'the store is not named'}; {text}"
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    runs = study.run().runs
    wanted = Study(read_settings(place / "study.toml")).run().runs
    same = runs["train_loss"].equals(wanted["train_loss"])
    return ("refused", text) if same else ("wrong", f"other runs after {text}")
