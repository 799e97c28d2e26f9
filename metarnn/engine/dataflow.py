"""Which node reads which signal, and which of them writes a derivative first."""

from dataclasses import dataclass
from typing import Protocol

from .signals import BY_INPUTS, Clock, Signal


class Reader(Protocol):
    """A node, as far as the layout of memory depends on it."""

    @property
    def sources(self) -> tuple[Signal, ...]:
        """The signals it reads."""

    @property
    def adds(self) -> bool:
        """Whether it adds derivatives, or writes them for a part of the steps only."""


@dataclass(frozen=True)
class Dataflow:
    """The signals of a program and their readers."""

    n_inputs: int  # rows of the data at each step
    nodes: tuple[Reader, ...]  # in the order in which they run
    buffers: tuple[tuple[int, Clock], ...]  # rows and clock of each
    scores: Signal  # input of the loss: a row for each class or predicted number
    shown: Signal | None = None  # returned instead of the scores
    #: Whether scans keep the total derivative by their state at each step, rather than the part
    #: that does not go through their own later steps.
    traced: bool = False

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """Every clock, once."""
        return tuple(dict.fromkeys((BY_INPUTS, *(clock for _, clock in self.buffers))))

    @property
    def read(self) -> frozenset[int]:
        """The buffers that are read by a node, by the loss or by the caller."""
        sources = {signal.buffer for node in self.nodes for signal in node.sources}
        return frozenset(sources | {self.scores.buffer, (self.shown or self.scores).buffer})

    def first_writer(self, buffer: int) -> Reader | None:
        """Return the node that writes all derivatives by a buffer before others add to them.

        None if there is no such node: then the derivatives have to begin at 0.
        """
        for node in reversed(self.nodes):
            read = [signal for signal in node.sources if signal.buffer == buffer]
            if read:
                n_rows, _ = self.buffers[buffer]
                whole = len(read) == 1 and read[0].n_rows == n_rows and not node.adds
                return node if whole else None
        return None
