"""Code that calls an objective, turned into a coroutine that asks.

The libraries of the field take a function, call it as often as they like and return when they
are done. Here such code runs in a thread of its own, which is handed control to go on to its next
call, and hands it back with the points that it wants to know: never do both run. So the caller
counts, evaluates in its own thread, stops and pickles as with any other optimizer.
"""

import atexit
from collections.abc import Callable
from contextlib import nullcontext, suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..isolated_rng import IsolatedGlobalRNG
from ..optimizer import Array, Ask, Order, Search, Told
from ..space import Space

#: run(objective, points) calls the objective and returns when it is done; it sets out from
#: points (n, D).
Run = Callable[["Calls", Array], Any]


class _Abandoned(BaseException):
    """Ends a library's run at its next call; no library means to handle it."""


class _NotFiniteError(ArithmeticError):
    """Raised where a library calls the objective at a point that is not finite."""


class Calls:
    """The objective that a library is given.

    Called with a point (D,) it returns its loss, a float, with points (n, D) their losses (n,).
    What is evaluated is the point moved into the bounds. A loss may be ``inf``.
    """

    def __init__(self, space: Space, borrowed: IsolatedGlobalRNG | None) -> None:
        self.n_calls = 0
        self._space = space
        self._borrowed = borrowed
        self._asks: SimpleQueue[Ask | BaseException] = SimpleQueue()
        self._answers: SimpleQueue[Told | None] = SimpleQueue()
        self._abandoned = False

    def __call__(self, points: ArrayLike) -> Any:
        """Return a loss, or losses (n,)."""
        asked = np.array(points, dtype=float)
        losses = self._call(asked, Order.VALUE).losses
        return float(losses[0]) if asked.ndim == 1 else losses

    def gradient(self, points: ArrayLike) -> tuple[Any, Array]:
        """Return a loss and its gradient (D,), or losses (n,) and gradients (n, D)."""
        asked = np.array(points, dtype=float)
        told = self._call(asked, Order.GRADIENT)
        if asked.ndim == 1:
            return float(told.losses[0]), told.gradients[0]
        return told.losses, told.gradients

    def _call(self, points: Array, order: Order) -> Told:
        if not np.isfinite(points).all():
            raise _NotFiniteError("A library called its objective at a point that is not finite.")
        self.n_calls += 1
        told = None
        with self._borrowed.handed_back() if self._borrowed else nullcontext():
            if not self._abandoned:
                self._asks.put(Ask(self._space.repair(np.atleast_2d(points)), order))
                told = self._answers.get()
        if told is None:
            raise _Abandoned
        return told

    def serve(self, work: Callable[[], Any]) -> None:
        """Do the work that makes the calls; the body of its thread."""
        try:
            with self._borrowed or nullcontext(), np.errstate(all="ignore"):
                work()
        except _Abandoned:
            pass
        except BaseException as error:
            self._asks.put(error)

    def asks(self, thread: Thread) -> Search:
        """Start the thread, yield its asks and carry the answers to it, until it is ended."""

        def end() -> None:
            self._abandoned = True
            self._answers.put(None)
            thread.join()

        thread.start()
        # Once the interpreter shuts down a thread cannot be ended any more.
        atexit.register(end)
        try:
            while True:
                ask = self._asks.get()
                if not isinstance(ask, Ask):
                    raise ask
                told = yield ask
                if not thread.is_alive():
                    raise RuntimeError(
                        "A search that runs in a thread cannot go on in a forked process; pickle "
                        "an AskTell instead."
                    )
                self._answers.put(told)
        finally:
            atexit.unregister(end)
            end()


def asks_of(
    run: Run, space: Space, rng: np.random.Generator, n: int = 1, *, globally_random: bool = False
) -> Search:
    """Run code that calls an objective, and ask what it calls for.

    Parameters
    ----------
    run : callable
        ``run(objective, points)`` with a :class:`Calls` and points (n, D) to set out from. When
        it returns, or calls for a point that is not finite, it is run again from fresh points,
        for ever.
    space : Space
        Where to search.
    rng : numpy.random.Generator
        The only source of randomness. `run` may draw from it as well.
    n : int
        Points to set out from.
    globally_random : bool
        Whether the code may draw from ``random`` and ``numpy.random``: it is lent states of its
        own, seeded from `rng`, at each call. That takes a quarter of a millisecond.

    Raises
    ------
    Exception
        Whatever the code raises, as it is.
    RuntimeError
        It returned without a single call.
    """
    first = space.initial(n, rng)
    calls = Calls(space, IsolatedGlobalRNG(rng) if globally_random else None)

    def work() -> None:
        points = first
        while True:
            n_before = calls.n_calls
            with suppress(_NotFiniteError):
                run(calls, points)
            if calls.n_calls == n_before:
                raise RuntimeError("A search ended without a single call of its objective.")
            points = space.sample(n, rng)

    # With the context of the caller, such as what NumPy does about overflow.
    thread = Thread(target=copy_context().run, args=(calls.serve, work), daemon=True)
    yield from calls.asks(thread)
