"""The global random states of a process, isolated for code that draws from them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Self

import numpy as np

# The states belong to the whole process, so only one block at a time may exchange them.
_in_use = RLock()


class IsolatedGlobalRNG:
    """Gives a ``with`` block its own states of ``random`` and ``numpy.random``.

    The previous states return at the end of the block, so that draws inside and outside do not
    depend on each other. A later block continues from the state at the end of the last one.

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

    def __exit__(self, *_: object) -> None:
        self._own = _exchange(self._others)
        _in_use.release()

    @contextmanager
    def handed_back(self) -> Iterator[None]:
        """Return to the previous states for a while, within the block."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


def _exchange(states: tuple[Any, Any]) -> tuple[Any, Any]:
    """Set the global states, and return the previous ones."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    return before
