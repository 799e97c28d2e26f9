"""Windows: so many steps become one, so that the layers above run over a shorter sequence.

A. Graves: Supervised sequence labelling with recurrent neural networks. Springer (2012),
chapter 9, hierarchical subsampling. A layer above sees w steps at once and its gradient has w
times fewer steps to go back through, for w times the weights of its inputs. Steps that are
scored become windows, too: not where each single one needs an answer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.engine.graph import Builder, Clock, Node, Signal
from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import (
    backward_routine,
    clock_at,
    forward_routine,
    record,
    signal_at,
    tile_at,
    values,
)
from metarnn.engine.row_kernels import clear, clear_ended, copy, copy_or_add

from .layer import Layer, Stream, check_size

FOLD = record("source", "target", "width")  # addresses of signals; steps that become one
fold_at = records(FOLD)


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Put steps below each other; zeros where a sequence has none."""
    row, data = fold_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock, x, n = clock_at(data.clocks, source.clock), values(source, data, scratch), source.n_rows
    lengths = pointer_to(clock.lengths, scratch)
    for t in range(clock_at(data.clocks, target.clock).n_steps):
        for k in range(row.width):
            step = t * row.width + k
            there = at(scratch, target.offset + t * target.stride + k * n * LANES)
            if step >= clock.n_steps:
                clear(there, n)
                continue
            copy(at(x, step * source.stride), n, there)
            if step >= clock.shortest:
                clear_ended(lengths, step, n, there)


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Hand each step its derivative; none after a sequence's own end."""
    row, data = fold_at(record, 0), tile_at(tile, 0)
    source, target = signal_at(row.source, 0), signal_at(row.target, 0)
    clock, n = clock_at(data.clocks, source.clock), source.n_rows
    lengths = pointer_to(clock.lengths, scratch)
    if source.d_offset < 0:
        return
    for step in range(clock.n_steps):
        t, k = step // row.width, step % row.width
        d = at(scratch, target.d_offset + t * target.d_stride + k * n * LANES)
        if step >= clock.shortest:
            clear_ended(lengths, step, n, d)
        copy_or_add(d, n, at(scratch, source.d_offset + step * source.d_stride), source.added)


@dataclass(frozen=True)
class Fold(Node):
    """So many steps of a signal, made one.

    Parameters
    ----------
    target, first, suffix
        See :class:`Node`.
    source : Signal
        Whose steps.
    width : int
        w.
    """

    source: Signal
    width: int

    @property
    def sources(self) -> tuple[Signal, ...]:
        """See :class:`Node`."""
        return (self.source,)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """See :class:`Node`."""
        row = np.zeros(1, FOLD)
        row["source"], row["target"] = (
            layout.address(self.source, self),
            layout.address(self.target),
        )
        row["width"] = self.width
        return forward, back, row


@dataclass(frozen=True)
class Windows(Layer):
    """Every w steps as one of w times the rows, the oldest first.

    Parameters
    ----------
    width : int
        w. A sequence of T steps has ceil(T / w) windows; zeros fill up the last one.
    """

    width: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", check_size("width", self.width))

    def __str__(self) -> str:
        """See :class:`Layer`."""
        return f"windows of {self.width}"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """See :class:`Layer`. What is known at the end is the last window's."""
        source, width = stream.steps, self.width
        clock = Clock(source.clock.of, source.clock.window * width)
        target = builder.buffer(source.n_rows * width, clock)
        builder.add(Fold(target, builder.n_weights, "", source, width))
        return Stream(target)
