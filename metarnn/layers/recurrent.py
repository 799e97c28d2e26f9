"""Recurrent layers, in one direction or both."""

from dataclasses import dataclass

from metarnn.cells import ACTIVATED, ACTIVATIONS, CELLS, Cell
from metarnn.engine.graph import Builder
from metarnn.engine.signals import ONCE, Signal
from metarnn.nodes.pool import Pool
from metarnn.nodes.scan import Scan
from metarnn.nodes.sum import Sum

from .layer import Layer, Stream, check_settings


@dataclass(frozen=True)
class Recurrent(Layer):
    """A cell that runs over the steps, optionally with a second one that runs backwards.

    M. Schuster, K. K. Paliwal: Bidirectional recurrent neural networks. IEEE Transactions on
    Signal Processing 45 (1997) 2673-2681. The second direction doubles the cost and begins at
    the end of the sequence: not for predictions while a sequence is still being read.

    Parameters
    ----------
    cell : str
        A name in ``metarnn.cells.CELLS``.
    hidden : int
        H, hidden units of each direction.
    activation : {"tanh", "relu", "sigmoid"}
        For cells with a choice of activation.
    bidirectional : bool
        Whether the states of both directions are joined, [forward; backward].
    residual : bool
        Whether the input of the layer is added to its output, if the sizes are equal. The
        gradient then has a path around the layer (K. He et al., 2016, for deep networks).
    second_size : int, optional
        Outputs of a Jordan cell, which are fed back, or slow units of an SCRN; H by default.
    """

    cell: str = "elman"
    hidden: int = 16
    activation: str = "tanh"
    bidirectional: bool = False
    residual: bool = False
    second_size: int | None = None

    def __post_init__(self) -> None:
        check_settings(self, "hidden", "second_size", cell=CELLS, activation=ACTIVATIONS)

    def __str__(self) -> str:
        kind = f" {self.activation}" if self.cell in ACTIVATED else ""
        words = f"{self.cell} network of {self.hidden}{kind} units"
        return f"bidirectional {words}" if self.bidirectional else words

    @property
    def scores_classes(self) -> bool:
        """Whether its outputs are scores: a Jordan network feeds its outputs back."""
        return self.cell == "jordan" and not self.bidirectional and not self.residual

    def cell_for(self, n_inputs: int) -> Cell:
        """Return the cell with its sizes."""
        second_size = self.second_size or self.hidden
        return CELLS[self.cell](n_inputs, self.hidden, self.activation, second_size)

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        cell = self.cell_for(stream.steps.n_rows)
        n, ways = cell.n_state, 2 if self.bidirectional else 1
        steps = builder.buffer(n * ways, stream.steps.clock)
        last = builder.buffer(n * ways, ONCE)
        number = builder.count("recurrent")
        for way in range(ways):
            first, suffix = builder.n_weights, f"_l{number}" + "_reverse" * way
            target, final = (signal.rows(way * n, n) for signal in (steps, last))
            scan = Scan(target, first, suffix, cell, stream.steps, final, reversed=bool(way))
            builder.add(scan)
        if self.residual and stream.steps.n_rows == steps.n_rows:
            ends = stream.last
            if ends is None:  # of each direction, the step where it ends
                target = builder.buffer(n * ways, ONCE)
                ends = builder.add(Pool(target, builder.n_weights, "", stream.steps, "last", n))
            return Stream(_sum(builder, steps, stream.steps), _sum(builder, last, ends))
        return Stream(steps, last)


def _sum(builder: Builder, *signals: Signal) -> Signal:
    target = builder.buffer(signals[0].n_rows, signals[0].clock)
    return builder.add(Sum(target, builder.n_weights, "", signals))
