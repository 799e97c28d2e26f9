"""The store: one SQLite file with every finished run of a study."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .damage import damaged, fault_of, most_points, n_points_of, run_label
from .histories import Numbers, StoredHistory, check_weights, packed, with_checksum
from .run import COLUMNS, KEY, RunKey

if TYPE_CHECKING:
    import pandas as pd

    from metarnn.optimizers import History

#: "MeRN", which SQLite keeps at a fixed place of the file: it identifies a store.
APPLICATION = 0x4D65524E
VERSION = 1

SCHEMA = f"""
CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (environment TEXT NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    {", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())},
    UNIQUE ({", ".join(KEY)})
);
CREATE TABLE arrays (run INTEGER PRIMARY KEY, history BLOB NOT NULL, weights BLOB NOT NULL);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""

#: What SQLite says of a store of which a part is lost or overwritten.
DAMAGES = (
    *("database disk image is malformed", "malformed database schema", "Could not decode"),
    *("no such table", "no such column", "string or blob too big", "database corruption"),
)

SAME = " AND ".join(f"{name} = ?" for name in KEY)


class Store:
    """One SQLite file with the finished runs of a study; a writer needs a ``Lock``.

    Each run is a transaction of its own in SQLite's write-ahead log, so that stored runs
    survive a process that ends at any moment.

    Parameters
    ----------
    path : path or None
        The file, made if need be; None for one in memory.
    readonly : bool
        Open an existing file, beside a process that may be writing.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        A file that cannot be read or written, is no store, or is one of a newer version.
    """

    def __init__(self, path: str | Path | None = None, *, readonly: bool = False) -> None:
        self.path = None if path is None else Path(path)
        self.readonly = readonly
        if self.path is not None and self.path.is_dir():
            raise ValueError(f"{self.path} is a folder, expected the file of a store.")
        if readonly and not (self.path and self.path.exists()):
            raise FileNotFoundError(f"{self.path} does not exist: no run is stored yet.")
        with self._sentences():
            self._connection = self._connect()
        try:
            with self._sentences():
                self._settle()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, leaving one without a log, which opens in a read-only folder too."""
        if self.path is not None and not self.readonly:
            with suppress(sqlite3.Error):  # somebody is reading: the log stays
                self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def read(self, name: str) -> Any:
        """Return a value that was kept, or None."""
        rows = self._query("SELECT value FROM study WHERE name = ?", (name,))
        return self._table(rows[0][0], f"its {name}") if rows else None

    def keep(self, name: str, value: Any) -> None:
        """Keep a value, as JSON."""
        text = json.dumps(value)
        self._change("INSERT OR REPLACE INTO study VALUES (?, ?)", (name, text))

    def begin_session(self, environment: Mapping[str, str]) -> None:
        """Record the environment of the runs that follow."""
        self._change("INSERT INTO sessions VALUES (?)", (json.dumps(dict(environment)),))

    def sessions(self) -> list[dict[str, str]]:
        """Return the environments of the runs."""
        rows = self._query("SELECT environment FROM sessions ORDER BY rowid")
        return [self._table(text, "the environment of its runs") for (text,) in rows]

    def add(
        self, record: Mapping[str, Any], history: "History | None", weights: Any = None
    ) -> None:
        """Store a run in place of one of the same key: its columns, history and best weights (D,).

        Raises an OSError if the file cannot be written, for example because the disk is full. The
        stored runs are not touched.
        """
        if history is None:
            self.add_packed(record, None, None)
        else:
            stored = np.asarray(weights, "<f8").tobytes()
            self.add_packed(record, with_checksum(packed(history), stored), stored)

    def add_packed(
        self, record: Mapping[str, Any], history: bytes | None, weights: bytes | None
    ) -> None:
        """Store a run as it was read from another store; see :meth:`add`."""
        values = [_sql(record[name]) for name in COLUMNS]
        places = ", ".join("?" * len(COLUMNS))
        key = [record[name] for name in KEY]
        with self._sentences(), self._connection:  # one transaction
            execute = self._connection.execute
            execute("BEGIN IMMEDIATE")
            execute(f"DELETE FROM arrays WHERE run IN (SELECT id FROM runs WHERE {SAME})", key)
            execute(f"DELETE FROM runs WHERE {SAME}", key)
            done = execute(f"INSERT INTO runs ({', '.join(COLUMNS)}) VALUES ({places})", values)
            if history is not None:
                arrays = done.lastrowid, history, weights
                execute("INSERT INTO arrays VALUES (?, ?, ?)", arrays)

    def forget_failed(self) -> None:
        """Drop the runs that failed, so that they can be repeated."""
        self._change("DELETE FROM runs WHERE status = 'failed'")

    def keys(self) -> dict[RunKey, str]:
        """Return the stored runs, with their status."""
        return {
            RunKey(*(record[name] for name in KEY)): record["status"] for record in self.records()
        }

    def records(self) -> list[dict[str, Any]]:
        """Return the columns of all runs, checked, in the order in which they ended."""
        rows = self._query(f"SELECT {', '.join(COLUMNS)} FROM runs ORDER BY id")
        records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        for record in records:
            if fault := fault_of(record):
                run = run_label(record[name] for name in KEY)
                raise damaged(self.path, f"of {run}, {fault}")
        return records

    def frame(self) -> "pd.DataFrame":
        """Return the table of runs, in the order in which they ended."""
        import pandas as pd

        frame = pd.DataFrame(self.records(), columns=list(COLUMNS))
        for name, kind in COLUMNS.items():
            if kind == "REAL":
                frame[name] = frame[name].astype(float)  # NULL, SQLite's NaN, is None
        frame["reached"] = frame["reached"].astype(bool)
        return frame

    def histories(self) -> "list[History | None]":
        """Return the histories, in the order of :meth:`frame`; None where a run failed."""
        query = "SELECT history FROM runs LEFT JOIN arrays ON run = runs.id ORDER BY runs.id"
        found: list[History | None] = []
        for record, (data,) in zip(self.records(), self._query(query), strict=True):
            run = run_label(record[name] for name in KEY)
            if record["status"] == "failed":
                found.append(None)
            elif not isinstance(data, bytes):
                raise damaged(self.path, f"the history of {run} is missing")
            else:
                found.append(_History(data, n_points_of(record), self.path, run))
        return found

    def weights(self, key: RunKey) -> NDArray[np.float64]:
        """Return the best weights (D,) of a run that did not fail."""
        columns = "history, weights, losses_computed, gradients_computed"
        rows = self._query(f"SELECT {columns} FROM arrays JOIN runs ON run = id WHERE {SAME}", key)
        if not rows:
            raise ValueError(f"{self.path} has no weights of {run_label(key)}.")
        history, weights, *counts = rows[0]
        try:
            check_weights(history, most_points(*counts), weights)
        except (TypeError, ValueError) as error:
            raise damaged(self.path, f"of {run_label(key)}, {error}") from None
        return np.frombuffer(weights, "<f8").astype(float)

    def _table(self, text: Any, what: str) -> Any:
        """Return a table that is kept as JSON."""
        try:
            value = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise damaged(self.path, f"{what} cannot be read")
        return value

    def _connect(self) -> sqlite3.Connection:
        if self.path is None:
            return sqlite3.connect(":memory:", isolation_level=None)
        if not self.readonly:
            return sqlite3.connect(self.path, timeout=60, isolation_level=None)
        address = self.path.resolve().as_uri()
        connection = sqlite3.connect(f"{address}?mode=ro", timeout=60, uri=True)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        except sqlite3.OperationalError:
            # The log of a store in a folder that cannot be written; nobody writes there.
            connection.close()
            connection = sqlite3.connect(f"{address}?immutable=1", timeout=60, uri=True)
        return connection

    def _settle(self) -> None:
        """Refuse what is not a store, or make one of an empty file."""
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (n_tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION and (n_tables or application or version or self.readonly):
            raise ValueError(f"{self.path} is not a store of metarnn; name another file.")
        if version > VERSION:
            raise ValueError(
                f"{self.path} was written by a newer metarnn, as version {version} of the store; "
                f"this one reads version {VERSION}."
            )
        if self.readonly:
            return
        if self.path is not None:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
        if not n_tables:
            self._connection.executescript(f"BEGIN; {SCHEMA} COMMIT;")

    def _query(self, query: str, values: Any = ()) -> list[Any]:
        with self._sentences():
            return self._connection.execute(query, values).fetchall()

    def _change(self, query: str, values: Any = ()) -> None:
        with self._sentences():
            self._connection.execute(query, values)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn SQLite's errors into sentences."""
        try:
            yield
        except UnicodeDecodeError:  # of a message of SQLite itself that quotes what is broken
            raise damaged(self.path, "its tables are broken") from None
        except sqlite3.DatabaseError as error:
            why = str(error)
            if why.startswith(DAMAGES):
                raise damaged(self.path, why) from None
            if not isinstance(error, sqlite3.OperationalError):
                raise ValueError(f"{self.path} is not a store of metarnn: {error}.") from None
            if "full" in why or "disk I/O" in why:
                raise OSError(
                    f"{self.path} cannot grow, {why}; what was stored before is kept, and the same "
                    "command goes on from there when there is room."
                ) from None
            raise PermissionError(f"{self.path} cannot be used as a store: {why}.") from None


class _History(StoredHistory):
    """A stored history; an error about it names the store and the run."""

    def __init__(self, data: bytes, n_points: int, store: Path | None, run: str) -> None:
        super().__init__(data, n_points)
        self._store, self._run = store, run

    def numbers(self) -> Numbers:
        try:
            return super().numbers()
        except ValueError as error:
            raise damaged(self._store, f"of {self._run}, {error}") from None


def _sql(value: Any) -> Any:
    """Return a value of Python's own types, NaN as None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if value != value else value
