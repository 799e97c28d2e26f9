"""The random states that all programs of a process share, lent to code that draws from them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from types import TracebackType
from typing import Any, Self

import numpy as np

# The states belong to the process: who has borrowed them works alone.
_in_use = RLock()


class IsolatedGlobalRNG:
    """``random`` and ``numpy.random`` with states of one's own, for the time of a ``with`` block.

    What was there is put back at its end, so that nobody else's draws depend on the block's, or
    its on theirs. A later block goes on where the last one left off.

    Parameters
    ----------
    rng : numpy.random.Generator
        Seeds the states; one number is drawn from it.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        seed = int(rng.integers(2**32))
        self._own: tuple[Any, Any] = (
            random.Random(seed).getstate(),
            np.random.RandomState(seed).get_state(),
        )
        self._others = self._own

    def __enter__(self) -> Self:
        _in_use.acquire()
        self._others = _exchange(self._own)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._own = _exchange(self._others)
        _in_use.release()

    @contextmanager
    def handed_back(self) -> Iterator[None]:
        """Put back what was there for a while, within the block."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


def _exchange(states: tuple[Any, Any]) -> tuple[Any, Any]:
    """Set the global states, and return those that were set before."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    return before
