"""Functions that numba compiles when they are first needed.

They differ from numba's own in three ways. What is begun is finished, whatever interrupts it
(``uninterrupted.py``). Code is kept on disk by ``disk_cache.py``, and nothing fails where that
is not possible. And they compile also under NUMBA_DISABLE_JIT, unless made by :func:`stored`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numba
from numba.core.caching import NullCache
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from .disk_cache import DiskCache
from .generated_names import is_named
from .notice import NOTICE
from .uninterrupted import uninterrupted

Function = Callable[..., Any]

# A division by zero gives inf, as in NumPy, and code runs beside Python's other threads.
OPTIONS: dict[str, Any] = dict(nopython=True, boundscheck=None, error_model="numpy", nogil=True)


@contextmanager
def compiling() -> Iterator[None]:
    """Compile also under NUMBA_DISABLE_JIT: vector code has no form that Python could run."""
    with global_compiler_lock:
        disabled = numba.config.DISABLE_JIT
        numba.config.DISABLE_JIT = 0
        try:
            yield
        finally:
            numba.config.DISABLE_JIT = disabled


class Compiled(CPUDispatcher):
    """A function that is compiled when it is first needed, in every process."""

    def compile(self, signature: Any) -> Any:
        """Return the entry point of the code for a signature."""
        return uninterrupted(self._compile, signature)

    def _compile(self, signature: Any) -> Any:
        with compiling():
            return super().compile(signature)

    def _compile_for_args(self, *arguments: Any, **named: Any) -> Any:  # numba's own hook
        return uninterrupted(partial(super()._compile_for_args, *arguments, **named))


class Stored(Compiled):
    """A function whose code is kept on disk, for other processes."""

    _cache: Any

    def _compile(self, signature: Any) -> Any:
        if isinstance(self._cache, NullCache) and is_named(self.py_func):
            self._cache = DiskCache(self.py_func)
        with compiling():  # one thread at a time
            outermost = NOTICE.is_idle
            try:
                return super()._compile(signature)
            finally:
                if outermost:
                    NOTICE.end()
                    NOTICE.check()


def stored(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator like ``numba.njit``, whose code is kept on disk."""

    def decorate(function: Function) -> Function:
        if numba.config.DISABLE_JIT:
            return function
        return Stored(function, targetoptions=OPTIONS | options)

    return decorate
