"""One process at a time works on a store."""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self


class Lock:
    """A lock beside a file, which ends with the process that holds it, however that ends.

    It is SQLite's own lock on an empty database beside the store, so it is the system's, works
    on any of them, and needs no cleaning up after a ``kill -9``. The store itself stays free
    for readers.

    Parameters
    ----------
    path : Path
        The store.
    """

    def __init__(self, path: Path) -> None:
        self._store = path
        self._path = path.with_name(f"{path.name}-lock")
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises
        ------
        BlockingIOError
            Another one has it.
        PermissionError
            The folder cannot be written.
        """
        connection = None
        try:
            # Any thread may let go of it.
            connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if connection is not None:
                connection.close()
            if "locked" in str(error):
                raise BlockingIOError(
                    f"another process is working on {self._store}; wait for it, or name another "
                    "store."
                ) from None
            raise PermissionError(f"{self._path} cannot be written: {error}.") from None
        self._connection = connection
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def taken(self) -> bool:
        """Whether a process works on the store now."""
        if not self._path.exists():
            return False
        try:
            with self:
                return False
        except BlockingIOError:
            return True
        except PermissionError:
            return False
