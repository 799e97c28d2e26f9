"""How far some work is: a bar at a terminal or in a notebook, and lines of text in a log."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from .drawing import Drawing

#: Seconds between two drawings, and between the lines of a log.
REDRAW, PAUSE = 0.1, 10.0


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
        self._bar = Bar(total, label, "passes")
        self._done = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, intermediate_result: Any) -> None:
        """Move the bar to the passes of a running search."""
        self._bar.move(self._done + intermediate_result.passes, intermediate_result.fun)

    def begin(self, label: str) -> None:
        """Show the label of the next run."""
        self._bar.label = label

    def end(self, passes: float) -> None:
        """Count a finished run with its whole budget, spent or not."""
        self._done += passes
        self._bar.move(self._done)

    def before(self, callback: Callable[..., Any] | None) -> Callable[..., Any]:
        """Return a callback that moves the bar and then calls another callback."""
        if callback is None:
            return self

        def both(intermediate_result: Any) -> None:
            self(intermediate_result)
            callback(intermediate_result=intermediate_result)

        return both


class Bar:
    """A bar that is drawn on a stream, or the lines of text that a log gets in its place.

    Parameters
    ----------
    total : float
        The amount of work.
    label, unit : str
        Text before the bar, and what the work is counted in where the label does not say it.
    done : float
        What was done before.
    below : callable, optional
        Returns what is drawn below the bar, as objects of rich.
    pause : float, optional
        Seconds between the lines of a log.
    stream : file, optional
        By default standard error.
    """

    def __init__(
        self,
        total: float,
        label: str,
        unit: str = "",
        *,
        done: float = 0.0,
        below: Callable[[], Iterable[Any]] = tuple,
        pause: float | None = None,
        stream: TextIO | None = None,
    ) -> None:
        self.label, self.note = label, ""
        self._total, self._unit, self._done, self._before = total, unit, done, done
        self._pause = PAUSE if pause is None else pause
        self._loss: float | None = None
        self._stream = sys.stderr if stream is None else stream
        self._began = self._drawn = time.monotonic()
        self._drawing = _drawing(self._stream, below)
        if self._drawing is not None:
            self._drawing.begin(self._fields())

    def move(self, done: float, loss: float | None = None) -> None:
        """Show how much is done, and the lowest loss so far; drawn if it is time to."""
        self._done = done
        self._loss = self._loss if loss is None else loss
        now = time.monotonic()
        if now - self._drawn >= (self._pause if self._drawing is None else REDRAW):
            self._drawn = now
            self._draw()

    def close(self) -> None:
        """Draw the end."""
        if self._drawing is not None:
            self._drawing.end(self._fields())
        elif self._done > self._before:
            self._draw()

    def _draw(self) -> None:
        if self._drawing is not None:
            self._drawing.move(self._fields())
            return
        fields = self._fields()
        shown = [fields[key] for key in ("amount", "clock", "note") if fields[key]]
        line = f"{self.label} {self._done / max(self._total, 1):3.0%}, {', '.join(shown)}"
        print(line.strip(), file=self._stream, flush=True)

    def _fields(self) -> dict[str, Any]:
        """Return what is shown."""
        seconds, gained = time.monotonic() - self._began, self._done - self._before
        left = seconds / gained * (self._total - self._done) if gained > 0 else 0.0
        note = self.note if self._loss is None else f"loss {self._loss:.4f}"
        return {
            "description": self.label,
            "total": self._total,
            "completed": self._done,
            "amount": f"{self._done:,.0f}/{self._total:,.0f} {self._unit}".rstrip(),
            "clock": f"{_clock(left)} left" if left > 0 else _clock(seconds),
            "note": note,
        }


def _drawing(stream: TextIO, below: Callable[[], Iterable[Any]]) -> "Drawing | None":
    """Return what draws at a terminal or in a notebook; None where lines are written instead."""
    in_notebook = _in_notebook() and stream is sys.stderr
    is_terminal = stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    if not (is_terminal or in_notebook):
        return None
    from .drawing import Drawing

    return Drawing(stream, below, in_notebook)


def _in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _clock(seconds: float) -> str:
    """Return a duration as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
