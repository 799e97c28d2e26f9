"""The progress of a study: runs done, time left, the lowest loss of each optimizer so far."""

import sys
import time
from typing import Self, TextIO

from .run import Run

#: The width of a line in columns, and the most optimizers that have one.
COLUMNS, LINES = 79, 12

#: Seconds between lines where they cannot be overwritten.
PAUSE = 30.0


class ProgressDisplay:
    """A few lines on standard error or another stream; at a terminal each run overwrites them.

    The study has `n_runs`, of which `n_stored` were made before.
    """

    def __init__(self, n_runs: int, n_stored: int, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._n_runs, self._stored = n_runs, n_stored
        self._ended = self._failed = self._drawn = 0
        self._best: dict[str, tuple[float, str, int]] = {}
        self._began = self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(self, *error: object) -> None:
        if self._ended and not self._terminal:
            self._draw()

    def count(self, run: Run) -> None:
        """Take note of a run that has ended."""
        key, record = run.key, run.record
        self._ended += 1
        self._failed += record["status"] == "failed"
        loss, where, n = self._best.get(key.optimizer, (float("inf"), "", 0))
        if record["train_loss"] < loss:
            loss, where = record["train_loss"], f"{key.dataset}, {key.network}"
        self._best[key.optimizer] = loss, where, n + 1
        if self._terminal or time.monotonic() - self._spoke >= PAUSE:
            self._draw()

    def lines(self) -> list[str]:
        """Return the lines to be shown."""
        done, left = self._stored + self._ended, self._n_runs - self._stored - self._ended
        head = f"{done}/{self._n_runs} runs"
        if self._failed:
            head += f", {self._failed} failed"
        if self._ended and left:
            spent = time.monotonic() - self._began
            head += f", {_clock(spent / self._ended * left)} left"
        ranking = sorted(self._best.items(), key=lambda item: item[1][0])
        lines = [
            f"  {name:16.32} {n:>4} runs, lowest loss {loss:.4g} ({where})"
            for name, (loss, where, n) in ranking[:LINES]
        ]
        if len(ranking) > LINES:
            lines.append(f"  and {len(ranking) - LINES} more")
        return [line[:COLUMNS] for line in [head, *lines]]

    def _draw(self) -> None:
        lines = self.lines()
        if self._terminal:
            up = f"\x1b[{self._drawn}F" if self._drawn else ""
            self._stream.write(up + "".join(f"{line}\x1b[K\n" for line in lines))
            self._drawn = len(lines)
        else:  # a log: one line, with the leading optimizer
            best = lines[1].strip() if len(lines) > 1 else ""
            text = f"{lines[0]}; {' '.join(best.split())}" if best else lines[0]
            self._stream.write(f"{text[:COLUMNS]}\n")
        self._stream.flush()
        self._spoke = time.monotonic()


def _clock(seconds: float) -> str:
    """Return a duration as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
