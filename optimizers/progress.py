"""A progress bar over the passes of a budget, with the current loss; in a log, lines of text."""

import sys
import time
from collections.abc import Callable
from typing import Any, Self

#: Seconds between the lines of a log.
PAUSE = 10.0


class ProgressBar:
    """A callback for :func:`~metarnn.optimizers.minimize` that draws a bar on standard error.

    At a terminal and in a notebook each update overwrites the bar. Elsewhere, as in a file, it is
    a line of text now and then, and one at the end.

    Parameters
    ----------
    total : float
        Passes of all runs that the bar covers.
    label : str
        Text before the bar.
    """

    def __init__(self, total: float, label: str = "") -> None:
        self._bar = drawn(round(total), label, " passes")
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


def drawn(total: int, label: str, unit: str) -> Any:
    """Return a bar of tqdm at a terminal or in a notebook, and what writes lines elsewhere."""
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return _Lines(total, label)
    from tqdm.auto import tqdm

    layout = "{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}"
    return tqdm(total=total, desc=label, unit=unit, ncols=78, bar_format=layout)


class _Lines:
    """What a log gets in place of a bar of tqdm, by the same methods."""

    def __init__(self, total: int, label: str) -> None:
        self.n, self._total = 0, total
        self._label, self._postfix = label, ""
        self._began = self._spoke = time.monotonic()

    def set_description_str(self, label: str) -> None:
        self._label = label

    def set_postfix_str(self, postfix: str, refresh: bool) -> None:
        self._postfix = postfix

    def update(self, n: int) -> None:
        self.n += n
        if time.monotonic() - self._spoke >= PAUSE:
            self._write()

    def close(self) -> None:
        if self.n:
            self._write()

    def _write(self) -> None:
        seconds = time.monotonic() - self._began
        words = f"{self._label} {self.n / self._total:4.0%}, {seconds:.0f} s"
        words += f", {self._postfix}" if self._postfix else ""
        print(words.strip(), file=sys.stderr, flush=True)
        self._spoke = time.monotonic()
