"""The callbacks of scikit-learn 1.9 and later; before it there are none.

Its interface is experimental. What is used of it is used here and nowhere else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand-in without callbacks."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


@contextmanager
def fit_task(
    model: Any, X: Any, y: Any, metadata: dict[str, Any], fitted: Callable[[Any], dict[str, Any]]
) -> Iterator[Callable[..., None] | None]:
    """Report a fit and its iterations to callbacks that were set with ``set_callbacks``.

    Parameters
    ----------
    model : estimator
        What is fitted.
    X, y, metadata
        As they were given to fit.
    fitted : callable
        ``fitted(weights)``: the attributes that make a fitted model of the weights so far.

    Yields
    ------
    callable or None
        To be called after each iteration, as a callback of a search.
    """
    set_here = getattr(model, "_skl_callbacks", None)
    if not set_here:
        yield None
        return
    # How many iterations there will be, nobody knows.
    whole = model._init_callback_context(max_subtasks=None)
    data = {"X": X, "y": y, "metadata": metadata}
    whole.call_on_fit_task_begin(estimator=model, **data)
    last: Any = None

    def report(intermediate_result: Any) -> None:
        nonlocal last
        last = intermediate_result.x
        task = whole.subcontext(task_name="iteration")
        task.call_on_fit_task_begin(estimator=model, **data)
        halted = task.call_on_fit_task_end(
            estimator=model, **data, reconstruction_attributes=lambda: fitted(last)
        )
        if halted:
            raise StopIteration

    yield report
    ended = {} if last is None else fitted(last)
    whole.call_on_fit_task_end(estimator=model, **data, reconstruction_attributes=ended)


__all__ = ["CallbackSupportMixin", "fit_task", "with_callbacks"]
