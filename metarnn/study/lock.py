"""One process at a time works on a store."""

from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout


class Lock:
    """A lock beside a file, which ends with the process that holds it, however that ends.

    The operating system keeps it, so a ``kill -9`` leaves nothing to clean up. Readers of the
    store need no lock.
    """

    def __init__(self, path: Path) -> None:
        self._store = path
        self._path = path.with_name(f"{path.name}-lock")
        self._lock = FileLock(self._path, timeout=0, thread_local=False)

    def __enter__(self) -> Self:
        try:
            self._lock.acquire()
        except Timeout:
            raise BlockingIOError(
                f"another process is working on {self._store}; wait for it, or name another store."
            ) from None
        except OSError as error:
            raise PermissionError(f"{self._path} cannot be written: {error.strerror}.") from None
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.release()

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
