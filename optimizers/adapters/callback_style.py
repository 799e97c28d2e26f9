"""Code that calls an objective, turned into a coroutine of requests.

Other libraries take a function, call it as often as they like and return at the end. Here such code
runs in a thread of its own. The thread gets control until its next call of the objective, and
returns control with the points to evaluate, so that the two threads never run at the same time. The
caller counts, evaluates in its own thread, stops and pickles as with any other optimizer.
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

#: run(objective, points) searches from points (n, D), calls the objective, and returns at the end.
Run = Callable[["Calls", Array], Any]


class _Abandoned(BaseException):
    """Ends a library's run at its next call; a BaseException, which libraries do not catch."""


class _NotFiniteError(ArithmeticError):
    """Raised when a library calls the objective at a point that is not finite."""


class Calls:
    """The objective that a library calls.

    For a point (D,) it returns the loss, a float; for points (n, D) the losses (n,). Points are
    clipped to the bounds before the evaluation. A loss may be ``inf``.
    """

    def __init__(self, space: Space, isolated: IsolatedGlobalRNG | None) -> None:
        self.n_calls = 0
        self._space = space
        self._isolated = isolated
        self._requests: SimpleQueue[Ask | BaseException] = SimpleQueue()
        self._answers: SimpleQueue[Told | None] = SimpleQueue()
        self._abandoned = False

    def __call__(self, points: ArrayLike) -> Any:
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
        with self._isolated.handed_back() if self._isolated else nullcontext():
            if not self._abandoned:
                self._requests.put(Ask(self._space.repair(np.atleast_2d(points)), order))
                told = self._answers.get()
        if told is None:
            raise _Abandoned
        return told

    def serve(self, work: Callable[[], Any]) -> None:
        """Do the work that makes the calls, in its thread."""
        try:
            with self._isolated or nullcontext(), np.errstate(all="ignore"):
                work()
        except _Abandoned:
            pass
        except BaseException as error:
            self._requests.put(error)

    def requests(self, thread: Thread) -> Search:
        """Start the thread, yield its requests and pass on the answers, until the search ends."""

        def end() -> None:
            self._abandoned = True
            self._answers.put(None)
            thread.join()

        thread.start()
        # A thread cannot be ended during the shutdown of the interpreter.
        atexit.register(end)
        try:
            while True:
                ask = self._requests.get()
                if not isinstance(ask, Ask):
                    raise ask
                told = yield ask
                if not thread.is_alive():
                    raise RuntimeError(
                        "A search in a thread cannot continue in a forked process; pickle an "
                        "AskTell instead."
                    )
                self._answers.put(told)
        finally:
            atexit.unregister(end)
            end()


def requests_of(
    run: Run, space: Space, rng: np.random.Generator, n: int = 1, *, globally_random: bool = False
) -> Search:
    """Run code that calls an objective, and request the points of its calls.

    When ``run(objective, points)`` returns, or calls the objective at a point that is not finite,
    it runs again from n new points, without end. It may draw from `rng`, and if it is
    `globally_random` also from ``random`` and ``numpy.random``: it then has states of its own,
    seeded from `rng`, which takes 0.25 milliseconds at each call. What it raises is raised here, as
    is a RuntimeError if it returns without calling the objective.
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

    # In the context of the caller, which holds for example how NumPy handles overflow.
    thread = Thread(target=copy_context().run, args=(calls.serve, work), daemon=True)
    yield from calls.requests(thread)
