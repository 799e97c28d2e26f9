"""Recurrent layers: one direction or both, and what they add to."""

from dataclasses import dataclass

from metarnn.cells import ACTIVATED, ACTIVATIONS, CELLS
from metarnn.engine.graph import Builder
from metarnn.engine.signals import ONCE, Signal
from metarnn.nodes.pool import Pool
from metarnn.nodes.scan import Scan
from metarnn.nodes.sum import Sum

from .layer import Layer, Stream, check_name, check_size


@dataclass(frozen=True)
class Recurrent(Layer):
    """A cell that runs over the steps, and perhaps another one that runs back over them.

    M. Schuster, K. K. Paliwal: Bidirectional recurrent neural networks. IEEE Transactions on
    Signal Processing 45 (1997) 2673-2681. The second direction doubles the cost and needs
    the end of the sequence before it can begin: not for answers while a sequence goes on.

    Parameters
    ----------
    cell : str
        A name in ``metarnn.cells.CELLS``.
    hidden : int
        H, hidden units of each direction.
    activation : {"tanh", "relu", "sigmoid"}
        Of cells that leave a choice.
    bidirectional : bool
        Whether the states of both directions are joined, [forward; backward].
    residual : bool
        Whether what the layer reads is added to what it writes, if sizes allow. The gradient
        then has a way around the layer (K. He et al., 2016, for deep networks).
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
        check_name("cell", self.cell, CELLS)
        check_name("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "hidden", check_size("hidden", self.hidden))
        if self.second_size is not None:
            check_size("second_size", self.second_size)

    def __str__(self) -> str:
        """See :class:`Layer`."""
        kind = f" {self.activation}" if self.cell in ACTIVATED else ""
        words = f"{self.cell} network of {self.hidden}{kind} units"
        return f"bidirectional {words}" if self.bidirectional else words

    @property
    def scores_classes(self) -> bool:
        """See :class:`Layer`: a Jordan network feeds back what it answers."""
        return self.cell == "jordan" and not self.bidirectional and not self.residual

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """See :class:`Layer`."""
        n_inputs, second_size = stream.steps.n_rows, self.second_size or self.hidden
        cell = CELLS[self.cell](n_inputs, self.hidden, self.activation, second_size)
        n, ways = cell.n_state, 2 if self.bidirectional else 1
        steps = builder.buffer(n * ways, stream.steps.clock)
        last = builder.buffer(n * ways, ONCE)
        number = builder.count("recurrent")
        for way in range(ways):
            builder.add(
                Scan(
                    steps.rows(way * n, n),
                    builder.n_weights,
                    f"_l{number}" + "_reverse" * way,
                    cell,
                    stream.steps,
                    last.rows(way * n, n),
                    reversed=bool(way),
                )
            )
        if self.residual and stream.steps.n_rows == steps.n_rows:
            ends = stream.last
            if ends is None:  # where the states of either direction come last
                ends = builder.buffer(n * ways, ONCE)
                builder.add(Pool(ends, builder.n_weights, "", stream.steps, "last", n))
            return Stream(_sum(builder, steps, stream.steps), _sum(builder, last, ends))
        return Stream(steps, last)


def _sum(builder: Builder, *signals: Signal) -> Signal:
    target = builder.buffer(signals[0].n_rows, signals[0].clock)
    builder.add(Sum(target, builder.n_weights, "", signals))
    return target
