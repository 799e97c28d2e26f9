"""Linear maps of every step, or of a single one."""

from dataclasses import dataclass

from metarnn.cells import Linear, Unbiased
from metarnn.engine.graph import Builder
from metarnn.engine.signals import Signal
from metarnn.nodes.scan import Scan

from .layer import Layer, Stream, check_settings


def linear(
    builder: Builder, source: Signal, target: Signal | int, suffix: str, *, biased: bool = True
) -> Signal:
    """Add a linear map from a signal to another one, or to a new one; return the target.

    Parameters
    ----------
    builder : Builder
        The network that grows.
    source : Signal
        What the map reads.
    target : Signal or int
        What it writes; a number of rows makes a new signal.
    suffix : str
        Of the names of its weights.
    biased : bool
        Whether a bias is added.

    Returns
    -------
    Signal
        The target.
    """
    if isinstance(target, int):
        target = builder.buffer(target, source.clock)
    cell = (Linear if biased else Unbiased)(source.n_rows, target.n_rows)
    return builder.add(Scan(target, builder.n_weights, suffix, cell, source))


@dataclass(frozen=True)
class Dense(Layer):
    """A linear map of each step: y_t = V x_t + c.

    Parameters
    ----------
    n_outputs : int
        Rows of y.
    """

    n_outputs: int

    def __post_init__(self) -> None:
        check_settings(self, "n_outputs")

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        suffix = f"_dense{builder.count('dense')}"
        return Stream(linear(builder, stream.steps, self.n_outputs, suffix))
