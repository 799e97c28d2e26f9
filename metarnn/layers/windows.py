"""Windows: several steps become one, so that the next layers run over a shorter sequence."""

from dataclasses import dataclass

from metarnn.engine.graph import Builder
from metarnn.engine.signals import Clock
from metarnn.nodes import Fold

from .layer import Layer, Stream, check_settings


@dataclass(frozen=True)
class Windows(Layer):
    """Every w steps become one with w times the rows, the oldest first.

    A. Graves: Supervised sequence labelling with recurrent neural networks. Springer (2012),
    chapter 9, hierarchical subsampling. The next layer reads w steps at once, and its gradient
    goes back through w times fewer steps, for w times the input weights. Where each step is
    scored, each window is scored instead: not for tasks that need a prediction at every step.

    Parameters
    ----------
    width : int
        w. A sequence of T steps has ceil(T / w) windows; zeros fill up the last one.
    """

    width: int

    def __post_init__(self) -> None:
        check_settings(self, "width")

    def __str__(self) -> str:
        return f"windows of {self.width}"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        source, width = stream.steps, self.width
        clock = Clock(source.clock.of, source.clock.window * width)
        target = builder.buffer(source.n_rows * width, clock)
        # No last: windows have no row for the end of a sequence.
        return Stream(builder.add(Fold(target, builder.n_weights, "", source, width)))
