"""Work that Ctrl-C does not leave half done.

Python raises a KeyboardInterrupt, or what another signal's handler raises, between any two steps
of the main thread. In the midst of numba's compiler that leaves a table half filled or code
without its object, and the process then never compiles that function, or any, again. No signal
reaches other threads: so one of these compiles, while the main thread waits. An interrupt ends
the waiting at once. What was begun is finished and kept, and whoever needs it next waits for it.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, TypeVar

from numba.core.compiler_lock import global_compiler_lock

from .notice import NOTICE

#: Seconds between two looks at how long it takes, and at Ctrl-C on Windows.
PAUSE = 0.1

Result = TypeVar("Result")


def uninterrupted(work: Callable[..., Result], *arguments: Any) -> Result:
    """Return the result of work that is done in a thread where signals are not seen."""
    # Whoever has the lock would wait for a thread that waits for the lock.
    if (
        threading.current_thread() is not threading.main_thread()
        or global_compiler_lock.is_locked()
    ):
        return work(*arguments)
    result: Future[Result] = Future()
    context = copy_context()  # of warnings and NumPy's error state

    def run() -> None:
        try:
            result.set_result(context.run(work, *arguments))
        except BaseException as error:
            result.set_exception(error)

    thread = threading.Thread(target=run, name="compiling")
    try:
        thread.start()
    except RuntimeError:  # none starts while Python ends
        return work(*arguments)
    while thread.is_alive():
        thread.join(PAUSE)
        NOTICE.check()
    return result.result()


if hasattr(os, "register_at_fork"):
    # A child has no thread that would finish what is begun, and release the lock.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )
