"""A progress bar over the passes of a budget, with the current loss."""

from collections.abc import Callable
from typing import Any, Self


class ProgressBar:
    """A callback for :func:`~metarnn.optimizers.minimize` that draws a bar on standard error.

    Parameters
    ----------
    total : float
        Passes of all runs that the bar covers.
    label : str
        Text before the bar.
    """

    def __init__(self, total: float, label: str = "") -> None:
        from tqdm.auto import tqdm

        self._bar = tqdm(
            total=round(total),
            desc=label,
            unit=" passes",
            ncols=78,
            bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}",
        )
        self._done = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, intermediate_result: Any) -> None:
        """Move the bar to the passes of a running search."""
        self._bar.set_postfix_str(f"loss {intermediate_result.fun:.4f}", refresh=False)
        self._bar.update(round(self._done + intermediate_result.passes) - self._bar.n)

    def begin(self, label: str) -> None:
        """Show the label of the next run."""
        self._bar.set_description_str(label)

    def end(self, passes: float) -> None:
        """Count a finished run with its whole budget, spent or not."""
        self._done += passes
        self._bar.update(round(self._done) - self._bar.n)

    def before(self, callback: Callable[..., Any] | None) -> Callable[..., Any]:
        """Return a callback that moves the bar and then calls another callback."""
        if callback is None:
            return self

        def both(intermediate_result: Any) -> None:
            self(intermediate_result)
            callback(intermediate_result=intermediate_result)

        return both
