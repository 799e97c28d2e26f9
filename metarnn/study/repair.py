"""Find what is broken in a store, and save what is not into a new one.

Everything is read from a copy, so that neither a check nor SQLite's own recovery changes a store
that is damaged. Runs are read one by one: a page that SQLite cannot read costs the runs on it.
"""

import json
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metarnn.writing import check_writable, whole_file

from .consistency import fault_of_conditions
from .damage import fault_of, n_points_of, run_label
from .histories import check_weights, numbers_of
from .lock import Lock
from .run import COLUMNS, KEY
from .store import APPLICATION, VERSION, Store

#: Where no run is found, so many numbers beyond those that are found are tried.
MOST_GAPS = 100_000

#: What reading raises: a message of SQLite that quotes what is broken may be no text.
UNREADABLE = sqlite3.Error, UnicodeDecodeError


@dataclass
class StoreCheck:
    """What a check has found.

    Attributes
    ----------
    store : Path
        The file.
    runs : list of (record, history, weights)
        The runs that are whole, as they are stored.
    broken : list of (str, str)
        What is broken, and why.
    values : dict
        The settings, conditions and targets of the study.
    sessions : list of dict
        The environments of its runs.
    kept : Path or None
        Where the damaged file is after a repair.
    """

    store: Path
    runs: list[tuple[dict[str, Any], bytes | None, bytes | None]] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: list[dict[str, str]] = field(default_factory=list)
    kept: Path | None = None


def check_store(path: str | Path, *, repair: bool = False) -> StoreCheck:
    """Read everything in a store, and say what is broken.

    Parameters
    ----------
    path : str or path
        The file of a study's runs.
    repair : bool
        If something is broken, write what is whole into a new store that replaces this one, which
        is kept beside it, as ``NAME-damaged``. Runs that are dropped are made again by
        ``Study.run``.

    Raises
    ------
    FileNotFoundError, ValueError
        No such file, or one that is no store of metarnn.
    BlockingIOError
        A process works on the store.
    OSError
        The new store cannot be written; the old one is as it was.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: name the store of a study.")
    if repair:
        check_writable(path)
        with Lock(path):
            found = _read(path)
            if found.broken:
                _replace(found)
            return found
    if Lock(path).taken:
        raise BlockingIOError(f"another process is working on {path}; wait for it.")
    return _read(path)


def _read(path: Path) -> StoreCheck:
    """Read all that SQLite can read."""
    found = StoreCheck(path)
    with _copy(path) as connection:
        for problem in _integrity(connection):
            found.broken.append(("the file", problem))
        _read_values(connection, found)
        known = set()
        for number in sorted(_numbers(connection)):
            try:
                run = _run(connection, number)
            except (*UNREADABLE, ValueError) as error:
                found.broken.append((getattr(error, "run", f"run number {number}"), str(error)))
                continue
            if run is None:
                continue
            key = tuple(run[0][name] for name in KEY)
            if key in known:
                found.broken.append((run_label(key), "it is there twice"))
            else:
                known.add(key)
                found.runs.append(run)
    return found


@contextmanager
def _copy(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of a store, so leniently that what can be read of a part of one is read."""
    with tempfile.TemporaryDirectory(prefix="metarnn-") as folder:
        copy = Path(folder) / "store"
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}-wal", f"{copy}-wal")
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.text_factory = _text
            try:
                connection.execute("PRAGMA writable_schema = ON")
                (application,) = connection.execute("PRAGMA application_id").fetchone()
                (version,) = connection.execute("PRAGMA user_version").fetchone()
            except UNREADABLE as error:
                raise ValueError(f"{path} is not a store of metarnn: {error}.") from None
            if application != APPLICATION or version > VERSION:
                raise ValueError(f"{path} is not a store of metarnn that this version reads.")
            yield connection


def _text(raw: bytes) -> Any:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw  # which is no text


