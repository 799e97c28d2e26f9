"""Signals: rows of numbers, step by step, and the clocks that count their steps."""

from typing import Any, NamedTuple

from .program import ANSWERS, INPUTS


class Clock(NamedTuple):
    """A count of steps."""

    of: str  # "inputs" or "answers", whose steps are counted; "once": a single step
    window: int = 1  # steps of the data in each step of the clock

    def steps(self, lengths: Any) -> Any:
        """Return the steps of sequences of these lengths."""
        return -(-lengths // self.window)


BY_INPUTS, BY_ANSWERS, ONCE = Clock("inputs"), Clock("answers"), Clock("once")


class Steps(NamedTuple):
    """The steps of the longest sequence and answer of a data set, and the columns of images."""

    inputs: int
    answers: int = 0
    columns: int = 0

    def of(self, clock: Clock) -> int:
        """Return the largest number of steps of a clock."""
        longest = {"inputs": self.inputs, "answers": self.answers, "once": 1}[clock.of]
        return int(clock.steps(longest))


class Signal(NamedTuple):
    """Some rows of a buffer at each step of a clock."""

    buffer: int  # its index in the program; -1 for the inputs, -2 for the previous answers
    first: int
    n_rows: int
    clock: Clock  # counts the steps

    def rows(self, first: int, n_rows: int) -> "Signal":
        """Return a range of the rows."""
        return self._replace(first=self.first + first, n_rows=n_rows)


def inputs(n_rows: int) -> Signal:
    """Return the signal of the data."""
    return Signal(-INPUTS, 0, n_rows, BY_INPUTS)


def answers() -> Signal:
    """Return the signal of the previous answers, which a decoder reads."""
    return Signal(-ANSWERS, 0, 1, BY_ANSWERS)
