"""Callbacks: code of the user that follows a fit, and may halt it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any


class Callback:
    """Base of callbacks that follow a fit from its beginning to its end.

    Override the methods that you need. A callback may also be a function, which is called after
    each iteration as in SciPy, ``callback(intermediate_result=state)``, and halts the fit by
    raising StopIteration.

    Examples
    --------
    >>> class Patient(Callback):
    ...     def on_iteration(self, state):
    ...         return state.seconds > 60
    """

    def on_fit_begin(self, model: Any) -> None:
        """Run when the parameters are checked and the search is about to begin."""

    def on_iteration(self, state: Any) -> bool | None:
        """Run after each iteration; return True to halt the fit.

        Parameters
        ----------
        state : scipy.optimize.OptimizeResult
            ``x`` (the best weights so far, read-only), ``fun`` (their loss), ``nit``, ``passes``,
            ``seconds``, ``nfev``, ``njev``, ``history``.
        """

    def on_fit_end(self, model: Any) -> None:
        """Run when the fit has ended and `model` is fitted."""


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Return callbacks as a list."""
    given = [] if callbacks is None else callbacks
    known = isinstance(given, Sequence) and all(
        callable(c) or isinstance(c, Callback) for c in given
    )
    if not known or any(isinstance(c, type) for c in given):
        raise TypeError(
            f"callbacks must be a list of callables or of Callback instances, got {callbacks!r}."
        )
    return list(given)


@contextmanager
def following(
    model: Any,
    stopping: Callable[..., None] | None,
    callbacks: Sequence[Any],
    task: AbstractContextManager[Callable[..., None] | None],
) -> Iterator[Callable[..., None] | None]:
    """Run callbacks at the beginning and the end of a fit, and yield one for each iteration.

    Early stopping comes first, so that it sees the iteration in which another one halts the
    search. The context manager `task` enters with a last callback, or with None.
    """
    own = [callback for callback in callbacks if isinstance(callback, Callback)]
    for callback in own:
        callback.on_fit_begin(model)
    with task as report:
        yield _combined([c for c in (stopping, *callbacks, report) if c is not None])
    for callback in own:
        callback.on_fit_end(model)


def _combined(callbacks: Sequence[Any]) -> Callable[..., None] | None:
    """Return one callback that calls all of them in turn, or None for none."""
    if not callbacks:
        return None

    def call(intermediate_result: Any) -> None:
        halted = False
        for callback in callbacks:
            if isinstance(callback, Callback):
                halted |= bool(callback.on_iteration(intermediate_result))
            else:
                callback(intermediate_result=intermediate_result)
        if halted:
            raise StopIteration

    return call
