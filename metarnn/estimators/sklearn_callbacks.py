"""The callbacks of scikit-learn 1.9 and later; earlier versions have none.

Their interface is experimental: all uses of it are in this file.
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
    """Report a fit to the callbacks of ``set_callbacks``; yield one for each iteration, or None.

    ``fitted(weights)`` returns the attributes of the model as fitted with these weights.
    """
    set_here = getattr(model, "_skl_callbacks", None)
    if not set_here:
        yield None
        return
    # The number of iterations is not known beforehand.
    whole = model._init_callback_context(max_subtasks=None)
    given = {name: value for name, value in metadata.items() if value is not None}
    data = {"X": X, "y": y, "metadata": given}
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
