"""Processes that do a share of the work: they end with the one that started them."""

import os
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing import connection, parent_process
from typing import Any

from joblib import Parallel
from joblib.parallel import MultiprocessingBackend, get_active_backend

#: Seconds between two looks at whether the parent lives, where nothing else tells it.
PAUSE = 0.2
#: Seconds after which a worker of a worker that has nothing to do ends: a child of multiprocessing
#: waits for its own workers when it ends, and those of joblib would take five minutes.
IDLE = 3


def is_worker() -> bool:
    """Return whether another process started this one for a share of its work."""
    return parent_process() is not None


def parallel(n_jobs: int | None, **settings: Any) -> Parallel:
    """Return joblib's Parallel with the active backend, whose workers end with this process.

    The backend "multiprocessing" stands for "loky": its own pool waits forever for what a worker
    was doing that died. A pool is not used again once this process finds modules elsewhere.
    """
    if isinstance(get_active_backend()[0], MultiprocessingBackend) and not returns_rounds():
        settings["backend"] = "loky"
    if is_worker():
        settings["idle_worker_timeout"] = IDLE
    beginning = {"initializer": _begin, "initargs": (tuple(sys.path),)}
    return Parallel(n_jobs=n_jobs, **beginning, **settings)


def returns_rounds() -> bool:
    """Return whether the active backend returns nothing before all is done, as that of ray."""
    backend = get_active_backend()[0]
    return not backend.supports_return_generator and type(backend) is not MultiprocessingBackend


def _begin(paths: Sequence[str]) -> None:
    """Begin a worker that finds the modules of the process that started it, and ends with it."""
    if is_worker():
        sys.path[:] = paths
    end_with_parent()


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, however that ended.

    A ``kill -9`` of the parent tells its workers nothing: they would go on, and then wait for
    minutes for more to do, each with its memory. A thread waits for the end of the parent and
    exits, in the midst of whatever the process does. Linux could send a signal (PR_SET_PDEATHSIG),
    but does so when the thread of the parent ends that started the worker.
    """
    if is_worker():
        threading.Thread(target=_watch, name="end with parent", daemon=True).start()


def _watch() -> None:
    parent: Any = parent_process()
    if parent._sentinel is not None:  # a handle or a pipe, ready when the parent has ended
        connection.wait([parent._sentinel])
    else:  # of loky on POSIX: a process whose parent ended is given to another one
        while os.getppid() == parent.pid:
            time.sleep(PAUSE)
    os._exit(1)
