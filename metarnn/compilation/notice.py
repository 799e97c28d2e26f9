"""One line that says why a first training takes seconds to begin."""

import logging
import multiprocessing
import time

LOGGER = logging.getLogger("metarnn")
#: Seconds of compilation that nobody wonders about.
SHORT = 1.0


def is_worker() -> bool:
    """Return whether another process started this one for a share of its work, and speaks."""
    return multiprocessing.current_process().name != "MainProcess"


class Notice:
    """Says once in a process that it compiles, when that has taken more than `SHORT` seconds.

    It is a warning of the logger ``metarnn``, which Python shows on standard error where nothing
    else is set, and does not depend on an estimator's ``verbose``: it is about the installation,
    not about a run. Code that is loaded from disk takes no time that counts.
    """

    def __init__(self) -> None:
        self._seconds, self._said = 0.0, False
        self._began: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is compiled at the moment."""
        return self._began is None

    def begin(self) -> None:
        """Take notice that something is compiled, which was not on disk."""
        if self._began is None:
            self._began = time.perf_counter()

    def end(self) -> None:
        """Take notice that nothing is compiled any more."""
        if self._began is not None:
            self._seconds += time.perf_counter() - self._began
            self._began = None

    def check(self) -> None:
        """Say it if it is time to."""
        began = self._began  # which another thread may change
        so_far = 0.0 if began is None else time.perf_counter() - began
        if self._said or self._seconds + so_far < SHORT:
            return
        self._said = True
        if not is_worker():
            LOGGER.warning(
                "metarnn compiles its code for this processor, which takes some seconds, once: "
                "later runs find it on disk. 'metarnn warm' compiles everything ahead."
            )


#: The one of this process.
NOTICE = Notice()