def _integrity(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite says is wrong with the file."""
    try:
        rows = connection.execute("PRAGMA integrity_check(5)").fetchall()
    except UNREADABLE as error:
        return [str(error)]
    return [" ".join(str(text).split())[:200] for (text,) in rows if text != "ok"]


def _read_values(connection: sqlite3.Connection, found: StoreCheck) -> None:
    """Read what is kept beside the runs."""
    for query in ("SELECT name, value FROM study", "SELECT 'a session', environment FROM sessions"):
        try:
            for name, text in connection.execute(query):
                try:
                    value = json.loads(text)
                    if not isinstance(value, dict):
                        raise ValueError("no table")
                except (TypeError, ValueError, RecursionError):
                    found.broken.append((str(name), "it is not JSON of a table"))
                    continue
                fault = fault_of_conditions(value) if name == "conditions" else None
                if fault:
                    found.broken.append((str(name), fault))
                else:
                    if name == "a session":
                        found.sessions.append(value)
                    else:
                        found.values[str(name)] = value
        except UNREADABLE as error:
            found.broken.append(("the settings" if "study" in query else "sessions", str(error)))


def _numbers(connection: sqlite3.Connection) -> set[int]:
    """Return the numbers of the runs that can be found from either end, and those between."""
    found: set[int] = set()
    for query in (
        "SELECT id FROM runs ORDER BY id",
        "SELECT id FROM runs ORDER BY id DESC",
        "SELECT id FROM runs INDEXED BY sqlite_autoindex_runs_1",
        "SELECT run FROM arrays ORDER BY run",
        "SELECT run FROM arrays ORDER BY run DESC",
    ):
        with suppress(*UNREADABLE):
            for (number,) in connection.execute(query):
                if isinstance(number, int) and number > 0:
                    found.add(number)
    last = max(found, default=0)
    return found | set(range(1, last)) if last <= len(found) + MOST_GAPS else found


def _run(
    connection: sqlite3.Connection, number: int
) -> tuple[dict[str, Any], bytes | None, bytes | None] | None:
    """Return a run, or None where there is none; raise a ValueError if it is broken."""
    names = ", ".join(COLUMNS)
    row = connection.execute(f"SELECT {names} FROM runs WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    record = dict(zip(COLUMNS, row, strict=True))
    try:
        if fault := fault_of(record):
            raise ValueError(fault)
        if record["status"] == "failed":
            return record, None, None
        query = "SELECT history, weights FROM arrays WHERE run = ?"
        arrays = connection.execute(query, (number,)).fetchone()
        if arrays is None:
            raise ValueError("its history is missing")
        history, weights = arrays
        if not isinstance(history, bytes) or not isinstance(weights, bytes):
            raise ValueError("its history or its weights are no numbers")
        numbers_of(history, n_points_of(record))
        check_weights(history, n_points_of(record), weights)
    except (*UNREADABLE, ValueError) as error:
        broken = ValueError(str(error))
        broken.run = run_label(record[name] for name in KEY)  # type: ignore[attr-defined]
        raise broken from None
    return record, history, weights


def _replace(found: StoreCheck) -> None:
    """Put a store with what is whole in the place of a damaged one, which is kept beside it."""
    path = found.store
    kept, number = path.with_name(f"{path.name}-damaged"), 2
    while kept.exists():
        kept, number = path.with_name(f"{path.name}-damaged-{number}"), number + 1
    log = Path(f"{path}-wal")
    with tempfile.TemporaryDirectory(prefix="metarnn-") as folder:
        new = Path(folder) / "store"
        with Store(new) as store:
            for name, value in found.values.items():
                store.keep(name, value)
            for session in found.sessions:
                store.begin_session(session)
            for record, history, weights in found.runs:
                store.add_packed(record, history, weights)
        pairs = [(path, kept)] + [(log, Path(f"{kept}-wal"))] * log.exists()
        for source, copy in pairs:
            with source.open("rb") as content, whole_file(copy) as file:
                os.chmod(file.fileno(), stat.S_IMODE(source.stat().st_mode))  # private ones stay so
                shutil.copyfileobj(content, file)
        # Its log first: beside the new file SQLite would take it for that of this one.
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.unlink(f"{path}{ending}")
        with new.open("rb") as content, whole_file(path) as file:
            shutil.copyfileobj(content, file)
    found.kept = kept
