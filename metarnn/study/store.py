"""The store: one SQLite file with every finished run of a study."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .histories import StoredHistory, packed
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
        return json.loads(rows[0][0]) if rows else None

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
        return [json.loads(text) for (text,) in rows]

    def add(
        self, record: Mapping[str, Any], history: "History | None", weights: Any = None
    ) -> None:
        """Store a run in place of one of the same key: its columns, history and best weights (D,).

        Raises an OSError if the file cannot be written, for example because the disk is full. The
        stored runs are not touched.
        """
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
                arrays = done.lastrowid, packed(history), np.asarray(weights, "<f8").tobytes()
                execute("INSERT INTO arrays VALUES (?, ?, ?)", arrays)

    def forget_failed(self) -> None:
        """Drop the runs that failed, so that they can be repeated."""
        self._change("DELETE FROM runs WHERE status = 'failed'")

    def keys(self) -> dict[RunKey, str]:
        """Return the stored runs, with their status."""
        rows = self._query(f"SELECT {', '.join(KEY)}, status FROM runs ORDER BY id")
        return {RunKey(*row[:-1]): row[-1] for row in rows}

    def frame(self) -> "pd.DataFrame":
        """Return the table of runs, in the order in which they ended."""
        import pandas as pd

        rows = self._query(f"SELECT {', '.join(COLUMNS)} FROM runs ORDER BY id")
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        for name, kind in COLUMNS.items():
            if kind == "REAL":
                frame[name] = frame[name].astype(float)  # NULL, SQLite's NaN, is None
        frame["reached"] = frame["reached"].astype(bool)
        return frame

    def histories(self) -> "list[History | None]":
        """Return the histories, in the order of :meth:`frame`; None where a run failed."""
        query = "SELECT history FROM runs LEFT JOIN arrays ON run = runs.id ORDER BY runs.id"
        return [None if data is None else StoredHistory(data) for (data,) in self._query(query)]

    def weights(self, key: RunKey) -> NDArray[np.float64]:
        """Return the best weights (D,) of a run that did not fail."""
        rows = self._query(f"SELECT weights FROM arrays JOIN runs ON run = id WHERE {SAME}", key)
        if not rows:
            raise KeyError(f"no weights are stored of {', '.join(map(str, key))}")
        return np.frombuffer(rows[0][0], "<f8").astype(float)

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
        except sqlite3.OperationalError as error:
            why = str(error)
            if "full" in why or "disk I/O" in why:
                raise OSError(
                    f"{self.path} cannot grow, {why}; what was stored before is kept, and the same "
                    "command goes on from there when there is room."
                ) from None
            raise PermissionError(f"{self.path} cannot be used as a store: {why}.") from None
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self.path} is not a store of metarnn: {error}.") from None


def _sql(value: Any) -> Any:
    """Return a value of Python's own types, NaN as None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if value != value else value
