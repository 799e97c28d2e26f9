"""Readouts: how the steps of a sequence are reduced to one row, or kept."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from metarnn.engine.graph import Builder
from metarnn.engine.signals import ONCE, Signal
from metarnn.nodes.pool import Pool

from .attention import attended
from .layer import Stream


def pooled(builder: Builder, stream: Stream, kind: str) -> Signal:
    """Return the single step that stands for all steps of a stream."""
    if stream.steps.clock == ONCE:
        return stream.steps
    if kind == "last" and stream.last is not None:
        return stream.last
    target = builder.buffer(stream.steps.n_rows, ONCE)
    return builder.add(Pool(target, builder.n_weights, "", stream.steps, kind))


class Readout(NamedTuple):
    """A reduction of the steps of a sequence."""

    description: str
    read: Callable[[Builder, Stream], Signal]


def _attention(builder: Builder, stream: Stream) -> Signal:
    if stream.steps.clock == ONCE:
        return stream.steps
    return attended(builder, stream.steps, builder.buffer(stream.steps.n_rows, ONCE))


#: Every readout by its name in networks.
READOUTS = {
    "last": Readout(
        "the state after the last step, in each direction", partial(pooled, kind="last")
    ),
    "mean": Readout("the mean of all steps", partial(pooled, kind="mean")),
    "max": Readout("the largest value of each row", partial(pooled, kind="max")),
    "attention": Readout("a mean of the steps with trained weights", _attention),
    "steps": Readout("none: each step is scored", lambda builder, stream: stream.steps),
}
